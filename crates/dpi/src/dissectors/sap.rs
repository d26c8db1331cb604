//! SAP: the network interface layer of SAP's systems (SAP `NetWeaver`, `SAProuter`; from captures). Messages after their length:
//! pings, routes, the message server, the graphical client.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Sap;

/// Beginnings of messages that identify themselves.
const EYE_CATCHERS: &[&[u8]] =
    &[b"NI_PING\0", b"NI_PONG\0", b"NI_ROUTE\0", b"NI_RTERR\0", b"ROUTER_ADM\0", b"**MESSAGE**\0", b"\xab\xcd\xe1\x23"];

impl Dissector for Sap {
    const META: Meta = Meta::tcp(labels::SAP)
        .ports(&[3200, 3201, 3299, 3300, 3600])
        .starts_with(&[b"\x00\x00"])
        .specification("SAP NetWeaver: SAProuter; from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match message(&mut segment.reader(), segment) {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => Verdict::More,
        }
    }
}

fn message(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    let length = reader.u32()? as usize;
    if !(8..0x1_0000).contains(&length) || reader.len() > length {
        return Ok(false);
    }
    let body = reader.rest();
    if EYE_CATCHERS.iter().any(|mark| body.starts_with(mark)) {
        return Ok(true);
    }
    if body.len() < 12 && EYE_CATCHERS.iter().any(|mark| mark.starts_with(body)) {
        return Err(Short);
    }
    let is_on_port = Sap::META.ports.iter().any(|port| segment.has_port(*port));
    if is_on_port && body.len() < length.min(12) {
        return Err(Short);
    }
    Ok(is_on_port && body.len() == length && is_dialog(body))
}

/// The graphical client: a header of eight bytes, in the first message after one of 200 that begins with ones.
fn is_dialog(body: &[u8]) -> bool {
    match body {
        [0xff, 0xff, 0xff, 0xff, 0x0a, 0x00, ..] => true,
        [mode, _flags, _state, error, _kind, _info, result, compressed, ..] => {
            *mode <= 0x10 && *error <= 1 && *result <= 1 && matches!(compressed, 0 | 1)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn framed(body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32).to_be_bytes(), body].concat()
    }

    #[test]
    fn recognised_by_what_its_messages_are_called() {
        for exchange in [
            Exchange::tcp(3298).client(framed(b"NI_PING\0")),
            Exchange::tcp(3298).client(framed(b"NI_ROUTE\0\x02\x28")),
            Exchange::tcp(3698).client(framed(b"**MESSAGE**\0\x04\x00")),
            Exchange::tcp(3200).client(framed(&hex("00 00 00 00 00 00 00 00 10 04 02 00"))),
        ] {
            assert_named(&exchange, labels::SAP);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in [framed(b"NI_PINGS"), [framed(b"NI_PING\0"), vec![0]].concat(), framed(&[0x55; 12])] {
            assert_eq!(Exchange::tcp(3200).client(&payload).verdict_of::<Sap>(), Verdict::Excluded, "{payload:?}");
        }
    }
}

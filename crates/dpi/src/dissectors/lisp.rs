//! LISP: locator/ID separation (RFC 9300, control RFC 9301, reliable transport draft-ietf-lisp-map-server-reliable-transport).
//! Control messages over UDP, registrations also over TCP, with a mark at their end.

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::labels;
use crate::reader::Short;

const DATA: u16 = 4341;
const CONTROL: u16 = 4342;

const END_MARKER: &[u8] = &[0x9f, 0xac, 0xad, 0xe9];

pub(super) struct Lisp;

impl Dissector for Lisp {
    const META: Meta = Meta::tcp_udp(labels::LISP).only_on_ports(&[DATA, CONTROL]).specification("RFC 9301");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_message = match (segment.is_tcp(), segment.has_port(CONTROL)) {
            (true, _) => is_reliable(segment),
            (false, true) => is_control(segment),
            (false, false) => is_data(segment),
        };
        segment.matched_if(is_message)
    }
}

/// Type, length of the whole, identifier, and the mark where the length ends.
fn is_reliable(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let kind = reader.u16()?;
    let body = usize::from(reader.u16()?).checked_sub(4);
    let Some(body) = body.filter(|body| *body >= 8 && (0x10..=0x20).contains(&kind)) else { return Ok(false) };
    Ok(reader.take(body)?.ends_with(END_MARKER))
}

/// The upper four bits are the type: request, reply, register, notify, acknowledgement, referral, information, encapsulated.
fn is_control(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let kind = reader.u8()? >> 4;
    reader.skip(2)?;
    let records = reader.u8()?;
    Ok(match kind {
        1 => reader.len() >= 12 && records > 0,
        2 | 6 => reader.len() >= 8 + 12 && records > 0,
        3..=5 => {
            reader.skip(8)?;
            let algorithm = reader.u16()? & 0xff;
            let authentication = usize::from(reader.u16()?);
            algorithm <= 6 && matches!(authentication, 0 | 16 | 20 | 32) && reader.len() >= authentication
        }
        7 => reader.len() >= 8,
        8 => matches!(reader.u8()? >> 4, 4 | 6),
        _ => false,
    })
}

/// Flags, nonce, locator's bits; then a packet of IP.
fn is_data(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    reader.skip(8)?;
    let version = reader.u8()? >> 4;
    Ok(matches!(version, 4 | 6) && reader.len() >= 19)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_over_udp_and_tcp() {
        let register = format!("32000101 0102030405060708 0001 0014 {}", "5a".repeat(20));
        assert_named(&Exchange::udp(4342).from_port(4342).client(hex(&register)), labels::LISP);
        let data = format!("88000001 00000001 45000014 {}", "00".repeat(16));
        assert_named(&Exchange::udp(4341).client(hex(&data)), labels::LISP);
        let over_tcp = Exchange::tcp(4342).server(hex("0014 000f 00000000 000000 9facade9"));
        assert_named(&over_tcp, labels::LISP);
        over_tcp.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let no_mark = Exchange::tcp(4342).server(hex("0014 000f 00000000 000000 9facadea"));
        assert_eq!(no_mark.verdict_of::<Lisp>(), Verdict::Excluded);
        let longer = Exchange::udp(4342).client(hex("32000101 0102030405060708 0001 0014 5a5a5a5a"));
        assert_eq!(longer.verdict_of::<Lisp>(), Verdict::Excluded);
    }
}

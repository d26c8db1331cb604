//! DLEP: radios that inform routers about their links (RFC 8175). Signals over UDP begin with the protocol's name, messages over TCP with
//! type and length; items fill both.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Dlep;

impl Dissector for Dlep {
    const META: Meta = Meta::tcp_udp(labels::DLEP).only_on_ports(&[854]).specification("RFC 8175");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.is_udp() && reader.take(4) != Ok(b"DLEP") {
            return Verdict::Excluded;
        }
        // Discovery and offer; from session initialization to link characteristics.
        let last_type = if segment.is_udp() { 2 } else { 16 };
        segment.matched_if(is_message(&mut reader, last_type))
    }
}

fn is_message(reader: &mut Reader<'_>, last_type: u16) -> Result<bool, Short> {
    let kind = reader.u16()?;
    if !(1..=last_type).contains(&kind) {
        return Ok(false);
    }
    let mut items = reader.block16()?;
    while !items.is_empty() {
        let kind = items.u16();
        if !matches!(kind, Ok(1..=0x100 | 0xff00..)) || items.block16().is_err() {
            return Ok(false);
        }
    }
    // After it comes nothing, or the next one.
    Ok(reader.u16().map_or(true, |kind| (1..=last_type).contains(&kind)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_items_that_fill_it() {
        assert_named(&Exchange::udp(854).client(hex("444c4550 0001 0006 0004 0002 0061")), labels::DLEP);
        let session = Exchange::tcp(854).client(hex("0001 0010 0005 0004 0000ea60 0006 0004 fff1fff4"));
        assert_named(&session, labels::DLEP);
        session.assert_cuts_do_not_matter();
        for message in ["444c4550 0003 0000", "444c4550 0001 0006 0004 0003 0061", "444c4551 0001 0000"] {
            assert_eq!(Exchange::udp(854).client(hex(message)).verdict_of::<Dlep>(), Verdict::Excluded);
        }
    }
}

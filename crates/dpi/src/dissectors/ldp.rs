//! LDP: distribution of labels (RFC 5036). Hellos over UDP, sessions over TCP: version 1, a length, an identifier, messages.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Ldp;

impl Dissector for Ldp {
    const META: Meta = Meta::tcp_udp(labels::LDP)
        .only_on_ports(&[646])
        .starts_with(&[b"\0\x01"])
        .specification("RFC 5036");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_unit(&mut segment.reader()))
    }
}

/// Sections 3.1 and 3.5.
fn is_unit(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let (version, unit) = (reader.u16()?, reader.u16()?);
    reader.skip(6)?;
    // The upper bit: ignore unknown messages.
    let kind = reader.u16()? & 0x7fff;
    let message = reader.u16()?;
    let is_known = matches!(kind, 0x0001 | 0x0100 | 0x0200..=0x0202 | 0x0300 | 0x0301 | 0x0400..=0x0409 | 0x3e00..=0x3fff);
    Ok(version == 1 && is_known && message >= 4 && unit.checked_sub(10).is_some_and(|room| message <= room))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const HELLO: &str = "0001 001e c0000201 0000 0100 0014 00000000 0400 0004 000f0000 0401 0004 c0000201";

    #[test]
    fn recognised_by_its_first_message() {
        assert_named(&Exchange::udp(646).by_port(646).client(hex(HELLO)), labels::LDP);
        let session = Exchange::tcp(646).client(hex(&HELLO.replacen("0100", "0200", 1)));
        assert_named(&session, labels::LDP);
        session.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for (what, by) in [("0100 0014", "0101 0014"), ("0100 0014", "0100 0015"), ("0100 0014", "0100 0003"), ("001e", "0009")] {
            let unit = hex(&HELLO.replacen(what, by, 1));
            assert_eq!(Exchange::udp(646).client(unit).verdict_of::<Ldp>(), Verdict::Excluded);
        }
    }
}

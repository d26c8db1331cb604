//! AJP: Apache `JServ` Protocol 1.3 (tomcat.apache.org, `AJPv13`). Packets with a magic for each direction, a length and a code.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Ajp;

impl Dissector for Ajp {
    const META: Meta = Meta::tcp(labels::AJP)
        .ports(&[8009])
        .starts_with(&[b"\x12\x34", b"AB"])
        .specification("tomcat.apache.org, AJPv13");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_packet(segment.reader()))
    }
}

fn is_packet(mut reader: Reader<'_>) -> Result<bool, Short> {
    let magic = reader.array::<2>()?;
    let mut packet = reader.block16()?;
    let is_alone = reader.is_empty();
    let code = packet.u8()?;
    let is_packet = match (magic, code) {
        // Forward request: method, protocol.
        ([0x12, 0x34], 2) => matches!(packet.u8()?, 1..=28) && packet.block16()?.rest().starts_with(b"HTTP/"),
        // Shutdown, ping, cping.
        ([0x12, 0x34], 7 | 8 | 10) => packet.is_empty() && is_alone,
        // Body chunk, headers, end of response, get body chunk, cpong.
        (_, 3) => usize::from(packet.u16()?) + 1 == packet.len(),
        (_, 4) => matches!(packet.u16()?, 100..=599) && packet.block16()?.rest().is_ascii(),
        (_, 5) => packet.u8()? <= 1 && packet.is_empty() && is_alone,
        (_, 6) => packet.len() == 2 && is_alone,
        (_, 9) => packet.is_empty() && is_alone,
        _ => false,
    };
    Ok(is_packet && (magic == [0x12, 0x34]) == matches!(code, 2 | 7 | 8 | 10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_both_directions() {
        let request = [&hex("1234 000e 02 02 0008")[..], b"HTTP/1.1\0\0"].concat();
        let exchange = Exchange::tcp(8009).client(request);
        assert_named(&exchange, labels::AJP);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(8009).server(hex("4142 0008 04 00c8 0002 4f4b 00")), labels::AJP);
        assert_named(&Exchange::tcp(8009).client(hex("1234 0001 0a")), labels::AJP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for packet in ["1234 0001 09", "4142 0001 0a", "1234 0004 02 63 0000"] {
            let exchange = Exchange::tcp(8009).client(hex(packet));
            assert_eq!(exchange.verdict_of::<Ajp>(), Verdict::Excluded, "{packet}");
        }
    }
}

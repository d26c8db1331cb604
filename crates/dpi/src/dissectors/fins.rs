//! FINS: Factory Interface Network Service of Omron (Omron W342, sections 3-2 and 7-4). Over TCP its frames begin with "FINS",
//! over UDP with a header that is certain only together with its port.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Fins;

const PORT: u16 = 9600;

impl Dissector for Fins {
    const META: Meta =
        Meta::tcp_udp(labels::FINS).ports(&[PORT]).specification("Omron W342, sections 3-2 and 7-4");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.is_udp() {
            return Verdict::matched_if(segment.has_port(PORT) && is_command(segment.payload));
        }
        match is_frame(&mut segment.reader()) {
            Ok(is_frame) => Verdict::matched_if(is_frame),
            Err(Short) => Verdict::More,
        }
    }
}

fn is_frame(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let magic = reader.rest().get(..4).unwrap_or(reader.rest());
    if !b"FINS".starts_with(magic) {
        return Ok(false);
    }
    reader.skip(4)?;
    let (length, command) = (reader.u32()?, reader.u32()?);
    Ok((8..=0x8000).contains(&length) && command <= 6)
}

/// Information control field, a reserved byte, the permitted number of gateways, two addresses, a service id, the command.
fn is_command(datagram: &[u8]) -> bool {
    matches!(datagram, [0x80 | 0x81 | 0xc0 | 0xc1, 0, 0..=7, _, _, _, _, _, _, _, command, _, ..]
        if matches!(command, 1..=0x0f | 0x20..=0x26))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_over_both_transports() {
        let exchange = Exchange::tcp(9600).client(hex("46494e53 0000000c 00000000 00000000 00000000"));
        assert_named(&exchange, labels::FINS);
        exchange.assert_cuts_do_not_matter();
        let read = hex("80 00 02 006300 00ef00 05 0501 00");
        assert_named(&Exchange::udp(9600).client(&read), labels::FINS);
        assert_eq!(Exchange::udp(9601).client(&read).verdict_of::<Fins>(), Verdict::Excluded);
        assert_eq!(Exchange::tcp(9600).client("FINISH ").verdict_of::<Fins>(), Verdict::Excluded);
    }
}

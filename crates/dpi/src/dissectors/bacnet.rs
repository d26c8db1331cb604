//! BACnet/IP: building automation (ANSI/ASHRAE 135, annex J): a BVLC header with the length of the datagram, then network
//! layer version 1.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Bacnet;

impl Dissector for Bacnet {
    const META: Meta = Meta::udp(labels::BACNET)
        .ports(&[47808])
        .starts_with(&[&[0x81]])
        .specification("ANSI/ASHRAE 135, annex J");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(is_bvlc(segment).unwrap_or(false))
    }
}

fn is_bvlc(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader: Reader<'_> = segment.reader();
    reader.skip(1)?;
    let (function, length) = (reader.u8()?, reader.u16()?);
    if usize::from(length) != segment.wire_len {
        return Ok(false);
    }
    Ok(match function {
        // Result; register foreign device.
        0x00 | 0x05 => length == 6,
        // Broadcast distribution and foreign device tables: write, read, acknowledge.
        0x01 | 0x03 | 0x07 => (length - 4).is_multiple_of(10),
        0x02 | 0x06 => length == 4,
        0x08 => length == 10,
        // Forwarded: the origin, then the network layer.
        0x04 => {
            reader.skip(6)?;
            reader.u8()? == 1
        }
        // Distribute broadcast; unicast; broadcast.
        0x09..=0x0b => reader.u8()? == 1,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let read = hex("810a 0011 0104 0005a90c0c023fffff194b");
        assert_named(&Exchange::udp(47808).client(&read), labels::BACNET);
        Exchange::udp(47808).client(&read).assert_cuts_do_not_matter();
        assert_named(&Exchange::udp(50000).client(hex("8100 0006 0000")), labels::BACNET);
    }

    #[test]
    fn refuses_wrong_lengths_and_versions() {
        for other in ["810a 0012 0104 0005a90c0c023fffff194b", "810a 0011 0204 0005a90c0c023fffff194b"] {
            assert_eq!(Exchange::udp(47808).client(hex(other)).verdict_of::<Bacnet>(), Verdict::Excluded);
        }
    }
}

//! `TriStation`: the engineering protocol of Triconex safety controllers (public analyses of TRITON). Type and length, the low byte first,
//! and a CRC at the end.

use crate::dissect::checksums::crc16_reflected;
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Requests and answers to connect (1, 2) and disconnect (3, 4), a command (5), a ping (6), and refusals.
const LAST_TYPE: u16 = 11;

/// CRC-16 of X3.28, its polynomial reversed.
const POLYNOMIAL: u16 = 0xa001;

pub(super) struct TriStation;

impl Dissector for TriStation {
    const META: Meta = Meta::udp(labels::TRISTATION)
        .ports(&[1502])
        .starts_with(&[
            b"\x01\0", b"\x02\0", b"\x03\0", b"\x04\0", b"\x05\0", b"\x06\0", b"\x07\0", b"\x08\0", b"\x09\0",
            b"\x0a\0", b"\x0b\0",
        ])
        .specification("public analyses of TRITON");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment.payload))
    }
}

fn is_message(payload: &[u8]) -> Result<bool, Short> {
    let (checked, crc) = payload.split_last_chunk::<2>().ok_or(Short)?;
    let mut reader = Reader::new(checked);
    let (kind, length) = (reader.u16_le()?, reader.u16_le()?);
    Ok((1..=LAST_TYPE).contains(&kind)
        && reader.len() == usize::from(length)
        && u16::from_le_bytes(*crc) == crc16_reflected(POLYNOMIAL, 0, checked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn message(message: &str) -> Vec<u8> {
        let message = hex(message);
        [&message[..], &crc16_reflected(POLYNOMIAL, 0, &message).to_le_bytes()].concat()
    }

    #[test]
    fn recognised_by_length_and_crc() {
        // A ping.
        assert_named(&Exchange::udp(1502).client(hex("0600 0000 0088")), labels::TRISTATION);
        // A command: direction, connection, command, number, checksum and length, and what it is about.
        let command = message("0500 0c00 00 00 19 01 0000 2a00 0c00 0102");
        assert_named(&Exchange::udp(1502).server(&command), labels::TRISTATION);
        assert_named(&Exchange::udp(40003).client(&command), labels::TRISTATION);
        Exchange::udp(1502).client(&command).assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in [message("0c00 0000"), message("0600 0100"), message("0006 0000"), hex("0600 0000 0089")] {
            assert_eq!(Exchange::udp(1502).client(message).verdict_of::<TriStation>(), Verdict::Excluded);
        }
    }
}

//! Radmin: remote control of computers (from captures). Packets with a version, a length, a checksum and a body.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Greatest body length of a packet that opens a connection.
const LONGEST: u32 = 4096;

pub(super) struct Radmin;

impl Dissector for Radmin {
    const META: Meta = Meta::tcp(labels::RADMIN)
        .ports(&[4899])
        .starts_with(&[b"\x01\x00\x00"])
        .max_segments(3)
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match packet(segment.reader()) {
            Ok(is_one) => Verdict::matched_if(is_one),
            Err(Short) => Verdict::More,
        }
    }
}

/// The checksum is the sum of the body's words, whose low byte comes first.
fn packet(mut reader: Reader<'_>) -> Result<bool, Short> {
    let (version, length, checksum) = (reader.u8()?, reader.u32()?, reader.u32()?);
    if version != 1 || !(1..=LONGEST).contains(&length) {
        return Ok(false);
    }
    let body = reader.take(length as usize)?;
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    let sum = body.chunks(4).fold(0_u32, |sum, bytes| sum.wrapping_add(word(bytes)));
    Ok(sum == checksum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_checksum() {
        for packet in ["01 00000001 00000008 08", "01 00000005 00000227 2702000000", "01 00000006 0403027b 7702030404 00"] {
            let exchange = Exchange::tcp(5000).client(hex(packet));
            assert_named(&exchange, labels::RADMIN);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for wrong in ["01 00000001 00000009 08", "01 00000000 00000000", "01 00002000 00000000 00"] {
            assert_eq!(Exchange::tcp(4899).client(hex(wrong)).verdict_of::<Radmin>(), Verdict::Excluded, "{wrong}");
        }
    }
}

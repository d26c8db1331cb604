//! SBE: Simple Binary Encoding of the FIX community (FIX Simple Binary Encoding 1.0), in frames of the Simple Open Framing Header
//! (FIX Simple Open Framing Header 1.0): length, encoding, and a message that begins with the sizes and numbers of its schema.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Encodings of SBE 1.0 in the order of bytes of the message: big, little.
const BIG: u16 = 0x5be0;
const LITTLE: u16 = 0xeb50;

/// Bytes before a message: four of length and two of encoding.
const HEADER: usize = 6;
/// Length of the root block, number of the message, schema, version.
const OF_MESSAGE: usize = 8;

/// Greatest plausible length of a frame.
const LONGEST: usize = 64 * 1024;

pub(super) struct Sbe;

impl Dissector for Sbe {
    const META: Meta = Meta::tcp_udp(labels::SBE)
        .starts_with(&[&[0, 0]])
        .max_segments(2)
        .specification("FIX Simple Open Framing Header 1.0; FIX Simple Binary Encoding 1.0");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_frame(segment.reader()))
    }
}

/// A frame; whatever follows it is another.
fn is_frame(mut reader: Reader<'_>) -> Result<bool, Short> {
    let length = reader.u32()? as usize;
    let encoding = reader.u16()?;
    if !matches!(encoding, BIG | LITTLE) || !(HEADER + OF_MESSAGE..LONGEST).contains(&length) {
        return Ok(false);
    }
    let read = |reader: &mut Reader<'_>| if encoding == LITTLE { reader.u16_le() } else { reader.u16() };
    let block = usize::from(read(&mut reader)?);
    let (_template, _schema, version) = (read(&mut reader)?, read(&mut reader)?, read(&mut reader)?);
    if block + OF_MESSAGE + HEADER > length || version >= 0x400 {
        return Ok(false);
    }
    reader.skip(length - OF_MESSAGE - HEADER)?;
    let next = reader.rest();
    Ok(next.is_empty() || next.len() < HEADER || matches!(next, [0, _, _, _, 0x5b | 0xeb, ..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_either_order_of_bytes() {
        for frame in [
            "0000001a eb50 0c00 6300 5b00 0000 0102030405060708090a0b0c",
            "0000001a 5be0 000c 0063 005b 0000 0102030405060708090a0b0c",
        ] {
            let exchange = Exchange::tcp(9000).client(hex(frame));
            assert_named(&exchange, labels::SBE);
            exchange.assert_cuts_do_not_matter();
            assert_named(&Exchange::udp(9000).client(hex(frame)), labels::SBE);
        }
        let two = "0000001a eb50 0c00 6300 5b00 0000 0102030405060708090a0b0c".repeat(2);
        assert_named(&Exchange::tcp(9000).client(hex(&two)), labels::SBE);
    }

    #[test]
    fn refuses_its_neighbours() {
        for frame in [
            "0000001a eb51 0c00 6300 5b00 0000 0102030405060708090a0b0c",
            "0000001a eb50 0d00 6300 5b00 0000 0102030405060708090a0b0c",
            "0000001a eb50 0c00 6300 5b00 0005 0102030405060708090a0b0c",
            "0000001a eb50 0c00 6300 5b00 0000 0102030405060708090a0b0c 474554202f20",
        ] {
            assert_eq!(Exchange::tcp(9000).client(hex(frame)).verdict_of::<Sbe>(), Verdict::Excluded, "{frame}");
        }
    }
}

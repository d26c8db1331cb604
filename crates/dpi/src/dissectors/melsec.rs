//! MELSEC: controllers of Mitsubishi Electric. SLMP (SH-080956ENG, section 5): frames 3E and 4E, binary: subheader, route, length,
//! timer, command. MELSOFT, which engineering tools talk, by captures: a header of 21 bytes, whose last two are the length of the
//! rest.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Melsec;

impl Dissector for Melsec {
    const META: Meta = Meta::tcp_udp(labels::MELSEC)
        .ports(&[5000, 5001, 5002, 5006, 5007, 5560, 5561, 5562])
        .starts_with(&[
            &[0x50, 0x00],
            &[0xd0, 0x00],
            &[0x54, 0x00],
            &[0xd4, 0x00],
            &[0x57, 0x00],
            &[0x57, 0x01],
            &[0xd7, 0x00],
            &[0xd7, 0x01],
        ])
        .specification("Mitsubishi Electric SH-080956ENG, section 5");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_right = match segment.payload.first() {
            Some(0x57 | 0xd7) => is_message(segment),
            _ => is_frame(segment),
        };
        match is_right {
            Ok(is_frame) => Verdict::matched_if(is_frame),
            Err(Short) => segment.more(),
        }
    }
}

fn is_frame(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader: Reader<'_> = segment.reader();
    let subheader = reader.u16()?;
    // 4E has a serial number and a reserved word.
    if matches!(subheader, 0x5400 | 0xd400) {
        reader.skip(2)?;
        if reader.u16()? != 0 {
            return Ok(false);
        }
    }
    let [_, _, module_low, module_high, _]: [u8; 5] = reader.array()?;
    let length = usize::from(reader.u16_le()?);
    let module = u16::from_le_bytes([module_low, module_high]);
    let own_station = matches!(module, 0x03ff | 0x03d0..=0x03d3 | 0x03e0..=0x03e3);
    let header = segment.payload.len() - reader.len();
    Ok(own_station && length >= 2 && header + length == segment.wire_len)
}

/// A message of MELSOFT. An answer has the first bit of its first byte set, and of its first command.
fn is_message(segment: &Segment<'_>) -> Result<bool, Short> {
    const ANSWER: u8 = 0x80;
    let mut reader: Reader<'_> = segment.reader();
    let kind = reader.u8()?;
    reader.skip(4)?;
    if reader.u16()? != 0x1111 {
        return Ok(false);
    }
    reader.skip(12)?;
    let length = usize::from(reader.u16_le()?);
    let header = segment.payload.len() - reader.len();
    let command = reader.u8()?;
    Ok((kind ^ command) & ANSWER == 0 && header + length == segment.wire_len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_route_and_length() {
        let read = hex("5000 00 ff ff03 00 0c00 1000 0104 0000 640000 a8 0100");
        assert_named(&Exchange::tcp(5007).client(&read), labels::MELSEC);
        assert_named(&Exchange::udp(5006).server(hex("d000 00 ff ff03 00 0400 0000 3412")), labels::MELSEC);
        assert_eq!(Exchange::udp(5006).client(&read[..20]).verdict_of::<Melsec>(), Verdict::Excluded);
    }

    #[test]
    fn melsoft_is_recognised_by_its_header() {
        let ask = hex("57010000001111070000ffff030000fe030000 0600 1c0a16140000");
        assert_named(&Exchange::udp(5560).client(&ask), labels::MELSEC);
        assert_named(&Exchange::tcp(5562).client(&ask), labels::MELSEC);
        let answer = hex("d70100000011117f000000a80300ffff030000 0400 9c0a1814");
        assert_named(&Exchange::udp(5561).server(&answer), labels::MELSEC);
        assert_eq!(Exchange::udp(5560).client(&ask[..26]).verdict_of::<Melsec>(), Verdict::Excluded);
        let mut other = ask;
        other[21] = 0x9c;
        assert_eq!(Exchange::udp(5560).client(&other).verdict_of::<Melsec>(), Verdict::Excluded);
    }
}

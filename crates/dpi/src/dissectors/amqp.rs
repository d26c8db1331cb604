//! AMQP: Advanced Message Queuing Protocol, 0-8 to 0-10 (amqp.org) and 1.0 (OASIS, ISO/IEC 19464). Connections open with its name
//! and a version; frames of 0-9 end with 0xce.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Amqp;

const FRAME_END: u8 = 0xce;

impl Dissector for Amqp {
    const META: Meta = Meta::tcp(labels::AMQP)
        .ports(&[5672])
        .starts_with(&[b"AMQP", b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x08\x00\x00\x00\x00\x00\x00\xce", b"\x00\x00"])
        .specification("AMQP 0-9-1, sections 2.2.4 and 4.2; AMQP 1.0, sections 2.2 and 2.3");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let holds = match segment.payload.first() {
            Some(b'A') => greeting(&mut reader),
            Some(0) => later_frame(&mut reader),
            _ => frame(&mut reader),
        };
        holds.map_or(Verdict::More, Verdict::matched_if)
    }
}

fn greeting(reader: &mut Reader<'_>) -> Result<bool, Short> {
    Ok(match &reader.array()? {
        b"AMQP\x00\x00\x09\x01" | b"AMQP\x01\x01\x00\x09" | b"AMQP\x01\x01\x00\x0a" | b"AMQP\x01\x01\x08\x00" => true,
        // 1.0: plain, over TLS, after SASL.
        [b'A', b'M', b'Q', b'P', protocol, 1, 0, 0] => matches!(protocol, 0 | 2 | 3),
        [b'A', b'M', b'Q', b'P', 0 | 1, 0 | 1, major, minor] => matches!((major, minor), (0, 8..=10) | (8, 0) | (9, 0..=1)),
        _ => false,
    })
}

/// 0-9: type, channel, size, content.
fn frame(reader: &mut Reader<'_>) -> Result<bool, Short> {
    const LONGEST_FRAME: u32 = 1 << 20;
    let (kind, channel, size) = (reader.u8()?, reader.u16()?, reader.u32()?);
    if size > LONGEST_FRAME {
        return Ok(false);
    }
    match kind {
        // Method: class and method.
        1 if size >= 4 => {
            let (class, method) = (reader.u16()?, reader.u16()?);
            Ok(is_method(class, method) && ends(reader, size - 4)?)
        }
        // Header of content: the class, and a weight that is zero.
        2 if size >= 14 => Ok(reader.u16()? == 60 && reader.u16()? == 0 && ends(reader, size - 4)?),
        3 if size > 0 => ends_exactly(reader, size),
        8 => Ok(size == 0 && channel == 0 && reader.u8()? == FRAME_END),
        _ => Ok(false),
    }
}

fn is_method(class: u16, method: u16) -> bool {
    match class {
        // Connection, channel, exchange, queue, basic, transactions, confirmation.
        10 => matches!(method, 10 | 11 | 20 | 21 | 30 | 31 | 40 | 41 | 50 | 51 | 60 | 61 | 70 | 71),
        20 => matches!(method, 10 | 11 | 20 | 21 | 40 | 41),
        40 => matches!(method, 10 | 11 | 20 | 21 | 30 | 31 | 40 | 51),
        50 => matches!(method, 10 | 11 | 20 | 21 | 30 | 31 | 40 | 41 | 50 | 51),
        60 => matches!(method, 10 | 11 | 20 | 21 | 30 | 31 | 40 | 50 | 60 | 70..=72 | 80 | 90 | 100 | 110 | 111 | 120),
        85 => matches!(method, 10 | 11),
        90 => matches!(method, 10 | 11 | 20 | 21 | 30 | 31),
        _ => false,
    }
}

/// Whether a frame ends where it should. The end of a long frame is not awaited.
fn ends(reader: &mut Reader<'_>, size: u32) -> Result<bool, Short> {
    const LONGEST_TO_WAIT_FOR: u32 = 4096;
    if size > LONGEST_TO_WAIT_FOR && reader.len() <= size as usize {
        return Ok(true);
    }
    ends_exactly(reader, size)
}

fn ends_exactly(reader: &mut Reader<'_>, size: u32) -> Result<bool, Short> {
    reader.skip(size as usize)?;
    Ok(reader.u8()? == FRAME_END)
}

/// 1.0: size, where the body begins, type, channel; then a described type, of AMQP or SASL.
fn later_frame(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let (size, offset, kind, channel) = (reader.u32()?, reader.u8()?, reader.u8()?, reader.u16()?);
    if offset != 2 || kind > 1 || !(8..1 << 20).contains(&size) {
        return Ok(false);
    }
    if size == 8 {
        return Ok(kind == 0 && channel == 0 && reader.is_empty());
    }
    let is_described = reader.array::<2>()? == [0x00, 0x53];
    let performative = reader.u8()?;
    let is_known = if kind == 0 { matches!(performative, 0x10..=0x18) } else { matches!(performative, 0x40..=0x44) };
    Ok(is_described && is_known && matches!(reader.u8()?, 0x45 | 0xc0 | 0xd0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_greeting_and_frames() {
        for payload in [
            hex("414d5150 00000901"),
            hex("414d5150 03010000"),
            hex("01 0001 00000005 003c 0050 00 ce"),
            hex("02 0001 0000000e 003c 0000 0000000000000004 0000 ce"),
            hex("08 0000 00000000 ce"),
            hex("00000015 02 00 0000 00 53 10 c0 04 01 a1 01 61 00 00"),
            hex("0000000c 02 01 0000 00 53 44 45"),
        ] {
            let exchange = Exchange::tcp(5600).client(&payload);
            assert_named(&exchange, labels::AMQP);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in ["414d5150 00000501", "01 0001 00000005 003c 0050 00 cf", "01 0001 00000004 003d 0050 ce", "00000015 02 00 0000 00 53 20 c0"] {
            assert_eq!(Exchange::tcp(5672).client(hex(payload)).verdict_of::<Amqp>(), Verdict::Excluded, "{payload}");
        }
    }
}

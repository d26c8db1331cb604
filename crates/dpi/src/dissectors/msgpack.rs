//! MsgPack: calls in MessagePack (MessagePack specification; MessagePack-RPC specification), and the forwarding of events by Fluentd
//! in it (Fluentd, Forward Protocol 1). A message is an array of a known form, whose items end exactly where the payload ends.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Types of messages.
const REQUEST: u8 = 0;
const RESPONSE: u8 = 1;
const NOTIFICATION: u8 = 2;

/// Least length of a method's name with which a request is enough; shorter ones need an answer.
const ENOUGH: usize = 5;
/// Greatest nesting, number of items and length of a message that are read.
const DEEPEST: u8 = 8;
const MOST_ITEMS: u32 = 4096;

pub(super) struct Msgpack;

/// The side that has asked, and the number of its request.
pub(super) type Asked = Option<(bool, u32)>;

impl Dissector for Msgpack {
    const META: Meta = Meta::tcp(labels::MSGPACK)
        .starts_with(&[&[0x92], &[0x93], &[0x94]])
        .max_segments(4)
        .specification("MessagePack specification; MessagePack-RPC specification; Fluentd, Forward Protocol 1");

    type State = Asked;

    fn inspect(asked: &mut Asked, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match message(segment.reader()) {
            Ok(Some(Message::Proof)) => Verdict::DONE,
            Ok(Some(Message::Request(number))) => {
                *asked = Some((segment.from_source, number));
                Verdict::Wait
            }
            Ok(Some(Message::Response(number))) => Verdict::matched_if(*asked == Some((!segment.from_source, number))),
            Ok(None) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    /// One whose bits are enough.
    Proof,
    /// A request whose method has a short name, by its number.
    Request(u32),
    Response(u32),
}

fn message(mut reader: Reader<'_>) -> Result<Option<Message>, Short> {
    let items = reader.u8()? & 0x0f;
    let first = *reader.rest().first().ok_or(Short)?;
    let is_text = matches!(first, 0xa0..=0xbf | 0xd9);
    let message = match (items, first) {
        (2.., _) if is_text => event(&mut reader, items)?,
        (4, REQUEST) => request(&mut reader)?,
        (4, RESPONSE) => {
            reader.skip(1)?;
            let number = number(&mut reader)?;
            // There is an error, or a result.
            let (error, result) = (reader.rest().first() == Some(&0xc0), value(&mut reader)?);
            let is_none = reader.rest().first() == Some(&0xc0);
            let fits = result && value(&mut reader)? && (error || is_none);
            number.filter(|_| fits).map(Message::Response)
        }
        (3, NOTIFICATION) => {
            reader.skip(1)?;
            let length = method(&mut reader)?;
            let fits = is_array(reader.rest().first().ok_or(Short)?) && value(&mut reader)?;
            length.filter(|length| *length > ENOUGH && fits).map(|_| Message::Proof)
        }
        _ => None,
    };
    // Another message may follow.
    let ends = reader.is_empty() || matches!(reader.rest(), [0x92..=0x94, ..]);
    Ok(message.filter(|_| ends))
}

/// Type, number, method, parameters.
fn request(reader: &mut Reader<'_>) -> Result<Option<Message>, Short> {
    reader.skip(1)?;
    let Some(number) = number(reader)? else { return Ok(None) };
    let Some(length) = method(reader)? else { return Ok(None) };
    if !is_array(reader.rest().first().ok_or(Short)?) || !value(reader)? {
        return Ok(None);
    }
    Ok(Some(if length >= ENOUGH { Message::Proof } else { Message::Request(number) }))
}

/// Fluentd: a tag and entries, or a tag, a time with nanoseconds and a record; before them, a greeting.
fn event(reader: &mut Reader<'_>, items: u8) -> Result<Option<Message>, Short> {
    let Some(tag) = text(reader)? else { return Ok(None) };
    let is_tag = tag.len() >= 2 && tag.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    let is_greeting = items == 2 && tag == b"HELO";
    let next = *reader.rest().first().ok_or(Short)?;
    let fits = match next {
        // A map of options.
        0x80..=0x8f => is_greeting,
        // Entries in an array, or packed.
        0x90..=0x9f | 0xdc | 0xdd => items <= 3 && starts_with_entry(*reader)?,
        // An extension of type 0 and eight bytes.
        0xd7 => items >= 3 && *reader.rest().get(1).ok_or(Short)? == 0,
        _ => false,
    };
    if !is_tag || !fits {
        return Ok(None);
    }
    for _ in 1..items {
        if !value(reader)? {
            return Ok(None);
        }
    }
    Ok(Some(Message::Proof))
}

/// Whether an array begins with an array of a time with nanoseconds and a map.
fn starts_with_entry(mut reader: Reader<'_>) -> Result<bool, Short> {
    match reader.u8()? {
        0xdc => reader.skip(2)?,
        0xdd => reader.skip(4)?,
        _ => {}
    }
    let (entry, time, kind) = (reader.u8()?, reader.u8()?, reader.u8()?);
    reader.skip(8)?;
    Ok(entry == 0x92 && time == 0xd7 && kind == 0 && matches!(reader.u8()?, 0x80..=0x8f | 0xde | 0xdf))
}

fn is_array(first: &u8) -> bool {
    matches!(first, 0x90..=0x9f | 0xdc | 0xdd)
}

/// A number without a sign.
fn number(reader: &mut Reader<'_>) -> Result<Option<u32>, Short> {
    Ok(match reader.u8()? {
        small @ 0..=0x7f => Some(small.into()),
        0xcc => Some(reader.u8()?.into()),
        0xcd => Some(reader.u16()?.into()),
        0xce => Some(reader.u32()?),
        _ => None,
    })
}

/// The length of a method's name.
fn method(reader: &mut Reader<'_>) -> Result<Option<usize>, Short> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'/' | b'-');
    Ok(text(reader)?.filter(|name| name.len() > 1 && name.iter().all(is_of_name)).map(<[u8]>::len))
}

/// A text of at most 255 bytes.
fn text<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Short> {
    match reader.u8()? {
        first @ 0xa0..=0xbf => reader.take(usize::from(first & 0x1f)).map(Some),
        0xd9 => reader.block8().map(|text| Some(text.rest())),
        _ => Ok(None),
    }
}

/// Passes over a value. Returns whether it is one: one type is never used, and what is too deep or too large is not read.
fn value(reader: &mut Reader<'_>) -> Result<bool, Short> {
    // The number of values that are left at each depth.
    let mut left = [0_u32; DEEPEST as usize];
    let (mut depth, mut read) = (0_usize, 0_u32);
    loop {
        let (skipped, items) = match reader.u8()? {
            0..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => (0, 0),
            first @ 0x80..=0x8f => (0, 2 * u32::from(first & 0x0f)),
            first @ 0x90..=0x9f => (0, u32::from(first & 0x0f)),
            first @ 0xa0..=0xbf => (usize::from(first & 0x1f), 0),
            0xc1 => return Ok(false),
            0xc4 | 0xd9 => (reader.u8()?.into(), 0),
            0xc5 | 0xda => (reader.u16()?.into(), 0),
            0xc6 | 0xdb => (reader.u32()? as usize, 0),
            0xc7 => (usize::from(reader.u8()?) + 1, 0),
            0xc8 => (usize::from(reader.u16()?) + 1, 0),
            0xc9 => ((reader.u32()? as usize).saturating_add(1), 0),
            0xcc | 0xd0 => (1, 0),
            0xcd | 0xd1 | 0xd4 => (2, 0),
            0xd5 => (3, 0),
            0xca | 0xce | 0xd2 => (4, 0),
            0xd6 => (5, 0),
            0xcb | 0xcf | 0xd3 => (8, 0),
            0xd7 => (9, 0),
            0xd8 => (17, 0),
            0xdc => (0, reader.u16()?.into()),
            0xdd => (0, reader.u32()?),
            0xde => (0, 2 * u32::from(reader.u16()?)),
            0xdf => (0, reader.u32()?.saturating_mul(2)),
        };
        reader.skip(skipped)?;
        read += 1;
        if items > 0 {
            depth += 1;
            match left.get_mut(depth) {
                Some(place) if items <= MOST_ITEMS && read < MOST_ITEMS => *place = items,
                _ => return Ok(false),
            }
            continue;
        }
        // The value is complete, and perhaps those around it.
        loop {
            if depth == 0 {
                return Ok(true);
            }
            let Some(place) = left.get_mut(depth) else { return Ok(false) };
            *place = place.saturating_sub(1);
            if *place > 0 {
                break;
            }
            depth -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn calls() {
        for call in [
            // [0, 1, "nvim_get_api_info", []]
            &[&hex("94 00 01 b1")[..], b"nvim_get_api_info", &hex("90")].concat(),
            // [2, "redraw", [["flush", []]]]
            &[&hex("93 02 a6")[..], b"redraw", &hex("91 92 a5"), b"flush", &hex("90")].concat(),
        ] {
            let exchange = Exchange::tcp(6666).client(call);
            assert_named(&exchange, labels::MSGPACK);
            exchange.assert_cuts_do_not_matter();
        }
        // [0, 7, "sum", [1, 2]], then [1, 7, nil, 3].
        let ask = [&hex("94 00 07 a3")[..], b"sum", &hex("92 01 02")].concat();
        let exchange = Exchange::tcp(6666).client(&ask).server(hex("94 01 07 c0 03"));
        assert_named(&exchange, labels::MSGPACK);
        exchange.assert_cuts_do_not_matter();
        for answer in ["94 01 08 c0 03", "94 01 07 01 03", "94 01 07 c0 03 05", "93 01 07 c0"] {
            assert_ne!(Exchange::tcp(6666).client(&ask).server(hex(answer)).name(), "MsgPack", "{answer}");
        }
    }

    #[test]
    fn events() {
        let time = "d7 00 5a5a5a5a 00000001";
        let record = "81 a1 6b a1 76";
        let tag = "a7 6170702e6c6f67";
        for event in [
            format!("93 {tag} {time} {record}"),
            format!("92 {tag} 92 92 {time} {record} 92 {time} {record}"),
            format!("93 {tag} dc0001 92 {time} {record} 80"),
            "92 a4 48454c4f 81 a9 6b656570616c697665 c3".to_owned(),
        ] {
            let exchange = Exchange::tcp(24224).client(hex(&event));
            assert_named(&exchange, labels::MSGPACK);
            exchange.assert_cuts_do_not_matter();
        }
        for other in [format!("93 {tag} 05 {record}"), format!("93 a7 6170702e6c6f00 {time} {record}"), format!("93 {tag} {time} {record} 00")] {
            assert_eq!(Exchange::tcp(24224).client(hex(&other)).verdict_of::<Msgpack>(), Verdict::Excluded, "{other}");
        }
    }

    #[test]
    fn values_have_an_end() {
        let ends = |digits: &str| {
            let bytes = hex(digits);
            let mut reader = Reader::new(&bytes);
            (value(&mut reader), reader.len())
        };
        assert_eq!(ends("82 a1 61 93 01 02 03 a1 62 c4 02 ffff 00"), (Ok(true), 1));
        assert_eq!(ends("92 01"), (Err(Short), 0));
        assert_eq!(ends("c1"), (Ok(false), 0));
        assert_eq!(ends(&"91".repeat(20)).0, Ok(false));
        assert_eq!(ends("dd ffffffff 00").0, Ok(false));
        assert_eq!(ends("90 00"), (Ok(true), 1));
    }
}

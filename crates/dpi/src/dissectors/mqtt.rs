//! MQTT: messages by topic, versions 3.1, 3.1.1 and 5 (OASIS). A client connects with the protocol's name. In a session that began
//! earlier, a request and the matching answer are enough.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const CONNECT: u8 = 1;
const PUBLISH: u8 = 3;
const SUBSCRIBE: u8 = 8;
const UNSUBSCRIBE: u8 = 10;
const PING_REQUEST: u8 = 12;

const PORT: u16 = 1883;

const LONGEST_TOPIC: usize = 256;

/// Number of payloads, each one message with a topic, that is not a coincidence.
const ENOUGH_PUBLISHES: u8 = 3;

#[derive(Default)]
pub(super) struct Awaited {
    /// Kind and packet identifier.
    answer: Option<(u8, u16)>,
    publishes: u8,
}

pub(super) struct Mqtt;

impl Dissector for Mqtt {
    const META: Meta = Meta::tcp(labels::MQTT)
        .ports(&[PORT, 8883])
        .starts_with(&[
            b"\x10", b"\x20\x02", b"\x30", b"\x31", b"\x32", b"\x33", b"\x34", b"\x35", b"\x40\x02", b"\x50\x02", b"\x62\x02",
            b"\x70\x02", b"\x82", b"\x90", b"\xa2", b"\xb0\x02", b"\xc0\0", b"\xd0\0",
        ])
        .max_segments(6)
        .specification("MQTT 3.1.1, MQTT 5.0");

    type State = Awaited;

    fn inspect(awaited: &mut Awaited, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if let Some(publishes) = publishes(segment.reader()) {
            awaited.publishes = awaited.publishes.saturating_add(publishes);
            if awaited.publishes >= ENOUGH_PUBLISHES {
                return Verdict::DONE;
            }
            return Verdict::Wait;
        }
        let packet = match Packet::read(&mut segment.reader()) {
            Ok(Some(packet)) => packet,
            Ok(None) => return Verdict::Excluded,
            Err(Short) => return Verdict::More,
        };
        if packet.kind == CONNECT {
            return connect(packet.body, found);
        }
        if let (Some(expected), Some(answer)) = (awaited.answer, packet.answer()) {
            return Verdict::matched_if(expected == answer);
        }
        let expects = packet.expects();
        awaited.publishes = awaited.publishes.saturating_add((packet.kind == PUBLISH && packet.is_all).into());
        if expects.is_ok() && packet.is_all && (segment.has_port(PORT) || awaited.publishes == ENOUGH_PUBLISHES) {
            return Verdict::DONE;
        }
        match expects {
            Ok(Some(answer)) => {
                awaited.answer = Some(answer);
                Verdict::Wait
            }
            Ok(None) => Verdict::Wait,
            Err(Short) => Verdict::Excluded,
        }
    }
}

/// The number of messages with a topic that fill a payload exactly; `None` unless there are several.
fn publishes(mut reader: Reader<'_>) -> Option<u8> {
    let mut publishes = 0_u8;
    while !reader.is_empty() {
        let first = reader.u8().ok()?;
        let length = remaining_length(&mut reader).ok()??;
        let mut body = Reader::new(reader.take(length).ok()?);
        let topic = body.block16().ok()?.rest();
        let is_identified = first >> 1 & 0x03 == 0 || body.u16().is_ok_and(|identifier| identifier != 0);
        if first >> 4 != PUBLISH || first & 0x06 == 0x06 || !is_topic(topic) || !is_identified {
            return None;
        }
        publishes = publishes.saturating_add(1);
    }
    (publishes > 1).then_some(publishes)
}

/// Section 4.7.3 of version 3.1.1.
fn is_topic(topic: &[u8]) -> bool {
    let is_text = topic.iter().all(|byte| !byte.is_ascii_control());
    !topic.is_empty() && is_text && std::str::from_utf8(topic).is_ok()
}

/// Section 3.1 of version 3.1.1.
fn connect(mut body: Reader<'_>, found: &mut Found<'_>) -> Verdict {
    let mut read = || {
        let name = body.block16()?.rest();
        let level = body.u8()?;
        body.skip(3)?;
        Ok::<_, Short>((name, level))
    };
    match read() {
        // A bridge between servers sets the upper bit.
        Ok((b"MQTT", level)) if matches!(level & 0x7f, 4 | 5) => {}
        Ok((b"MQIsdp", 3 | 0x83)) => {}
        _ => return Verdict::Excluded,
    }
    // In version 5 properties come first; then the client's identifier.
    if let Ok(client) = body.block16() {
        found.field(Field::Host, client.rest());
    }
    Verdict::Matched(Then::Done)
}

struct Packet<'a> {
    kind: u8,
    flags: u8,
    body: Reader<'a>,
    /// Whether the payload ends with it.
    is_all: bool,
}

impl<'a> Packet<'a> {
    /// Section 2.2: type and flags, then a length of one to four bytes.
    fn read(reader: &mut Reader<'a>) -> Result<Option<Self>, Short> {
        let first = reader.u8()?;
        let (kind, flags) = (first >> 4, first & 0x0f);
        let flags_are_right = match kind {
            PUBLISH => flags & 0x06 != 0x06,
            6 | SUBSCRIBE | UNSUBSCRIBE => flags == 2,
            _ => flags == 0,
        };
        let Some(length) = remaining_length(reader)?.filter(|_| flags_are_right && kind != 0) else { return Ok(None) };
        if kind == PUBLISH && usize::from(Reader::new(reader.rest()).u16()?) + 2 > length {
            return Ok(None);
        }
        // The bytes after topic and identifier do not matter.
        let enough = length.min(LONGEST_TOPIC + 4);
        let is_sound = match kind {
            CONNECT => length >= 12,
            2 | 4..=7 => length >= 2,
            PUBLISH => length >= 3,
            SUBSCRIBE | 9 | UNSUBSCRIBE => length >= 3,
            11 => length >= 2,
            12 | 13 => length == 0,
            _ => true,
        };
        if !is_sound {
            return Ok(None);
        }
        let is_all = reader.len() == length;
        Ok(Some(Self { kind, flags, body: Reader::new(reader.take(enough)?), is_all }))
    }

    /// The expected answer to a packet.
    fn expects(&self) -> Result<Option<(u8, u16)>, Short> {
        let mut body = self.body;
        match self.kind {
            PUBLISH => {
                let topic = body.block16()?.rest();
                if !is_topic(topic) {
                    return Err(Short);
                }
                match self.flags >> 1 & 0x03 {
                    0 => Ok(None),
                    quality => Ok(Some((3 + quality, body.u16()?))),
                }
            }
            5 | 6 => Ok(Some((self.kind + 1, body.u16()?))),
            SUBSCRIBE | UNSUBSCRIBE => Ok(Some((self.kind + 1, body.u16()?))),
            PING_REQUEST => Ok(Some((13, 0))),
            2 | 4 | 7 | 9 | 11 | 13 => Ok(None),
            _ => Err(Short),
        }
    }

    /// The request that a packet answers.
    fn answer(&self) -> Option<(u8, u16)> {
        let mut body = self.body;
        match self.kind {
            4..=7 | 9 | 11 => Some((self.kind, body.u16().ok()?)),
            13 => Some((13, 0)),
            _ => None,
        }
    }
}

fn remaining_length(reader: &mut Reader<'_>) -> Result<Option<usize>, Short> {
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let byte = reader.u8()?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(Some(length));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_the_name_it_connects_with() {
        let exchange = Exchange::tcp(17501).client(hex("10 0e 0004 4d515454 04 02 003c 0002 6162"));
        assert_named(&exchange, labels::MQTT);
        assert_eq!(exchange.outcome().field(Field::Host), "ab");
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(17501).client(hex("10 0e 0004 4d515454 84 02 003c 0002 6162")), labels::MQTT);
        assert_named(&Exchange::tcp(1883).client(hex("10 10 0006 4d5149736470 03 02 003c 0002 6162")), labels::MQTT);
    }

    #[test]
    fn recognised_by_requests_and_answers() {
        for (request, answer) in [
            ("c000", "d000"),
            ("32 07 0001 61 0102 7879", "40 02 0102"),
            ("82 06 0001 0001 61 00", "90 03 0001 00"),
        ] {
            assert_named(&Exchange::tcp(17501).client(hex(request)).server(hex(answer)), labels::MQTT);
        }
        let other = Exchange::tcp(17501).client(hex("32 07 0001 61 0102 7879")).server(hex("40 02 0103"));
        assert_eq!(other.verdict_of::<Mqtt>(), Verdict::Excluded);
    }

    #[test]
    fn recognised_by_messages_alone() {
        let message = hex("30 07 0003 612f62 7879");
        assert_named(&Exchange::tcp(1883).client(&message), labels::MQTT);
        let three = Exchange::tcp(17501).client(&message).client(&message).client(&message);
        assert_named(&three, labels::MQTT);
        assert_eq!(Exchange::tcp(17501).client(&message).client(&message).verdict_of::<Mqtt>(), Verdict::Wait);
        let together = Exchange::tcp(17501).client([&message[..], &hex("32 07 0001 61 0102 7879"), &message].concat());
        assert_named(&together, labels::MQTT);
        let other = Exchange::tcp(17501).client([&message[..], &message, b"0"].concat());
        assert_ne!(other.name(), "MQTT");
    }

    #[test]
    fn refuses_its_neighbours() {
        for packet in ["10 0e 0004 48545450 04 02 003c 0002 6162", "36 07 0001 61 0102 7879", "80 06 0001 0001 61 00", "32 07 0001 01 0102 7879"] {
            assert_eq!(Exchange::tcp(1883).client(hex(packet)).verdict_of::<Mqtt>(), Verdict::Excluded, "{packet}");
        }
    }
}

//! `LoLWildRift`: League of Legends, Wild Rift (from captures): a handshake with a game server, and probes of servers nearby.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Kinds of message, in four bytes, low byte first, and their lengths.
const HELLO: (u32, usize) = (0x04, 69);
const ANSWER: (u32, usize) = (0x10, 359);
const PROBE: u32 = 0x0102_c841;
const PROBE_LENGTH: usize = 22;

pub(super) struct LolWildRift;

impl Dissector for LolWildRift {
    const META: Meta = Meta::udp(labels::LOLWILDRIFT)
        .starts_with(&[b"\x04\x00\x00\x00", b"\x10\x00\x00\x00", b"\x01\x02\xc8\x41"])
        .max_segments(6)
        .specification("from captures");

    /// Whether a client has sent its hello.
    type State = bool;

    fn inspect(greeted: &mut bool, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if is_probe(segment).unwrap_or(false) {
            return Verdict::DONE;
        }
        let Ok(kind) = segment.reader().u32_le() else { return Verdict::Excluded };
        match (kind, segment.wire_len) {
            HELLO => *greeted = true,
            ANSWER if *greeted => return Verdict::DONE,
            _ => return Verdict::Excluded,
        }
        Verdict::Wait
    }
}

/// Mark, the number 1 twice, a counter, a version, a text with its length.
fn is_probe(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let (mark, first, second) = (reader.u32()?, reader.u32()?, reader.u16()?);
    reader.skip(6)?;
    let text = reader.block16()?.rest();
    let is_text = text.len() == 4 && text.iter().all(u8::is_ascii_alphanumeric);
    Ok(mark == PROBE && first == 1 && second == 1 && is_text && segment.wire_len == PROBE_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_handshake_and_probe() {
        let message = |kind: u8, length: usize| [&[kind, 0, 0, 0][..], &vec![7; length - 4]].concat();
        let exchange = Exchange::udp(15004).client(message(0x04, 69));
        assert_eq!(exchange.verdict_of::<LolWildRift>(), Verdict::Wait);
        assert_named(&exchange.clone().server(message(0x10, 359)), labels::LOLWILDRIFT);
        assert_eq!(exchange.server(message(0x10, 358)).verdict_of::<LolWildRift>(), Verdict::Excluded);
        let probe = hex("0102c841 00000001 0001 0000001e 0004 0004 41304231");
        assert_named(&Exchange::udp(18001).client(probe), labels::LOLWILDRIFT);
    }
}

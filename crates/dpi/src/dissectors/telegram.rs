//! Telegram: `MTProto` over TCP in its unobfuscated transports (core.telegram.org, "Transports"), and reflectors
//! of calls over UDP (from captures).

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::verdict::Confidence;
use crate::vocabulary::labels;

pub(super) struct Telegram;

/// A message that is not encrypted: key identifier 0 (core.telegram.org, "Mobile protocol").
const NO_KEY: [u8; 8] = [0; 8];
const LONGEST: usize = 1 << 16;

impl Dissector for Telegram {
    const META: Meta = Meta::tcp_udp(labels::TELEGRAM)
        .ports(&[443, 80, 5222])
        .specification("core.telegram.org: MTProto transports; from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if segment.is_udp() {
            return Verdict::matched_if(is_reflector(segment.payload));
        }
        let mut reader = segment.reader();
        let is_message = match segment.payload {
            [0xef, ..] => abridged(&mut reader, found.owner(segment.dst) == labels::TELEGRAM),
            [tag @ (0xee | 0xdd), rest @ ..] if rest.iter().take(3).all(|byte| byte == tag) => {
                intermediate(&mut reader)
            }
            start => return obfuscated(start, segment, found),
        };
        match is_message {
            Ok(is_message) => Verdict::matched_if(is_message),
            Err(Short) => Verdict::More,
        }
    }
}

/// The obfuscated transport opens with 64 random bytes that are not the beginning of another protocol. Only the server identifies Telegram.
fn obfuscated(start: &[u8], segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
    let is_other = matches!(start, [0x14..=0x17, 0x03, ..] | [_, _, _, _, 0, 0, 0, 0, ..])
        || start.iter().take(4).all(u8::is_ascii_uppercase);
    let is_first = segment.is_first_of_direction() && segment.number < 2;
    // An answer may be seen before its request.
    if !segment.from_source && segment.number == 0 && found.owner(segment.src) == labels::TELEGRAM {
        return Verdict::Wait;
    }
    if is_other || !segment.from_source || !is_first || found.owner(segment.dst) != labels::TELEGRAM {
        return Verdict::Excluded;
    }
    if start.len() < 64 {
        return Verdict::More;
    }
    found.confidence(Confidence::Address);
    Verdict::DONE
}

/// The tag of the call, 16 bytes, then, for requests to the reflector itself, 12 or 16 bytes with all bits set. The tag is
/// random: if its end has all bits set as well, the payload is filled with such bytes (as silence in µ-law is, ITU-T G.711).
fn is_reflector(payload: &[u8]) -> bool {
    let all_set = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0xff);
    let (tag, mark) = (payload.get(12..16), payload.get(16..28));
    payload.len() >= 32 && mark.is_some_and(all_set) && !tag.is_some_and(all_set)
}

/// Tag, then length in words: a byte, or 0x7f and three bytes. That is little evidence if the rest is encrypted, unless the server is
/// one of Telegram's.
fn abridged(reader: &mut Reader<'_>, is_server_known: bool) -> Result<bool, Short> {
    reader.skip(1)?;
    let words = match reader.u8()? {
        0x7f => {
            let [a, b, c] = reader.array()?;
            u32::from_le_bytes([a, b, c, 0])
        }
        words @ 0x01..=0x7e => words.into(),
        _ => return Ok(false),
    };
    first_message(reader, words as usize * 4, is_server_known)
}

/// Tag of four bytes, length in bytes, little-endian.
fn intermediate(reader: &mut Reader<'_>) -> Result<bool, Short> {
    reader.skip(4)?;
    let length = reader.u32_le()? as usize;
    first_message(reader, length, true)
}

fn first_message(reader: &mut Reader<'_>, length: usize, may_be_encrypted: bool) -> Result<bool, Short> {
    if !(20..LONGEST).contains(&length) {
        return Ok(false);
    }
    let key = reader.array::<8>()?;
    if key == NO_KEY {
        return Ok(true);
    }
    if !may_be_encrypted {
        return Ok(false);
    }
    reader.skip(length - 8)?;
    Ok(reader.is_empty() && length % 16 == 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn transports_and_reflectors() {
        for start in ["ef0a", "eeeeeeee 28000000", "dddddddd 2b000000"] {
            let message = format!("{start} 0000000000000000 0102030405060708 14000000 78974660 00");
            let exchange = Exchange::tcp(443).client(hex(&message));
            assert_named(&exchange, labels::TELEGRAM);
            exchange.assert_cuts_do_not_matter();
        }
        let tag = "000102030405060708090a0b0c0d0e0f ffffffff ffffffff ffffffff";
        assert_named(&Exchange::udp(533).client(hex(&format!("{tag} feffffff"))), labels::TELEGRAM);
        // RTP with silence.
        let silence = [hex("8000 0001 000000a0 01020304"), vec![0xff; 160]].concat();
        assert_eq!(Exchange::udp(533).client(silence).verdict_of::<Telegram>(), Verdict::Excluded);
    }

    #[test]
    fn obfuscated_by_its_server() {
        let random: Vec<u8> = (0..80_u8).map(|number| number.wrapping_mul(37) ^ 0xa8).collect();
        let exchange = Exchange::tcp(443).to([149, 154, 167, 51]).client(&random);
        assert_named(&exchange, labels::TELEGRAM);
        assert_eq!(exchange.outcome().classification.confidence, Confidence::Address);
        exchange.assert_cuts_do_not_matter();
        let hello = Exchange::tcp(443).to([149, 154, 167, 51]).client(hex("16030100c8 010000c40303"));
        assert_eq!(hello.verdict_of::<Telegram>(), Verdict::Excluded);
        let other = Exchange::tcp(443).to([192, 0, 2, 1]).client(&random);
        assert_eq!(other.verdict_of::<Telegram>(), Verdict::Excluded);
    }

    #[test]
    fn refuses_its_neighbours() {
        for bytes in ["ef00 0000000000000000", "eeeeeeee ffffffff 0000000000000000", "eeeeee00 28000000"] {
            assert_eq!(Exchange::tcp(443).client(hex(bytes)).verdict_of::<Telegram>(), Verdict::Excluded, "{bytes}");
        }
    }
}

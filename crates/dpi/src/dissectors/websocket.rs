//! WebSocket: frames whose opening in HTTP was not captured (RFC 6455, section 5.2). Frames with valid text, after removal of the
//! mask if there is one; or several frames of any kind that fill payloads exactly, masked by one side and not by the other. Binary
//! frames of a server alone could be those of any protocol with a type and a length in two bytes.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Number of characters with which a single frame is enough.
const ENOUGH: usize = 12;

pub(super) struct Websocket;

/// Greatest length of a frame that is awaited.
const LONGEST: usize = 16 * 1024;

/// Number of frames of both sides, of which at least one is masked and one is not, that are not a coincidence; and number of masked
/// frames of one side.
const ENOUGH_OF_BOTH: u8 = 3;
const ENOUGH_MASKED: u8 = 4;

/// Frames so far.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// Number of frames with text.
    texts: u8,
    /// Of any kind, by the side that sent them: masked ones, and others.
    masked: [u8; 2],
    plain: [u8; 2],
}

impl Dissector for Websocket {
    const META: Meta = Meta::tcp(labels::WEBSOCKET).starts_with(&[&[0x81], &[0x82], &[0x88], &[0x89], &[0x8a], &[0xc1], &[0xc2]]).weak().specification("RFC 6455");

    type State = Frames;

    fn inspect(frames: &mut Frames, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match TextFrame::read(segment.reader()) {
            Ok(Some(frame)) if frame.is_text() => {
                frames.texts = frames.texts.saturating_add(1);
                // Beyond ASCII, almost anything can be text.
                let is_plain = frame.characters().all(|byte| byte.is_ascii());
                let length = frame.text.len();
                if is_plain && (length >= ENOUGH || frames.texts > 1 && length >= ENOUGH / 3) {
                    return Verdict::DONE;
                }
            }
            Ok(Some(_)) => return Verdict::Excluded,
            Ok(None) => {}
            Err(Short) => return segment.more(),
        }
        match chain(segment.reader()) {
            Ok(Some((masked, plain))) => {
                frames.count(segment.side(), masked, plain);
                if frames.are_enough() { Verdict::DONE } else { Verdict::Wait }
            }
            Ok(None) => Verdict::Excluded,
            Err(Short) => segment.more(),
        }
    }
}

impl Frames {
    fn count(&mut self, side: usize, masked: u8, plain: u8) {
        for (counts, number) in [(&mut self.masked, masked), (&mut self.plain, plain)] {
            if let Some(count) = counts.get_mut(side) {
                *count = count.saturating_add(number);
            }
        }
    }

    /// Section 5.1: a client masks all of its frames, a server none.
    fn are_enough(&self) -> bool {
        let [masked, plain] = [self.masked, self.plain];
        let is_one_way = |client: usize, server: usize| {
            let of = |counts: [u8; 2], side: usize| counts.get(side).copied().unwrap_or_default();
            let is_right = of(plain, client) == 0 && of(masked, server) == 0;
            let both = of(masked, client) > 0 && of(plain, server) > 0;
            let all = of(masked, client).saturating_add(of(plain, server));
            is_right && (both && all >= ENOUGH_OF_BOTH || of(masked, client) >= ENOUGH_MASKED)
        };
        is_one_way(0, 1) || is_one_way(1, 0)
    }
}

/// Frames that fill a payload exactly: the number of masked ones, and of others.
fn chain(mut reader: Reader<'_>) -> Result<Option<(u8, u8)>, Short> {
    let (mut masked, mut plain) = (0_u8, 0_u8);
    while !reader.is_empty() {
        let first = reader.u8()?;
        let is_control = first & 0x08 != 0;
        // Continuations, text, binary; close, ping, pong. A control frame is short and whole; the first bit of an extension,
        // compression (RFC 7692), is only in the first frame of a message.
        let is_kind = matches!(first & 0x0f, 0x0..=0x2 | 0x8..=0xa) && first & 0x30 == 0;
        let is_whole = first & 0x80 != 0;
        if !is_kind {
            return Ok(None);
        }
        let length = reader.u8()?;
        let fits = !is_control || is_whole && first & 0x40 == 0 && length & 0x7f < 126;
        let is_masked = length & 0x80 != 0;
        let length = match length & 0x7f {
            126 => usize::from(reader.u16()?),
            127 => usize::try_from(reader.u64()?).unwrap_or(usize::MAX),
            length => length.into(),
        };
        if !fits || length > LONGEST || masked > 0 && !is_masked || plain > 0 && is_masked {
            return Ok(None);
        }
        reader.skip(if is_masked { 4 } else { 0 })?;
        reader.skip(length)?;
        let count = if is_masked { &mut masked } else { &mut plain };
        *count = count.saturating_add(1);
    }
    Ok(Some((masked, plain)))
}

/// A text frame that is the whole payload.
struct TextFrame<'a> {
    text: &'a [u8],
    key: [u8; 4],
}

impl<'a> TextFrame<'a> {
    fn read(mut reader: Reader<'a>) -> Result<Option<Self>, Short> {
        if reader.u8()? != 0x81 {
            return Ok(None);
        }
        let length = reader.u8()?;
        let is_masked = length & 0x80 != 0;
        let length = match length & 0x7f {
            126 => reader.u16()?.into(),
            127 => return Ok(None),
            length => length.into(),
        };
        let key = if is_masked { reader.array()? } else { [0; 4] };
        if length > LONGEST {
            return Ok(None);
        }
        let text = reader.take(length)?;
        Ok((reader.is_empty() && !text.is_empty()).then_some(Self { text, key }))
    }

    fn is_text(&self) -> bool {
        self.characters().all(|byte| byte >= b' ' && byte != 0x7f || byte.is_ascii_whitespace())
    }

    fn characters(&self) -> impl Iterator<Item = u8> {
        self.text.iter().zip(self.key.iter().cycle()).map(|(byte, key)| byte ^ key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_text() {
        assert_named(&Exchange::tcp(12345).server(b"\x81\x0eHello, client!"), labels::WEBSOCKET);
        let masked = hex("81 85 37fa213d 7f9f4d5158");
        assert_named(&Exchange::tcp(12345).client(&masked).server(b"\x81\x05Hello"), labels::WEBSOCKET);
        assert_eq!(Exchange::tcp(12345).client(masked).name(), "Unknown");
    }

    #[test]
    fn recognised_by_masks_of_one_side() {
        let ask = hex("82 84 01020304 a5a5a5a5");
        let answer = hex("82 03 ff0001");
        let both = Exchange::tcp(12345).client(&ask).server(&answer).client(&ask);
        assert_named(&both, labels::WEBSOCKET);
        both.assert_cuts_do_not_matter();
        let together = Exchange::tcp(12345).server([answer.clone(), answer.clone()].concat()).client(&ask);
        assert_named(&together, labels::WEBSOCKET);
        together.assert_cuts_do_not_matter();
        let pings = hex("89 80 01020304 8a 80 05060708 c2 82 05060708 a5a5 82 80 05060708");
        assert_named(&Exchange::tcp(12345).client(&pings), labels::WEBSOCKET);
        let servers = Exchange::tcp(12345).server(answer.repeat(6)).server(answer.repeat(6));
        assert_eq!(servers.verdict_of::<Websocket>(), Verdict::Wait);
        for other in ["82 03 ff0001 00", "83 03 ff0001", "c9 00", "89 7e 0080", "92 03 ff0001", "82 01 00 82 81 01020304 a5"] {
            let exchange = Exchange::tcp(12345).client(&ask).server(hex(other)).client(&ask);
            assert_ne!(exchange.name(), "WebSocket", "{other}");
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for frame in [&b"\x81\x0dHello, client!"[..], b"\x81\x0eHello, client\0", b"\x81\x82\x01\x02\x03\x04\x01\x02"] {
            let exchange = Exchange::tcp(12345).client(frame);
            assert_eq!(exchange.verdict_of::<Websocket>(), Verdict::Excluded);
        }
    }
}

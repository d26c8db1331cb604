//! WebSocket: frames whose opening in HTTP was not captured (RFC 6455, section 5.2). Frames with valid text, after removal of the
//! mask if there is one.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Number of characters with which a single frame is enough.
const ENOUGH: usize = 12;

pub(super) struct Websocket;

/// Number of valid frames so far.
#[derive(Debug, Default)]
pub(crate) struct Frames(u8);

impl Dissector for Websocket {
    const META: Meta = Meta::tcp(labels::WEBSOCKET).starts_with(&[&[0x81]]).weak().specification("RFC 6455");

    type State = Frames;

    fn inspect(frames: &mut Frames, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let frame = match TextFrame::read(segment.reader()) {
            Ok(Some(frame)) => frame,
            Ok(None) => return Verdict::Excluded,
            Err(Short) => return segment.more(),
        };
        if !frame.characters().all(|byte| byte >= b' ' && byte != 0x7f || byte.is_ascii_whitespace()) {
            return Verdict::Excluded;
        }
        frames.0 = frames.0.saturating_add(1);
        // Beyond ASCII, almost anything can be text.
        let is_plain = frame.characters().all(|byte| byte.is_ascii());
        let length = frame.text.len();
        let is_enough = is_plain && (length >= ENOUGH || frames.0 > 1 && length >= ENOUGH / 3);
        if is_enough { Verdict::DONE } else { Verdict::Wait }
    }
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
        let text = reader.take(length)?;
        Ok((reader.is_empty() && !text.is_empty()).then_some(Self { text, key }))
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
    fn refuses_its_neighbours() {
        for frame in [&b"\x81\x0dHello, client!"[..], b"\x81\x0eHello, client\0", b"\x81\x82\x01\x02\x03\x04\x01\x02"] {
            let exchange = Exchange::tcp(12345).client(frame);
            assert_eq!(exchange.verdict_of::<Websocket>(), Verdict::Excluded);
        }
    }
}

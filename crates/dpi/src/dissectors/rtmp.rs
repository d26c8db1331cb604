//! RTMP: Real-Time Messaging Protocol (Adobe, RTMP 1.0, section 5.2). A version, then 1536 bytes, of which the second word is zero. In
//! the middle of a stream, a chunk with a whole header: a control message, a command, or audio and video with known codecs. Chunks
//! without a whole header have too few fixed bits.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Section 5.2.3: the chunks that follow the version.
const CHUNK: usize = 1536;

pub(super) struct Rtmp;

impl Dissector for Rtmp {
    const META: Meta = Meta::tcp(labels::RTMP)
        .ports(&[1935])
        .starts_with(&[&[0x02], &[0x03], &[0x04], &[0x05], &[0x06], &[0x07], &[0x08]])
        .specification("Adobe, RTMP 1.0, section 5.2");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match (is_handshake(segment), chunk(segment.reader())) {
            (Ok(true), _) | (_, Ok(true)) => Verdict::DONE,
            (Err(Short), _) | (_, Err(Short)) => segment.more(),
            (Ok(false), Ok(false)) => Verdict::Excluded,
        }
    }
}

/// The client's handshake is one chunk, the server's two, the second an echo.
fn is_handshake(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader: Reader<'_> = segment.reader();
    let version = reader.u8()?;
    reader.skip(4)?;
    let is_zero = reader.u32()? == 0;
    if !matches!(version, 3 | 6) || !is_zero && !segment.has_port(1935) {
        return Ok(false);
    }
    match segment.payload.len() - 1 {
        CHUNK => Ok(true),
        length if length >= 2 * CHUNK => Ok(segment.has_port(1935) || length == 2 * CHUNK),
        _ => Err(Short),
    }
}

/// Section 5.3: a chunk with a header of type 0 and a message of one of the kinds of sections 5.4 and 7.1.
fn chunk(mut reader: Reader<'_>) -> Result<bool, Short> {
    // The type is in the two upper bits; streams 2 to 63 have one byte.
    let stream = reader.u8()?;
    if !(2..0x40).contains(&stream) {
        return Ok(false);
    }
    reader.skip(3)?;
    let (length, kind, of_message) = (reader.u24()?, reader.u8()?, reader.u32_le()?);
    let is_control = stream == 2 && of_message == 0;
    match kind {
        // Size of chunks, acknowledgement, window: a number, not too large.
        1 | 3 | 5 if is_control && length == 4 => Ok((1..1 << 31).contains(&reader.u32()?)),
        // User control: events of a stream, and pings.
        4 if is_control && matches!(length, 6 | 10) => {
            let (event, _) = (reader.u16()?, reader.u32()?);
            Ok(matches!(event, 0..=4 | 6 | 7 | 31 | 32) && (length == 10) == (event == 3))
        }
        6 if is_control && length == 5 => Ok((1..1 << 31).contains(&reader.u32()?) && reader.u8()? <= 2),
        // Audio, by its format; video, by kind of frame and codec.
        8 if is_of_media(stream, length, of_message) => Ok(matches!(reader.u8()? >> 4, 2 | 10 | 11)),
        9 if is_of_media(stream, length, of_message) => {
            let first = reader.u8()?;
            Ok(matches!(first >> 4, 1 | 2 | 5) && matches!(first & 0x0f, 2 | 7 | 12) && reader.u8()? <= 2)
        }
        // A command in AMF 0: its name, and a number.
        20 if of_message < 0x100 && length > 12 => {
            let is_text = reader.u8()? == 2;
            let length = reader.u16()?;
            if !is_text || !(2..32).contains(&length) {
                return Ok(false);
            }
            let name = reader.take(length.into())?;
            let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            Ok(name.iter().all(is_of_name) && reader.u8()? == 0)
        }
        _ => Ok(false),
    }
}

/// Whether this may be the header of audio or video: of a stream of messages, in few streams of chunks.
fn is_of_media(stream: u8, length: u32, of_message: u32) -> bool {
    (4..16).contains(&stream) && (2..1 << 20).contains(&length) && (1..16).contains(&of_message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn handshake(version: u8, zero: u8, chunks: usize) -> Vec<u8> {
        let chunk = [&[0, 0, 1, 2, zero, 0, 0, 0][..], &[0x5a; CHUNK - 8]].concat();
        [vec![version], chunk.repeat(chunks)].concat()
    }

    #[test]
    fn recognised_on_either_side() {
        assert_named(&Exchange::tcp(8935).client(handshake(3, 0, 1)), labels::RTMP);
        let (first, rest) = (&handshake(3, 0, 2)[..1460], &handshake(3, 0, 2)[1460..]);
        assert_named(&Exchange::tcp(8935).server(first).server(rest), labels::RTMP);
        assert_named(&Exchange::tcp(1935).client(handshake(3, 9, 1)), labels::RTMP);
    }

    #[test]
    fn recognised_in_the_middle_by_whole_headers() {
        for chunk in [
            "02 000000 000004 03 00000000 0026c2a0",
            "02 00a3b1 000006 04 00000000 0006 00a3b1c4",
            "02 000000 00000a 04 00000000 0003 00000001 00000bb8",
            "02 000000 000005 06 00000000 002625a0 02",
            "03 000000 00001e 14 00000000 02 0008 6f6e537461747573 00 0000000000000000 05",
            "04 0012ab 000102 08 01000000 af 01 2100",
            "06 0012ab 001002 09 01000000 17 01 000000",
        ] {
            let exchange = Exchange::tcp(8935).server(hex(chunk));
            assert_named(&exchange, labels::RTMP);
            exchange.assert_cuts_do_not_matter();
        }
        for chunk in [
            "02 000000 000004 03 00000001 0026c2a0",
            "42 000000 000004 03 00000000 0026c2a0",
            "02 000000 000006 04 00000000 0003 00a3b1c4",
            "02 000000 000004 05 00000000 00000000",
            "03 000000 00001e 14 00000000 02 0008 6f6e5374617475ff 00 0000000000000000 05",
            "06 0012ab 001002 09 01000000 47 01 000000",
            "06 0012ab 001002 09 00000001 17 01 000000",
        ] {
            assert_ne!(Exchange::tcp(8935).server(hex(chunk)).name(), "RTMP", "{chunk}");
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for other in [handshake(4, 0, 1), handshake(3, 9, 1)] {
            assert_eq!(Exchange::tcp(8935).client(other).verdict_of::<Rtmp>(), Verdict::Excluded);
        }
    }
}

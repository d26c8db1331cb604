//! RTMP: Real-Time Messaging Protocol (Adobe, RTMP 1.0, section 5.2). A version, then 1536 bytes, of which the second word is zero.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Section 5.2.3: the chunks that follow the version.
const CHUNK: usize = 1536;

pub(super) struct Rtmp;

impl Dissector for Rtmp {
    const META: Meta = Meta::tcp(labels::RTMP)
        .ports(&[1935])
        .starts_with(&[&[0x03], &[0x06]])
        .specification("Adobe, RTMP 1.0, section 5.2");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_handshake(segment))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

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
    fn refuses_its_neighbours() {
        for other in [handshake(4, 0, 1), handshake(3, 9, 1)] {
            assert_eq!(Exchange::tcp(8935).client(other).verdict_of::<Rtmp>(), Verdict::Excluded);
        }
    }
}

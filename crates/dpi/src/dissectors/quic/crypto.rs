//! The frames of Initial packets (RFC 9000, section 19), and the handshake message that CRYPTO frames carry in pieces.

use std::ops::Range;

use super::header::variable;
use crate::dissect::{Reader, Short};

/// Greatest length of a handshake message that is reassembled.
const LONGEST_MESSAGE: usize = 1 << 14;
/// Greatest number of its pieces with gaps in between.
const MOST_PIECES: usize = 64;

const CLIENT_HELLO: u8 = 1;

/// The beginning of what a client's CRYPTO frames carry.
#[derive(Default)]
pub(super) struct Stream {
    bytes: Vec<u8>,
    /// The received pieces, in order, with gaps in between.
    pieces: Vec<Range<usize>>,
}

/// The available part of a handshake message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// The body of a client hello.
    Whole(&'a [u8]),
    /// The beginning of one.
    Part(&'a [u8]),
    /// It is something else.
    Other,
}

impl Stream {
    /// Bytes of memory besides the struct itself.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.pieces.capacity() * size_of::<Range<usize>>()
    }

    /// Takes in the CRYPTO frames among these, up to the first frame that does not belong there.
    pub(super) fn read_frames(&mut self, frames: &[u8], google: bool) -> Result<(), Short> {
        let mut reader = Reader::new(frames);
        while !reader.is_empty() {
            match (variable(&mut reader)?, google) {
                (0x00 | 0x01, _) | (0x07, true) => {}
                (kind @ (0x02 | 0x03), false) => skip_ack(&mut reader, kind == 0x03)?,
                (0x06, false) | (0x08, true) => {
                    let offset = variable(&mut reader)?;
                    self.put(offset, take(&mut reader)?);
                }
                (0x1c, false) => {
                    variable(&mut reader)?;
                    variable(&mut reader)?;
                    take(&mut reader)?;
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    fn put(&mut self, offset: u64, data: &[u8]) {
        let start = usize::try_from(offset).unwrap_or(LONGEST_MESSAGE);
        let end = start.saturating_add(data.len());
        if end > LONGEST_MESSAGE || self.pieces.len() == MOST_PIECES || data.is_empty() {
            return;
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        if let Some(place) = self.bytes.get_mut(start..end) {
            place.copy_from_slice(data);
        }
        let mut joined = start..end;
        self.pieces.retain(|piece| {
            let touches = piece.start <= joined.end && joined.start <= piece.end;
            if touches {
                joined = piece.start.min(joined.start)..piece.end.max(joined.end);
            }
            !touches
        });
        let at = self.pieces.partition_point(|piece| piece.start < joined.start);
        self.pieces.insert(at, joined);
    }

    /// The beginning of the stream.
    pub(super) fn message(&self) -> Message<'_> {
        let end = self.pieces.first().filter(|piece| piece.start == 0).map_or(0, |piece| piece.end);
        let mut reader = Reader::new(self.bytes.get(..end).unwrap_or_default());
        if reader.rest().first().is_some_and(|kind| *kind != CLIENT_HELLO) {
            return Message::Other;
        }
        let Ok(head) = reader.u32() else { return Message::Part(&[]) };
        let length = head as usize & 0x00ff_ffff;
        match reader.rest().get(..length) {
            Some(body) => Message::Whole(body),
            None => Message::Part(reader.rest()),
        }
    }
}

fn take<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Short> {
    let length = variable(reader)?;
    reader.take(usize::try_from(length).map_err(|_| Short)?)
}

/// Section 19.3.
fn skip_ack(reader: &mut Reader<'_>, has_ecn_counts: bool) -> Result<(), Short> {
    variable(reader)?;
    variable(reader)?;
    let ranges = variable(reader)?;
    variable(reader)?;
    for _ in 0..ranges {
        variable(reader)?;
        variable(reader)?;
    }
    for _ in 0..if has_ecn_counts { 3 } else { 0 } {
        variable(reader)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    #[test]
    fn pieces_in_any_order_make_the_message() {
        let mut stream = Stream::default();
        // PING, PADDING, ACK of one range more, CRYPTO of the middle.
        assert_eq!(stream.read_frames(&hex("01 0000 02 05 00 01 00 0001 06 03 02 05aa"), false), Ok(()));
        assert_eq!(stream.message(), Message::Part(&[]));
        assert_eq!(stream.read_frames(&hex("06 07 02 ddee 06 04 03 aabbcc"), false), Ok(()));
        assert_eq!(stream.message(), Message::Part(&[]));
        assert_eq!(stream.read_frames(&hex("06 00 02 0100"), false), Ok(()));
        assert_eq!(stream.message(), Message::Part(&[]));
        assert_eq!(stream.read_frames(&hex("06 02 02 0005"), false), Ok(()));
        assert_eq!(stream.message(), Message::Whole(&hex("aabbccddee")));
        assert_eq!(stream.pieces, std::slice::from_ref(&(0..9)));
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let mut stream = Stream::default();
        for offset in (0..1000).map(|piece| piece * 2) {
            stream.put(offset, &[1]);
        }
        stream.put(u64::MAX, &[1]);
        stream.put(1 << 14, &[1]);
        assert_eq!((stream.pieces.len(), stream.bytes.len()), (MOST_PIECES, 127));
    }
}

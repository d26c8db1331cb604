//! [`Block`]: one buffer of bytes and the frames in it.

use std::fmt;

use crate::piece::Piece;
#[cfg(target_os = "linux")]
use crate::tpacket::RingBlock;
use crate::{Frame, Timestamp};

/// One buffer of bytes and the frames in it.
///
/// A block owns its memory, so it can be sent to another thread. Filling it again allocates nothing. In a live capture, the
/// memory is a part of the ring that the kernel fills, and goes back to the ring when the block is cleared or dropped.
#[derive(Default)]
pub struct Block {
    /// Empty until it is needed, then [`Block::CAPACITY`] bytes.
    own: Vec<u8>,
    /// The ring memory that holds the bytes, if they are not in the block's own buffer.
    #[cfg(target_os = "linux")]
    ring: Option<RingBlock>,
    index: Vec<Entry>,
    piece: Option<Piece>,
}

/// The place of a frame in the bytes, and the capture's data about it.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) time: Timestamp,
    pub(crate) offset: u32,
    pub(crate) captured: u32,
    pub(crate) wire_len: u32,
    pub(crate) link_type: u16,
}

impl Block {
    /// Number of bytes that a block holds: 1 MiB. A smaller block costs more system calls, a larger one does not fit in a core's
    /// cache.
    pub const CAPACITY: usize = 1 << 20;

    /// Number of frames that a block holds: as many records of a pcap file as fit if none has a packet byte.
    pub const MOST_FRAMES: usize = Self::CAPACITY / 16;

    /// Number of frames.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether the block has no frames.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The frame at a position, in the order of the capture.
    #[must_use]
    pub fn frame(&self, index: usize) -> Option<Frame<'_>> {
        self.index.get(index).map(|entry| self.resolve(*entry))
    }

    /// All frames in the order of the capture.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Frame<'_>> + DoubleEndedIterator + '_ {
        self.index.iter().map(|entry| self.resolve(*entry))
    }

    /// Removes the frames and keeps the memory, unless it is the kernel's.
    pub fn clear(&mut self) {
        self.index.clear();
        #[cfg(target_os = "linux")]
        {
            self.ring = None;
        }
    }

    /// Holds a part of a ring, with the frames that the index lists.
    #[cfg(target_os = "linux")]
    pub(crate) fn hold(&mut self, mut ring: RingBlock, list: impl FnOnce(&mut RingBlock, &mut Vec<Entry>)) {
        self.clear();
        list(&mut ring, &mut self.index);
        self.ring = Some(ring);
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        #[cfg(target_os = "linux")]
        if let Some(ring) = &self.ring {
            return ring.bytes();
        }
        &self.own
    }

    /// Sets the time of the frame at a position, if there is one.
    pub fn set_time(&mut self, index: usize, time: Timestamp) {
        if let Some(entry) = self.index.get_mut(index) {
            entry.time = time;
        }
    }

    /// Keeps only the wanted frames.
    pub fn retain(&mut self, mut wanted: impl FnMut(Frame<'_>) -> bool) {
        let mut index = std::mem::take(&mut self.index);
        index.retain(|entry| wanted(self.resolve(*entry)));
        self.index = index;
    }

    /// Adds a copy of a frame, for a [`Source`](crate::Source) that has frames one by one. Returns false if the block is full:
    /// the frame is then not added. A frame longer than [`Block::CAPACITY`] never fits, and no frame can be added to those of a
    /// live capture.
    #[must_use]
    pub fn push(&mut self, frame: Frame<'_>) -> bool {
        #[cfg(target_os = "linux")]
        if self.ring.is_some() {
            if !self.is_empty() {
                return false;
            }
            self.ring = None;
        }
        let start = self.index.last().map_or(0, |last| last.offset as usize + last.captured as usize);
        let end = start.saturating_add(frame.bytes.len());
        if self.len() >= Self::MOST_FRAMES || end > Self::CAPACITY {
            return false;
        }
        let (buffer, index) = self.parts();
        let Some(place) = buffer.get_mut(start..end) else { return false };
        place.copy_from_slice(frame.bytes);
        index.push(Entry {
            time: frame.time,
            offset: start as u32,
            captured: frame.bytes.len() as u32,
            wire_len: frame.wire_len,
            link_type: frame.link_type,
        });
        true
    }

    /// The whole buffer of the block, [`Block::CAPACITY`] bytes, and the index to fill. A part of a ring goes back to the ring.
    pub(crate) fn parts(&mut self) -> (&mut [u8], &mut Vec<Entry>) {
        #[cfg(target_os = "linux")]
        if self.ring.is_some() {
            self.clear();
        }
        if self.own.is_empty() {
            self.own = vec![0; Self::CAPACITY];
        }
        (&mut self.own, &mut self.index)
    }

    pub(crate) fn put_piece(&mut self, piece: Piece) {
        self.index.clear();
        self.piece = Some(piece);
    }

    /// Takes the piece of a file that was read into the buffer. It can be taken only once.
    pub(crate) fn take_piece(&mut self) -> Option<Piece> {
        self.piece.take()
    }

    #[inline]
    fn resolve(&self, entry: Entry) -> Frame<'_> {
        let start = entry.offset as usize;
        let bytes = self.bytes().get(start..start + entry.captured as usize);
        Frame {
            time: entry.time,
            wire_len: entry.wire_len,
            link_type: entry.link_type,
            // An entry is made only for bytes that exist.
            bytes: bytes.unwrap_or_default(),
        }
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.frames()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushed_frames_come_back_until_the_block_is_full() {
        let long = vec![7; Block::CAPACITY - 3];
        let frame =
            |seconds, bytes| Frame { time: Timestamp::new(seconds, 0), wire_len: 9000, link_type: 1, bytes };
        let frames = [frame(5, &[1, 2, 3]), frame(4, &long), frame(6, &[])];
        let mut block = Block::default();
        for _ in 0..2 {
            block.clear();
            assert_eq!(frames.map(|frame| block.push(frame)), [true; 3]);
            assert!(!block.push(frame(7, &[1])));
            assert_eq!(block.frames().collect::<Vec<_>>(), frames);
            assert_eq!((block.len(), block.frame(1), block.frame(3)), (3, Some(frames[1]), None));
        }
    }
}

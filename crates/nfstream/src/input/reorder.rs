//! Sorts frames by time, within a window.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use nfstream_capture::{Block, Frame, Timestamp};

use super::counting::Counting;

/// The most blocks that frames wait in, 256 MiB. When there is no more room, the earliest frame leaves before its turn.
const MOST_BLOCKS: usize = 256;

/// Holds every frame back until a packet that is at least `window` later was read. Frames leave in the order of time; those of one
/// time, in the order of the capture. A frame that is later than the window allows leaves at once. Frames that do not count move
/// with the others, but tell no time.
pub(crate) struct Sorter {
    window: u128,
    counting: Counting,
    /// Time of the newest packet read.
    newest: u128,
    /// Frames that wait, by time and number.
    waiting: BinaryHeap<Reverse<(Timestamp, u64, Place)>>,
    /// Number of frames so far.
    frames: u64,
    /// The blocks that they wait in; those that are free; the one that is being filled.
    blocks: Vec<Held>,
    free: Vec<usize>,
    filling: usize,
    /// The frames that were read last, and how many of them were taken in.
    read: Block,
    taken: usize,
    /// Number of frames that left before their turn.
    cut: u64,
}

/// Block and index of a frame.
type Place = (usize, usize);

#[derive(Default)]
struct Held {
    block: Block,
    /// Number of its frames that still wait.
    waiting: usize,
}

impl Sorter {
    /// A sorter, unless the window is 0.
    pub(crate) fn within(window: Duration, counting: Counting) -> Option<Self> {
        (!window.is_zero()).then(|| Self {
            window: window.as_nanos(),
            counting,
            newest: 0,
            waiting: BinaryHeap::new(),
            frames: 0,
            blocks: vec![Held::default()],
            free: Vec::new(),
            filling: 0,
            read: Block::default(),
            taken: 0,
            cut: 0,
        })
    }

    /// Whether there is more to give out before another block is passed.
    pub(crate) fn is_busy(&self) -> bool {
        self.taken < self.read.len() || self.is_due(false)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.taken == self.read.len() && self.waiting.is_empty()
    }

    /// Number of frames that left before their turn since this was last asked, for want of room.
    pub(crate) fn take_cut(&mut self) -> u64 {
        std::mem::take(&mut self.cut)
    }

    /// Takes the frames of a block in, and fills it with frames whose turn it is, as many as fit. At the end of the input, it is
    /// everybody's turn. No block with frames may be passed while the sorter [is busy](Self::is_busy).
    pub(crate) fn pass(&mut self, block: &mut Block, at_end: bool) {
        if !block.is_empty() {
            std::mem::swap(block, &mut self.read);
            self.taken = 0;
        }
        block.clear();
        loop {
            while self.is_due(at_end) {
                if !self.give(block) {
                    return;
                }
            }
            if self.taken == self.read.len() {
                return;
            }
            self.take();
        }
    }

    /// Whether it is the turn of the earliest frame.
    fn is_due(&self, at_end: bool) -> bool {
        let Some(Reverse((time, ..))) = self.waiting.peek() else { return false };
        let is_over = at_end && self.taken == self.read.len();
        is_over || self.is_full() || time.nanoseconds().saturating_add(self.window) <= self.newest
    }

    fn is_full(&self) -> bool {
        self.blocks.len() - self.free.len() > MOST_BLOCKS
    }

    /// Takes in the next frame that was read.
    fn take(&mut self) {
        let number = self.taken;
        self.taken += 1;
        let Some(frame) = self.read.frame(number) else { return };
        let newest = frame.time.nanoseconds();
        if newest > self.newest && self.counting.counts(&frame) {
            self.newest = newest;
        }
        if !hold(&mut self.blocks[self.filling], frame) {
            self.filling = self.free.pop().unwrap_or_else(|| {
                self.blocks.push(Held::default());
                self.blocks.len() - 1
            });
            // A frame fits in an empty block.
            hold(&mut self.blocks[self.filling], frame);
        }
        let index = self.blocks[self.filling].block.len() - 1;
        self.waiting.push(Reverse((frame.time, self.frames, (self.filling, index))));
        self.frames += 1;
    }

    /// Gives the earliest frame out, if the block has room for it.
    fn give(&mut self, block: &mut Block) -> bool {
        let Some(&Reverse((time, _, (held, index)))) = self.waiting.peek() else { return false };
        let is_cut = self.is_full() && time.nanoseconds().saturating_add(self.window) > self.newest;
        let Held { block: from, waiting } = &mut self.blocks[held];
        if from.frame(index).is_some_and(|frame| !block.push(frame)) {
            return false;
        }
        self.waiting.pop();
        self.cut += u64::from(is_cut);
        *waiting -= 1;
        if *waiting == 0 {
            from.clear();
            if held != self.filling {
                self.free.push(held);
            }
        }
        true
    }
}

fn hold(held: &mut Held, frame: Frame<'_>) -> bool {
    let has_room = held.block.push(frame);
    held.waiting += usize::from(has_room);
    has_room
}

//! Puts packets right whose clock ran ahead.

use std::collections::VecDeque;

use nfstream_capture::{Block, Timestamp};

use super::counting::Counting;
use crate::lane::JUMP_MS;
use crate::status::ClockSteps;

/// The most packets after one that are its neighbours, and the most frames that these are looked for in.
const NEIGHBOURS: usize = 4;
const FRAMES: usize = 64;

/// Gives a packet the time of the packet before it if it is more than an hour ahead of that packet and of one of the [`NEIGHBOURS`]
/// packets after it, which are looked for in the [`FRAMES`] frames after it. So up to as many packets in a row are put right. The first
/// packet of the input has no packet before it: it takes the time of the one after it. The last packets of the input keep their time:
/// nothing shows that the clock ran ahead.
///
/// Blocks wait here until the packets after their last are known, which is rarely needed.
pub(crate) struct Mender {
    counting: Counting,
    /// Time of the last packet that was looked at.
    last: Option<Timestamp>,
    /// Blocks that wait, oldest first; empty blocks to put in the place of others.
    waiting: VecDeque<Block>,
    spare: Vec<Block>,
    /// Number of frames of the oldest block that are done with.
    done: usize,
    /// Number of frames before that block.
    frames: u64,
    mended: ClockSteps,
}

impl Mender {
    pub(crate) fn new(counting: Counting) -> Self {
        Self {
            counting,
            last: None,
            waiting: VecDeque::new(),
            spare: Vec::new(),
            done: 0,
            frames: 0,
            mended: ClockSteps::default(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The packets that were put right since this was last asked, by how far they were ahead.
    pub(crate) fn take_mended(&mut self) -> ClockSteps {
        std::mem::take(&mut self.mended)
    }

    /// Takes a block in, and puts in its place the oldest block whose packets are all right, or an empty one. No more is waited for
    /// at the end.
    pub(crate) fn pass(&mut self, block: &mut Block, at_end: bool) {
        if self.waiting.is_empty() && (block.is_empty() || self.is_calm(block)) {
            self.note_last(block, block.len());
            self.frames += block.len() as u64;
            return;
        }
        if !block.is_empty() {
            let spare = self.spare.pop().unwrap_or_default();
            self.waiting.push_back(std::mem::replace(block, spare));
        }
        if self.finish_oldest(at_end)
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.frames += oldest.len() as u64;
            self.done = 0;
            self.spare.push(std::mem::replace(block, oldest));
        }
    }

    /// Whether no packet of a block can be more than an hour ahead of another.
    fn is_calm(&self, block: &Block) -> bool {
        let Some(last) = self.last else { return false };
        let (mut earliest_ms, mut latest_ms) = (last.milliseconds(), last.milliseconds());
        for frame in block.frames() {
            let time_ms = frame.time.milliseconds();
            (earliest_ms, latest_ms) = (earliest_ms.min(time_ms), latest_ms.max(time_ms));
        }
        latest_ms - earliest_ms <= JUMP_MS
    }

    /// Notes the time of the last packet among the first frames of a block.
    fn note_last(&mut self, block: &Block, frames: usize) {
        let mut packets = block.frames().take(frames).rev().filter(|frame| self.counting.counts(frame));
        if let Some(packet) = packets.next() {
            self.last = Some(packet.time);
        }
    }

    /// Looks at the packets of the oldest block. Returns false if more frames are needed.
    fn finish_oldest(&mut self, at_end: bool) -> bool {
        let Some(mut oldest) = self.waiting.pop_front() else { return false };
        if self.done == 0 && oldest.len() > FRAMES && goes_forward(&oldest) {
            // Nothing that is earlier follows the frames before these within reach.
            self.done = oldest.len() - FRAMES;
            self.note_last(&oldest, self.done);
        }
        let mut is_finished = true;
        while let Some(frame) = oldest.frame(self.done) {
            let time = frame.time;
            let is_suspect = self.last.is_none_or(|last| is_ahead(time, last));
            if self.counting.counts(&frame) {
                let earlier = if is_suspect { self.earlier_than(time, &oldest) } else { Seen::None };
                match earlier {
                    Seen::Unknown if !at_end => {
                        is_finished = false;
                        break;
                    }
                    Seen::Earlier(earlier) => {
                        let mended = self.last.unwrap_or(earlier);
                        self.mended.add(mended, time, self.frames + self.done as u64 + 1);
                        oldest.set_time(self.done, mended);
                        self.last = Some(mended);
                    }
                    Seen::None | Seen::Unknown => self.last = Some(time),
                }
            }
            self.done += 1;
        }
        self.waiting.push_front(oldest);
        is_finished
    }

    /// Looks for a packet after the current one that is more than an hour earlier.
    fn earlier_than(&self, time: Timestamp, oldest: &Block) -> Seen {
        let later = self.waiting.iter().flat_map(|block| block.frames().take(FRAMES));
        let mut neighbours = 0;
        let mut seen = 0;
        for frame in oldest.frames().skip(self.done + 1).chain(later).take(FRAMES) {
            seen += 1;
            if !self.counting.counts(&frame) {
                continue;
            }
            if is_ahead(time, frame.time) {
                return Seen::Earlier(frame.time);
            }
            neighbours += 1;
            if neighbours == NEIGHBOURS {
                return Seen::None;
            }
        }
        if seen == FRAMES { Seen::None } else { Seen::Unknown }
    }
}

/// Whether one of the packets after a packet is more than an hour earlier.
enum Seen {
    Earlier(Timestamp),
    None,
    /// It is too early to say.
    Unknown,
}

fn is_ahead(time: Timestamp, of: Timestamp) -> bool {
    time.milliseconds().saturating_sub(of.milliseconds()) > JUMP_MS
}

fn goes_forward(block: &Block) -> bool {
    block.frames().map(|frame| frame.time).is_sorted()
}

//! What crosses from stage to stage: a lane has the decoded packets of one block that belong to one meter.

use std::sync::Arc;

use nfstream_capture::{Block, Timestamp};
use nfstream_decode::Headers;

/// A decoded packet on its way to a meter; its bytes are in the block beside it.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) headers: Headers,
    pub(crate) time: Timestamp,
    pub(crate) hash: u64,
    /// Which frame of the block.
    pub(crate) frame: u32,
    pub(crate) raw_size: u32,
}

/// Where a block stands in the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Position of its first frame; `None` where blocks come from several rings, and only time says which packet came first.
    pub(crate) first_frame: Option<u64>,
    /// Time of the packet before it, if there was one.
    pub(crate) last: Option<Timestamp>,
    /// Time of the newest packet before it.
    pub(crate) before: Timestamp,
    /// Time of the newest packet up to its end: what it is now, for every meter. Frames that do not count say nothing of it.
    pub(crate) now: Timestamp,
    /// Its frames follow the packet before it, and each other, in time and within an hour.
    pub(crate) is_orderly: bool,
    /// Nothing was read: the input is silent as yet.
    pub(crate) silent: bool,
}

impl Place {
    /// The position of a packet in the order of the input: its number, or of live capture its time in nanoseconds.
    #[inline]
    pub(crate) fn position(&self, arrival: &Arrival) -> u64 {
        match self.first_frame {
            Some(first_frame) => first_frame + u64::from(arrival.frame),
            None => arrival.time.nanoseconds() as u64,
        }
    }
}

/// A packet that comes this much later than the one before is worth a word.
pub(crate) const JUMP_MS: u64 = 60 * 60 * 1000;

/// A block, and the packets in it that are one worker's.
pub(crate) struct Lane {
    pub(crate) block: Arc<Block>,
    pub(crate) place: Place,
    pub(crate) arrivals: Vec<Arrival>,
}

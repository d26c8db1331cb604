//! Lanes, which pass from stage to stage: a lane has the decoded packets of one block that belong to one meter.

use std::sync::Arc;

use nfstream_capture::{Block, Timestamp};
use nfstream_decode::Headers;

/// A decoded packet on its way to a meter; its bytes are in the block that comes with it.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) headers: Headers,
    pub(crate) time: Timestamp,
    pub(crate) hash: u64,
    /// Index of the frame in the block.
    pub(crate) frame: u32,
    pub(crate) raw_size: u32,
}

/// The place of a block in the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Position of the block's first frame. `None` if blocks come from several rings; then only time says which packet came
    /// first.
    pub(crate) first_frame: Option<u64>,
    /// Time of the packet before it, if there was one.
    pub(crate) last: Option<Timestamp>,
    /// Time of the newest packet before it.
    pub(crate) before: Timestamp,
    /// Time of the newest packet up to the end of the block: the current time for every meter. Frames that do not count do
    /// not affect it.
    pub(crate) now: Timestamp,
    /// Whether the block's frames follow the packet before the block, and each other, in time and within an hour.
    pub(crate) is_orderly: bool,
    /// Whether nothing was read, because the input is silent so far.
    pub(crate) silent: bool,
}

impl Place {
    /// The position of a packet in the order of the input: its number or, for live capture, its time in nanoseconds.
    #[inline]
    pub(crate) fn position(&self, arrival: &Arrival) -> u64 {
        match self.first_frame {
            Some(first_frame) => first_frame + u64::from(arrival.frame),
            None => arrival.time.nanoseconds() as u64,
        }
    }
}

/// A packet that is this much later than the one before is worth reporting.
pub(crate) const JUMP_MS: u64 = 60 * 60 * 1000;

/// A block, and the packets in it that belong to one worker.
pub(crate) struct Lane {
    pub(crate) block: Arc<Block>,
    pub(crate) place: Place,
    pub(crate) arrivals: Vec<Arrival>,
}

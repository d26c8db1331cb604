//! When flows end: moments put records in an order that depends on the input alone.

use crate::features::Taught;
use crate::record::Record;

/// When a flow ended, for an order that depends on the input alone: by time; then by the packet that ended it, or for
/// an idle flow that began it; a packet ends the old flow before the one that it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(super) time_ms: u64,
    pub(super) packet: u64,
    pub(super) cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    Lesson,
    ActiveTimeout,
    OutOfRoom,
    Plugin,
    IdleTimeout,
    EndOfInput,
}

impl Moment {
    /// When a lesson was learnt: flows that end at the same packet know it.
    pub(crate) fn of(taught: &Taught) -> Self {
        Self { time_ms: taught.time_ms, packet: taught.lesson.position, cause: Cause::Lesson }
    }
}

/// A record, when its flow ended, and in which slot it was.
pub(crate) struct Ended {
    pub(crate) moment: Moment,
    pub(crate) slot: u32,
    pub(crate) record: Record,
}

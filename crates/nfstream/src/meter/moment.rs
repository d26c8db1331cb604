//! Moments when flows end. They put records in an order that depends on the input alone.

use crate::features::Taught;
use crate::flow::{ExpirationReason, OUT_OF_ROOM};
use crate::record::Record;

/// When a flow ended, in an order that depends on the input alone: by time, then by packet. The packet is the one
/// that ended the flow or, for an idle flow, the one that began it. A packet ends the old flow before the flow that
/// it begins. A fragment that was held counts when another packet arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(super) time_ms: u64,
    /// The newest fragment, if the packet is a fragment; else the packet.
    pub(super) arrival: u64,
    pub(super) packet: u64,
    pub(super) cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    Lesson,
    Slice,
    ActiveTimeout,
    PortReuse,
    OutOfRoom,
    Plugin,
    IdleTimeout,
    Close,
    Reset,
    EndOfInput,
}

impl Cause {
    pub(super) fn reason(self) -> ExpirationReason {
        match self {
            Self::IdleTimeout => ExpirationReason::Idle,
            Self::ActiveTimeout => ExpirationReason::Active,
            Self::Slice => ExpirationReason::Slice,
            Self::PortReuse => ExpirationReason::PortReuse,
            Self::OutOfRoom => ExpirationReason::Resource,
            Self::Plugin => ExpirationReason::Plugin,
            Self::Close => ExpirationReason::Close,
            Self::Reset => ExpirationReason::Reset,
            // A lesson ends no flow.
            Self::EndOfInput | Self::Lesson => ExpirationReason::EndOfInput,
        }
    }

    /// The column `expiration_id`. A plugin chooses its own.
    pub(super) fn expiration_id(self) -> i32 {
        match self {
            Self::ActiveTimeout | Self::Slice => 1,
            Self::OutOfRoom => OUT_OF_ROOM,
            _ => 0,
        }
    }
}

impl Moment {
    pub(super) fn new(time_ms: u64, packet: u64, cause: Cause) -> Self {
        Self { time_ms, arrival: packet, packet, cause }
    }

    /// The moment when a lesson was learnt. Flows that end at the same packet know the lesson.
    pub(crate) fn of(taught: &Taught) -> Self {
        Self::new(taught.time_ms, taught.lesson.position, Cause::Lesson)
    }
}

/// A record, with the moment when its flow ended and the slot of the flow.
pub(crate) struct Ended {
    pub(crate) moment: Moment,
    pub(crate) slot: u32,
    pub(crate) record: Record,
}

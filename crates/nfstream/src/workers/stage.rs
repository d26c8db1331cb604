//! The stage of a worker: a meter, or the inspection of packets ahead of one.

use super::recycler::Recycler;
use crate::lane::Lane;

/// The work that a worker does with its lanes.
pub(crate) trait Stage: Send + 'static {
    type Answer: Send;

    /// Takes a lane. `ends_turn` is true if the lane ends a turn: a turn is as many blocks as there are workers, or
    /// fewer, up to a block for which the input was silent. The stage may answer then, and only then. If it answers,
    /// all stages do.
    fn take(&mut self, lane: Lane, ends_turn: bool, recycler: &Recycler) -> Option<Self::Answer>;

    /// Whether an answer should not wait until it is due.
    fn owes_much(&self) -> bool {
        false
    }

    /// Number of flows that are alive, as far as this stage knows.
    fn active_flows(&self) -> usize {
        0
    }

    /// Number of IP fragments that this stage has counted. Every stage gets every fragment.
    fn fragments(&self) -> u64 {
        0
    }

    /// Gives the remaining answers when the input is over.
    fn finish(self) -> impl Iterator<Item = Self::Answer>;
}

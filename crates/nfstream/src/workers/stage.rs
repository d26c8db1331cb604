//! The stage behind a worker: a meter, or what inspects packets ahead of one.

use super::recycler::Recycler;
use crate::lane::Lane;

/// What a worker does with its lanes.
pub(crate) trait Stage: Send + 'static {
    type Answer: Send;

    /// Takes a lane; `ends_turn` when it ends a turn: so many blocks as there are workers, or up to one for which
    /// the input was silent. May answer then, and only then. If it answers, all stages do.
    fn take(&mut self, lane: Lane, ends_turn: bool, recycler: &Recycler) -> Option<Self::Answer>;

    /// Whether an answer should not wait until it is due.
    fn owes_much(&self) -> bool {
        false
    }

    /// How many flows are alive, as far as this stage knows.
    fn active_flows(&self) -> usize {
        0
    }

    /// The input is over: what there is to answer yet.
    fn finish(self) -> impl Iterator<Item = Self::Answer>;
}

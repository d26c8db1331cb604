//! Counts of what happened to flows, whether or not the parameters made something of it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts that all meters of a run share. Each is added to seldom.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// TCP connections that began on the addresses and ports of an earlier one in the same flow.
    pub(crate) reused_ports: Count,
    /// Flows whose first packet was an answer.
    pub(crate) answers_first: Count,
}

/// A counter.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

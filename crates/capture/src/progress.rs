//! [`Progress`]: the progress of reading captures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The progress of reading [`Captures`](crate::Captures). Clones show the same progress, also on other threads. The default is the progress
/// of an input without an end.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    read: Arc<AtomicU64>,
    total: Option<u64>,
}

impl Progress {
    pub(crate) fn of(total: Option<u64>) -> Self {
        Self { read: Arc::default(), total }
    }

    /// The counter of bytes that are read.
    pub(crate) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// Number of bytes of the inputs read so far, as they are in the files: before decompression.
    #[must_use]
    pub fn read_bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Number of bytes of all inputs together when they were opened; known if all are regular files.
    #[must_use]
    pub fn total_bytes(&self) -> Option<u64> {
        self.total
    }
}

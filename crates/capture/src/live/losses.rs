//! [`Losses`]: frames that were never read.

/// Frames that were lost, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Number of frames that had no room to wait: the reader is too slow.
    pub kernel: u64,
    /// Number of frames for which the interface had no room, or that the kernel had no time to take
    /// from there.
    pub interface: u64,
}

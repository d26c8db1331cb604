//! [`Losses`]: frames that never came to be read.

/// Frames that were lost, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// There was no room for them to wait: whoever reads them is too slow.
    pub kernel: u64,
    /// The interface had no room, or the kernel no time to take them from there.
    pub interface: u64,
}

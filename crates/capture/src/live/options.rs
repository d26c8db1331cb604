//! The options of a capture from an interface.

/// The options of a live capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveOptions {
    /// Whether the interface takes in frames that are addressed to others.
    pub promiscuous: bool,
    /// Number of bytes of a frame that are captured; the rest is only counted.
    pub snapshot_length: u32,
    /// Receive buffer per ring in bytes; 0 chooses automatically.
    pub buffer_size: usize,
    /// The filter for the wanted frames, in the language of pcap-filter(7); all frames, if it is empty.
    pub filter: String,
    /// The source of time stamps.
    pub stamps: Stamps,
}

/// Memory for waiting frames: of each ring, and of all rings of a run together.
const RING_SIZE: usize = 32 << 20;
const RINGS_SIZE: usize = 256 << 20;

impl LiveOptions {
    /// Number of bytes of memory for waiting frames in each of `count` rings.
    #[must_use]
    pub fn ring_size(&self, count: usize) -> usize {
        match self.buffer_size {
            0 => (RINGS_SIZE / count.max(1)).min(RING_SIZE),
            size => size,
        }
    }
}

/// The source of time stamps. The stamps have nanoseconds with either source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamps {
    /// The kernel, when it takes the frame from the driver.
    #[default]
    Kernel,
    /// The interface itself, when the frame comes off the wire. Its clock has to be kept in step with the system's, as
    /// phc2sys(8) does.
    Hardware,
}

//! How an interface is captured from.

/// What a live capture is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveOptions {
    /// Whether the interface takes in frames that are addressed to others.
    pub promiscuous: bool,
    /// How many bytes of a frame are captured; the rest is counted only.
    pub snapshot_length: u32,
    /// Receive buffer per ring in bytes; 0 chooses automatically.
    pub buffer_size: usize,
    /// Which frames are wanted, in the language of pcap-filter(7); all, if it is empty.
    pub filter: String,
    /// Who says when a frame came.
    pub stamps: Stamps,
}

/// Memory for frames that wait: of each ring, and of all rings of a run together.
const RING_SIZE: usize = 32 << 20;
const RINGS_SIZE: usize = 256 << 20;

impl LiveOptions {
    /// Bytes of memory for frames that wait, of each of so many rings.
    #[must_use]
    pub fn ring_size(&self, count: usize) -> usize {
        match self.buffer_size {
            0 => (RINGS_SIZE / count.max(1)).min(RING_SIZE),
            size => size,
        }
    }
}

/// Who says when a frame came. Either way it is told to the nanosecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamps {
    /// The kernel, when it takes the frame from the driver.
    #[default]
    Kernel,
    /// The interface itself, when the frame comes off the wire. Its clock has to be kept in step with the system's, as
    /// phc2sys(8) does.
    Hardware,
}

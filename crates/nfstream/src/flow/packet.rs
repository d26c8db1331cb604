//! A packet as features and plugins see it.

use nfstream_capture::Timestamp;
use nfstream_decode::Headers;

/// Direction of a packet in its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Direction {
    /// From the flow's source.
    SrcToDst = 0,
    /// Towards the flow's source.
    DstToSrc = 1,
}

impl Direction {
    /// The other direction.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::SrcToDst => Self::DstToSrc,
            Self::DstToSrc => Self::SrcToDst,
        }
    }
}

/// One packet that counts for a flow.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Time of capture; never before the time of an earlier packet of the run.
    pub time: Timestamp,
    /// Length on the wire in bytes, link header included, as the capture recorded it.
    pub raw_size: u32,
    /// Size in bytes by the run's accounting mode, which byte and size columns count.
    pub size: u32,
    /// Direction of the packet in its flow.
    pub direction: Direction,
    /// Milliseconds since the flow's previous packet; 0 for the first.
    pub piat_ms: u64,
    /// Milliseconds since the flow's previous packet in the same direction; `None` for the first in its direction.
    pub direction_piat_ms: Option<u64>,
    /// Headers, with sizes and offsets.
    pub headers: &'a Headers,
    /// The captured frame that the headers' offsets refer to.
    pub frame: &'a [u8],
    /// Position in the input, counting every frame from 0.
    pub(crate) position: u64,
}

impl<'a> Packet<'a> {
    /// The captured bytes from the IP header on.
    pub fn ip_packet(&self) -> &'a [u8] {
        self.frame.get(self.headers.ip_offset as usize..).unwrap_or_default()
    }

    /// The captured part of the transport payload.
    pub fn payload(&self) -> &'a [u8] {
        self.frame
            .get(self.headers.payload_offset as usize..self.headers.payload_end as usize)
            .unwrap_or_default()
    }
}

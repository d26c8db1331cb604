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

/// What a packet shows of the IP datagram that it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Datagram<'a> {
    /// The packet is the datagram.
    Whole,
    /// Nothing: the packet is a fragment, and another one shows the datagram.
    Pending,
    /// All of it: the packet is the fragment that completes the datagram, which has these headers.
    Complete(&'a Headers),
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
    /// The captured frame that the headers' offsets refer to. For the last fragment of a datagram to come, it holds the
    /// whole datagram, after the link header of the first fragment.
    pub frame: &'a [u8],
    /// What the packet shows of the datagram that it belongs to.
    pub(crate) datagram: Datagram<'a>,
    /// Position in the input, counting every frame from 0.
    pub(crate) position: u64,
}

impl<'a> Packet<'a> {
    /// The captured bytes from the IP header on.
    pub fn ip_packet(&self) -> &'a [u8] {
        self.frame.get(self.headers.ip_offset as usize..).unwrap_or_default()
    }

    /// The headers of the datagram that the packet shows, with its sizes, for what a whole datagram says. The packet's own
    /// headers have the sizes of the packet. `None` for a fragment that shows no datagram.
    pub(crate) fn whole(&self) -> Option<&'a Headers> {
        match self.datagram {
            Datagram::Whole => Some(self.headers),
            Datagram::Pending => None,
            Datagram::Complete(headers) => Some(headers),
        }
    }

    /// The captured part of the transport payload. IP fragments have none, but for the last one to come, which has that of
    /// the whole datagram.
    pub fn payload(&self) -> &'a [u8] {
        self.frame
            .get(self.headers.payload_offset as usize..self.headers.payload_end as usize)
            .unwrap_or_default()
    }
}

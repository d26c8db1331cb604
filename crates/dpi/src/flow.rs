//! The engine's view of a flow: its packets and its endpoints.

use std::net::SocketAddr;

/// A packet of a flow.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// IP protocol number (IANA).
    pub protocol: u8,
    /// Sender; port 0 unless TCP or UDP.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// Whether the sender is the flow's source.
    pub from_source: bool,
    /// TCP: sequence number.
    pub sequence: u32,
    /// TCP: whether the SYN flag is set.
    pub syn: bool,
    /// The captured part of the transport payload.
    pub payload: &'a [u8],
    /// Length of the transport payload on the wire.
    pub payload_size: usize,
    /// Position in the input. Lessons of the packet count for later packets.
    pub position: u64,
}

/// The source and the destination of a flow, and its IP protocol.
#[derive(Clone, Copy, Debug)]
pub struct Endpoints {
    /// IP protocol number (IANA).
    pub protocol: u8,
    /// Sender of the first packet.
    pub src: SocketAddr,
    /// Receiver of the first packet.
    pub dst: SocketAddr,
}

/// Whether more packets of a flow are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Further packets are worth showing.
    More,
    /// Nothing will change any more.
    Done,
}

/// The transport of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// RFC 9293.
    Tcp,
    /// RFC 768.
    Udp,
}

impl Transport {
    /// The transport of an IP protocol number (IANA), if it is one of them.
    pub(crate) fn of(protocol: u8) -> Option<Self> {
        match protocol {
            6 => Some(Self::Tcp),
            17 => Some(Self::Udp),
            _ => None,
        }
    }
}

//! [`UdpTunnel`]: an entry of the table of tunnels over UDP, with the function that reads the tunnel's header.
use crate::transport::udp;
use crate::{Ignored, LinkType};

use crate::pass::Pass;

/// A tunnel over UDP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UdpTunnel {
    pub(super) port: u16,
    /// Shortest payload, in bytes, that may belong to the tunnel.
    pub(super) fewest_bytes: usize,
    /// Reads the identifier of the tunnel in a payload that it opens.
    pub(crate) id: fn(payload: &[u8]) -> u32,
    /// Reads the header of the tunnel in a payload; returns `None` for a payload of another protocol on the same port.
    pub(crate) open: fn(payload: &[u8], pass: Pass) -> Result<Option<Content>, Ignored>,
}

/// The content of a tunnel. Offsets count from the start of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Content that is not read: the datagram itself counts, in the tunnel.
    Unread,
    /// An IP packet that counts, even if it carries IP or a tunnel itself.
    LastPacket(usize),
    /// An IP packet that may carry IP or a tunnel, after these headers.
    Packet { offset: usize, ethertype: u16, src_mac: [u8; 6], dst_mac: [u8; 6] },
    /// A frame of a link type; `None` stands for the link type of the capture.
    Frame { offset: usize, link: Option<LinkType> },
}

impl UdpTunnel {
    /// Whether a datagram may belong to the tunnel, by its ports.
    #[inline]
    pub(super) fn has_port_of(&self, header: &udp::Header<'_>) -> bool {
        header.has_port(self.port)
    }

    /// Whether a datagram may belong to the tunnel, by its ports and its length.
    #[inline]
    pub(super) fn fits(&self, header: &udp::Header<'_>, payload: &[u8]) -> bool {
        self.has_port_of(header) && payload.len() >= self.fewest_bytes
    }
}

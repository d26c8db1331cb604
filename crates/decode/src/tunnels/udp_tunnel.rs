//! [`UdpTunnel`]: a tunnel over UDP, as the table has it and its header file reads it.
use crate::transport::udp;
use crate::{Ignored, LinkType};

use crate::rules::Rules;

/// A tunnel over UDP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UdpTunnel {
    pub(super) port: u16,
    /// Fewest bytes of a payload that may be of the tunnel.
    pub(super) fewest_bytes: usize,
    /// Reads the header of the tunnel in a payload; `None` when it is another protocol's, on the same port.
    pub(crate) open: fn(payload: &[u8], rules: Rules) -> Result<Option<Content>, Ignored>,
}

/// What a tunnel carries. Offsets count from the start of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing that is read: the datagram itself counts, in the tunnel.
    Unread,
    /// An IP packet that counts, whatever it carries.
    LastPacket(usize),
    /// An IP packet that may carry IP or a tunnel, behind these headers.
    Packet { offset: usize, ethertype: u16, src_mac: [u8; 6], dst_mac: [u8; 6] },
    /// A frame of a link type; `None` stands for that of the capture.
    Frame { offset: usize, link: Option<LinkType> },
}

impl UdpTunnel {
    /// Whether a datagram may be of the tunnel, by its ports.
    #[inline]
    pub(super) fn has_port_of(&self, header: &udp::Header<'_>) -> bool {
        header.has_port(self.port)
    }

    /// Whether a datagram may be of the tunnel, by its ports and its length.
    #[inline]
    pub(super) fn fits(&self, header: &udp::Header<'_>, payload: &[u8]) -> bool {
        self.has_port_of(header) && payload.len() >= self.fewest_bytes
    }
}

//! [`Headers`]: the header fields of the packet that counts in a frame.
use crate::ip::fragmentation::Fragment;
use crate::ip::{ipv4, ipv6, protocol};
use crate::transport::tcp;
use crate::{Address, Tunnel};

/// Header fields of one packet that a flow needs.
///
/// Offsets count bytes from the start of the frame, and
/// `outer_ip_offset <= ip_offset <= transport_offset <= payload_offset <= payload_end <= frame.len()` always holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headers {
    /// Sender's address.
    pub src: Address,
    /// Receiver's address.
    pub dst: Address,
    /// Sender's MAC address; zeros when the link has none.
    pub src_mac: [u8; 6],
    /// Receiver's MAC address; zeros when the link has none.
    pub dst_mac: [u8; 6],
    /// Sender's TCP or UDP port, else 0.
    pub src_port: u16,
    /// Receiver's TCP or UDP port, else 0.
    pub dst_port: u16,
    /// Innermost VLAN id (12 bits), 0 without a tag.
    pub vlan_id: u16,
    /// 4 or 6.
    pub ip_version: u8,
    /// IP protocol number of the payload (IANA).
    pub protocol: u8,
    /// The innermost tunnel that carried the packet.
    pub tunnel: Tunnel,
    /// Number of tunnels that were entered to find the packet; 255 stands for more, too.
    pub tunnel_depth: u8,
    /// Which part of a datagram the packet is; of the packet that carries it if it is whole itself.
    pub fragment: Fragment,
    /// Whether a size was not taken from the length field of an IP header but from the frame, or from the jumbo
    /// payload option.
    pub is_length_mended: bool,
    /// Whether the packet carries another one in a tunnel that the reading leaves closed.
    pub carries_tunnel: bool,
    /// TCP flags octet (CWR 0x80 … FIN 0x01), 0 for other protocols.
    pub tcp_flags: u8,
    /// Identifier of the innermost tunnel, as [`Tunnel`] defines it; 0 if it has none.
    pub tunnel_id: u32,
    /// IPv4 total length, or IPv6 payload length + 40, in bytes.
    pub ip_size: u32,
    /// IP payload after the IP headers, in bytes; 0 unless TCP, UDP, ICMP or ICMPv6.
    pub transport_size: u32,
    /// `transport_size` less the transport header, in bytes; 0 unless TCP, UDP, ICMP or ICMPv6.
    pub payload_size: u32,
    /// Offset of the (innermost) IP header.
    pub ip_offset: u32,
    /// Offset of the IP header of the packet that carries the innermost tunnel; `ip_offset` if no IP packet does.
    pub outer_ip_offset: u32,
    /// Offset of the transport header.
    pub transport_offset: u32,
    /// Offset of the transport payload.
    pub payload_offset: u32,
    /// Offset of the end of the captured transport payload (never beyond the frame or the IP length).
    pub payload_end: u32,
}

impl Headers {
    /// Addresses and IP version of the packet that carries the innermost tunnel, read from `frame`, which must be the
    /// frame of these headers; `None` if no IP packet carries one.
    #[must_use]
    pub fn outer_addresses(&self, frame: &[u8]) -> Option<(Address, Address, u8)> {
        if self.outer_ip_offset == self.ip_offset {
            return None;
        }
        let packet = frame.get(self.outer_ip_offset as usize..)?;
        match packet.first()? >> 4 {
            4 => ipv4::Header::new(packet).map(|header| (header.source(), header.destination(), 4)),
            6 => ipv6::Header::new(packet).map(|header| (header.source(), header.destination(), 6)),
            _ => None,
        }
    }

    /// Time to live (IPv4) or hop limit (IPv6), read from `frame`, which must be the frame of these headers.
    #[inline]
    pub fn ttl(&self, frame: &[u8]) -> u8 {
        let offset = if self.ip_version == 4 { ipv4::TIME_TO_LIVE } else { ipv6::HOP_LIMIT };
        frame.get(self.ip_offset as usize + offset).copied().unwrap_or(0)
    }

    /// TCP window as it stands in the header, without scaling, read from `frame`, which must be the frame of these
    /// headers; 0 for other protocols, and if the window was not captured.
    #[inline]
    pub fn tcp_window(&self, frame: &[u8]) -> u16 {
        if self.protocol != protocol::TCP || self.transport_size == 0 {
            return 0;
        }
        let window = frame.get(self.transport_offset as usize + tcp::WINDOW..).and_then(<[u8]>::first_chunk);
        window.map_or(0, |&window| u16::from_be_bytes(window))
    }

    /// The headers of no packet.
    pub(crate) const EMPTY: Self = Self {
        src: Address([0; 16]),
        dst: Address([0; 16]),
        src_mac: [0; 6],
        dst_mac: [0; 6],
        src_port: 0,
        dst_port: 0,
        vlan_id: 0,
        ip_version: 0,
        protocol: 0,
        tunnel: Tunnel::None,
        tunnel_depth: 0,
        fragment: Fragment::Whole,
        is_length_mended: false,
        carries_tunnel: false,
        tcp_flags: 0,
        tunnel_id: 0,
        ip_size: 0,
        transport_size: 0,
        payload_size: 0,
        ip_offset: 0,
        outer_ip_offset: 0,
        transport_offset: 0,
        payload_offset: 0,
        payload_end: 0,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_small() {
        assert_eq!(size_of::<Headers>(), 96);
    }
}

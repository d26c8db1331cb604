//! Bytes to headers: link types, VLAN, MPLS, PPPoE, IP, tunnels, TCP, UDP, ICMP.
//!
//! [`decode`] reads one captured frame and says which packet in it counts for a flow, or why none does.
//! Nothing here allocates, does I/O or keeps state, and no frame, however malformed, makes it panic or loop.
//!
//! ```
//! use nfstream_decode::{Ignored, LinkType, decode};
//!
//! let arp = [0u8; 60];
//! assert_eq!(decode(LinkType::ETHERNET, &arp, true), Err(Ignored::NotIp));
//! ```
#![forbid(unsafe_code)]

mod capwap;
mod ethernet;
mod gtp_u;
mod icmp;
mod ieee80211;
mod ignored;
mod ipv4;
mod ipv6;
mod linux_cooked;
mod llc;
mod loopback;
mod mpls;
mod plain;
mod ppi;
mod ppp;
mod pppoe;
mod radiotap;
mod tcp;
mod tzsp;
mod udp;
mod udp_tunnel;
mod vlan;
mod walk;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use ignored::Ignored;
use walk::{Rules, Walk};

/// Most headers of one kind inside each other (VLAN tags, MPLS labels, IP in IP, extension headers, tunnels, …) that
/// are walked before a frame is given up; more than a frame of 1500 bytes can hold.
pub const MAX_HEADERS: u32 = 512;

/// A link-layer header type, by its value in the LINKTYPE registry of tcpdump.org.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback, `LINKTYPE_NULL`.
    pub const NULL: Self = Self(0);
    /// Ethernet, `LINKTYPE_ETHERNET`.
    pub const ETHERNET: Self = Self(1);
    /// PPP, `LINKTYPE_PPP`.
    pub const PPP: Self = Self(9);
    /// IP without a link header, as most systems number it before they write a file (`DLT_RAW`).
    pub const DLT_RAW: Self = Self(12);
    /// IP without a link header, as OpenBSD numbers it (`DLT_RAW`).
    pub const DLT_RAW_OPENBSD: Self = Self(14);
    /// PPP in HDLC-like framing, `LINKTYPE_PPP_HDLC`.
    pub const PPP_HDLC: Self = Self(50);
    /// IP without a link header, `LINKTYPE_RAW`.
    pub const RAW: Self = Self(101);
    /// Cisco HDLC or PPP, `LINKTYPE_C_HDLC`.
    pub const C_HDLC: Self = Self(104);
    /// IEEE 802.11, `LINKTYPE_IEEE802_11`.
    pub const IEEE802_11: Self = Self(105);
    /// OpenBSD loopback, `LINKTYPE_LOOP`.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, `LINKTYPE_LINUX_SLL`.
    pub const LINUX_SLL: Self = Self(113);
    /// IEEE 802.11 behind radiotap, `LINKTYPE_IEEE802_11_RADIOTAP`.
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    /// Per-Packet Information before a frame of the link type that it names, `LINKTYPE_PPI`.
    pub const PPI: Self = Self(192);
    /// IPv4, `LINKTYPE_IPV4`.
    pub const IPV4: Self = Self(228);
    /// IPv6, `LINKTYPE_IPV6`.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture version 2, `LINKTYPE_LINUX_SLL2`.
    pub const LINUX_SLL2: Self = Self(276);

    /// Whether nfstream 6.6.0 reads frames of this type.
    fn is_read_by_reference(self) -> bool {
        matches!(
            self,
            Self::NULL
                | Self::ETHERNET
                | Self::PPP
                | Self::DLT_RAW
                | Self::PPP_HDLC
                | Self::RAW
                | Self::C_HDLC
                | Self::LINUX_SLL
                | Self::IEEE802_11_RADIOTAP
                | Self::IPV4
                | Self::IPV6
        )
    }
}

/// An IPv4 or IPv6 address as sixteen bytes in network order; an IPv4 address is the first four, the rest is zero.
/// Which of the two it is stands beside it, in [`Headers::ip_version`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub [u8; 16]);

impl Address {
    /// The address as the standard library's type, read as IPv4 when `ip_version` is 4 and as IPv6 otherwise.
    pub fn to_ip(self, ip_version: u8) -> IpAddr {
        if ip_version == 4 {
            let [a, b, c, d, ..] = self.0;
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        } else {
            IpAddr::V6(Ipv6Addr::from(self.0))
        }
    }
}

impl From<Ipv4Addr> for Address {
    #[inline]
    fn from(address: Ipv4Addr) -> Self {
        let [a, b, c, d] = address.octets();
        Self([a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }
}

impl From<Ipv6Addr> for Address {
    #[inline]
    fn from(address: Ipv6Addr) -> Self {
        Self(address.octets())
    }
}

macro_rules! tunnels {
    ($($(#[$attribute:meta])+ $tunnel:ident = $id:literal $name:literal,)+) => {
        /// The tunnel that the counted packet was found in; the number is the `tunnel_id` column.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Tunnel {
            $($(#[$attribute])+ $tunnel = $id,)+
        }

        impl Tunnel {
            /// The number and the name of each, as documentation has them.
            pub const NAMES: &[(u8, &str)] = &[$(($id, $name),)+];
        }
    };
}

tunnels! {
    /// No tunnel.
    #[default]
    None = 0 "none",
    /// GTP-U, 3GPP TS 29.281.
    Gtp = 1 "GTP-U",
    /// CAPWAP data, RFC 5415.
    Capwap = 2 "CAPWAP",
    /// TaZmen Sniffer Protocol.
    Tzsp = 3 "TZSP",
}

/// What a flow needs to know of one packet. Offsets count bytes from the start of the frame, and
/// `ip_offset <= transport_offset <= payload_offset <= payload_end <= frame.len()` always holds.
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
    /// The tunnel the packet was carried in.
    pub tunnel: Tunnel,
    /// TCP flags octet (CWR 0x80 … FIN 0x01), 0 for other protocols.
    pub tcp_flags: u8,
    /// IPv4 total length, or IPv6 payload length + 40, in bytes.
    pub ip_size: u32,
    /// IP payload after the IP headers, in bytes; 0 unless TCP, UDP, ICMP or ICMPv6.
    pub transport_size: u32,
    /// `transport_size` less the transport header, in bytes; 0 unless TCP, UDP, ICMP or ICMPv6.
    pub payload_size: u32,
    /// Where the (innermost) IP header begins.
    pub ip_offset: u32,
    /// Where the transport header begins.
    pub transport_offset: u32,
    /// Where the transport payload begins.
    pub payload_offset: u32,
    /// Where the captured part of the transport payload ends (never beyond the frame or the IP length).
    pub payload_end: u32,
}

impl Headers {
    /// Time to live (IPv4) or hop limit (IPv6), read from the frame that the headers are of.
    #[inline]
    pub fn ttl(&self, frame: &[u8]) -> u8 {
        let offset = if self.ip_version == 4 { ipv4::TIME_TO_LIVE } else { ipv6::HOP_LIMIT };
        frame.get(self.ip_offset as usize + offset).copied().unwrap_or(0)
    }

    /// TCP window as it stands in the header, without scaling, read from the frame that the headers are of; 0 for other
    /// protocols, and where it was not captured.
    #[inline]
    pub fn tcp_window(&self, frame: &[u8]) -> u16 {
        if self.protocol != walk::TCP || self.transport_size == 0 {
            return 0;
        }
        let window = frame.get(self.transport_offset as usize + tcp::WINDOW..).and_then(<[u8]>::first_chunk);
        window.map_or(0, |&window| u16::from_be_bytes(window))
    }

    /// Of no packet.
    const EMPTY: Self = Self {
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
        tcp_flags: 0,
        ip_size: 0,
        transport_size: 0,
        payload_size: 0,
        ip_offset: 0,
        transport_offset: 0,
        payload_offset: 0,
        payload_end: 0,
    };
}

/// Finds the packet that counts in a frame.
///
/// `decode_tunnels` looks into GTP-U, CAPWAP and TZSP.
///
/// A TCP or UDP header that the capture cut off still counts: what was not captured of it reads as zeros, and as a
/// TCP header without options.
///
/// # Errors
/// Says why the frame does not count.
#[inline]
pub fn decode(link: LinkType, frame: &[u8], decode_tunnels: bool) -> Result<Headers, Ignored> {
    match plain::ipv4_headers(link, frame, decode_tunnels) {
        Some(headers) => Ok(headers),
        None => decode_any(link, frame, decode_tunnels),
    }
}

/// Whether a frame counts: whether [`decode`] finds headers in it.
#[inline(never)]
pub fn counts(link: LinkType, frame: &[u8], decode_tunnels: bool) -> bool {
    decode(link, frame, decode_tunnels).is_ok()
}

/// As [`decode`], for a frame of which only the first bytes were captured: [`decode`] takes packets of IP version 6 for broken that end
/// behind what was captured, as nfstream 6.6.0 does with capture files; here they count.
///
/// # Errors
/// Says why the frame does not count.
pub fn decode_cut(link: LinkType, frame: &[u8], decode_tunnels: bool) -> Result<Headers, Ignored> {
    decode(link, frame, decode_tunnels).or_else(|reason| {
        if reason != Ignored::IpLength {
            return Err(reason);
        }
        let mut headers = Headers::EMPTY;
        Walk::new(link, frame, decode_tunnels, Rules::Cut, &mut headers).run().map(|()| headers)
    })
}

#[inline(never)]
fn decode_any(link: LinkType, frame: &[u8], decode_tunnels: bool) -> Result<Headers, Ignored> {
    if let Some(headers) = plain::ipv6_headers(link, frame, decode_tunnels) {
        return Ok(headers);
    }
    let mut headers = Headers::EMPTY;
    if link.is_read_by_reference()
        && Walk::new(link, frame, decode_tunnels, Rules::Reference, &mut headers).run().is_ok()
    {
        return Ok(headers);
    }
    // What nfstream 6.6.0 does not count: the rest of the link types and encapsulations.
    headers = Headers::EMPTY;
    Walk::new(link, frame, decode_tunnels, Rules::Extended, &mut headers).run().map(|()| headers)
}

//! The size of a packet, by accounting mode.

use nfstream_decode::Headers;

/// The size that every byte and size column counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum AccountingMode {
    /// Length on the wire, link header included, as the capture recorded it (16 bits).
    #[default]
    Raw = 0,
    /// Length of the IP packet: IPv4 total length, IPv6 payload length + 40.
    Ip = 1,
    /// Payload of the IP packet, for TCP, UDP, ICMP and ICMPv6; 0 for other protocols.
    Transport = 2,
    /// Payload of TCP, UDP, ICMP and ICMPv6; 0 for other protocols.
    Payload = 3,
}

impl AccountingMode {
    /// All modes, each at the position of its number.
    pub const ALL: [AccountingMode; 4] = [Self::Raw, Self::Ip, Self::Transport, Self::Payload];

    #[inline]
    pub(crate) fn size(self, headers: &Headers, raw_size: u32) -> u32 {
        match self {
            AccountingMode::Raw => raw_size,
            AccountingMode::Ip => headers.ip_size,
            AccountingMode::Transport => headers.transport_size,
            AccountingMode::Payload => headers.payload_size,
        }
    }
}

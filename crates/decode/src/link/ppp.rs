//! PPP (RFC 1661), its HDLC-like framing (RFC 1662), and Cisco HDLC.

/// Bytes of a PPP protocol number alone.
pub(crate) const PROTOCOL_LEN: usize = 2;
/// Bytes of address, control and protocol, the same in HDLC-like framing and in Cisco HDLC.
pub(crate) const FRAMED_LEN: usize = 4;

const CISCO_UNICAST: u8 = 0x0f;
const CISCO_BROADCAST: u8 = 0x8f;

/// Address, control and protocol, or the protocol alone.
pub(crate) struct Header<'a>(&'a [u8; FRAMED_LEN]);

impl<'a> Header<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// Whether the frame begins with an address of Cisco HDLC, whose protocol numbers are `EtherTypes`.
    pub(crate) fn is_cisco(&self) -> bool {
        matches!(self.0[0], CISCO_UNICAST | CISCO_BROADCAST)
    }

    /// The protocol of a frame without address and control (RFC 1661 section 6.6).
    pub(crate) fn bare_protocol(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }

    /// The protocol after address and control.
    pub(crate) fn framed_protocol(&self) -> u16 {
        u16::from_be_bytes([self.0[2], self.0[3]])
    }
}

/// Protocol number of IPv4.
pub(crate) const IPV4: u16 = 0x0021;
/// Protocol number of IPv6.
pub(crate) const IPV6: u16 = 0x0057;
/// Protocol number of MPLS (RFC 3032 section 4.3).
pub(crate) const MPLS: u16 = 0x0281;

/// Address and control of all frames (RFC 1662 section 3.1).
const ALL_STATIONS: [u8; 2] = [0xff, 0x03];

/// The protocol number of a frame and the bytes up to its content. Address and control may be left out, and so may the
/// first byte of a protocol number below 256 (RFC 1661 sections 6.5 and 6.6).
pub(crate) fn protocol(frame: &[u8]) -> Option<(u16, usize)> {
    let start = if frame.starts_with(&ALL_STATIONS) { ALL_STATIONS.len() } else { 0 };
    match *frame.get(start..)? {
        [first, ..] if first & 1 != 0 => Some((first.into(), start + 1)),
        [first, second, ..] => Some((u16::from_be_bytes([first, second]), start + 2)),
        _ => None,
    }
}

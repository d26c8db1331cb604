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

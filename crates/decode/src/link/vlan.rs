//! VLAN tags (IEEE 802.1Q clause 9; service tags IEEE 802.1ad).

/// Bytes of a tag after the `EtherType` that announces it.
pub(crate) const LEN: usize = 4;

/// Priority, drop eligibility and VLAN id, then the `EtherType` of what follows.
pub(crate) struct Header<'a>(&'a [u8; LEN]);

impl<'a> Header<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// The VLAN id, 12 bits.
    pub(crate) fn id(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]]) & 0x0fff
    }

    pub(crate) fn ethertype(&self) -> u16 {
        u16::from_be_bytes([self.0[2], self.0[3]])
    }
}

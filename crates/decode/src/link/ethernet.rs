//! Ethernet II and IEEE 802.3 frames (IEEE 802.3 clause 3); the type numbers are IANA's "IEEE 802 Numbers".

/// Internet Protocol version 4.
pub(crate) const IPV4: u16 = 0x0800;
/// Internet Protocol version 6.
pub(crate) const IPV6: u16 = 0x86dd;
/// IEEE 802.1Q customer tag.
pub(crate) const VLAN: u16 = 0x8100;
/// IEEE 802.1ad service tag.
pub(crate) const SERVICE_VLAN: u16 = 0x88a8;
/// Service instance tag of a backbone bridge (IEEE 802.1ah).
pub(crate) const BACKBONE_SERVICE: u16 = 0x88e7;
/// Network Service Header (RFC 8300).
pub(crate) const SERVICE_HEADER: u16 = 0x894f;
/// Outer tag of switches older than IEEE 802.1ad.
pub(crate) const OLD_SERVICE_VLAN: u16 = 0x9100;
/// The same of other vendors.
pub(crate) const OTHER_SERVICE_VLAN: u16 = 0x9200;
/// MPLS with a downstream-assigned label (RFC 5332).
pub(crate) const MPLS: u16 = 0x8847;
/// MPLS with an upstream-assigned label (RFC 5332).
pub(crate) const MPLS_UPSTREAM: u16 = 0x8848;
/// PPPoE session stage (RFC 2516).
pub(crate) const PPPOE_SESSION: u16 = 0x8864;

/// Highest value of the type or length field that is the length of an LLC frame (IEEE 802.3 clause 3.2.6).
pub(crate) const MAX_LENGTH: u16 = 1500;
/// Lowest value of the type or length field that is a type.
pub(crate) const MIN_TYPE: u16 = 1536;

/// Bytes of an Ethernet header.
pub(crate) const LEN: usize = 14;

/// Destination, source, and type or length.
pub(crate) struct Header<'a>(&'a [u8; LEN]);

impl<'a> Header<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    #[inline]
    pub(crate) fn from_array(bytes: &'a [u8; LEN]) -> Self {
        Self(bytes)
    }

    #[inline]
    pub(crate) fn destination(&self) -> [u8; 6] {
        let [a, b, c, d, e, f, ..] = *self.0;
        [a, b, c, d, e, f]
    }

    #[inline]
    pub(crate) fn source(&self) -> [u8; 6] {
        let [_, _, _, _, _, _, a, b, c, d, e, f, ..] = *self.0;
        [a, b, c, d, e, f]
    }

    #[inline]
    pub(crate) fn type_or_length(&self) -> u16 {
        u16::from_be_bytes([self.0[12], self.0[13]])
    }
}

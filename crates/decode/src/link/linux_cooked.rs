//! Linux cooked captures, versions 1 and 2 (tcpdump.org, `LINKTYPE_LINUX_SLL` and `LINKTYPE_LINUX_SLL2`).

/// Bytes of a version 1 header.
pub(crate) const V1_LEN: usize = 16;
/// Bytes of a version 2 header.
pub(crate) const V2_LEN: usize = 20;

/// Packet type, hardware type, address length and address, protocol.
pub(crate) struct HeaderV1<'a>(&'a [u8; V1_LEN]);

impl<'a> HeaderV1<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    pub(crate) fn ethertype(&self) -> u16 {
        u16::from_be_bytes([self.0[14], self.0[15]])
    }
}

/// Protocol, interface index, hardware type, packet type, address length and address.
pub(crate) struct HeaderV2<'a>(&'a [u8; V2_LEN]);

impl<'a> HeaderV2<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    pub(crate) fn ethertype(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }
}

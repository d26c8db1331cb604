//! Per-Packet Information (CACE Technologies, PPI Packet Header Format 1.0.7).

/// Bytes of the fixed header.
const LEN: usize = 8;

/// Version, flags, length of all PPI headers, link type of the frame after them; little-endian.
pub(crate) struct Header<'a>(&'a [u8; LEN]);

impl<'a> Header<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// Bytes of this header and its fields.
    pub(crate) fn len(&self) -> usize {
        usize::from(u16::from_le_bytes([self.0[2], self.0[3]]))
    }

    /// The link type (DLT) of the frame after the header.
    pub(crate) fn link_type(&self) -> u32 {
        u32::from_le_bytes([self.0[4], self.0[5], self.0[6], self.0[7]])
    }
}

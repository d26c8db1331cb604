//! Network Service Header (RFC 8300 section 2.2).

/// Bytes of the base header.
const LEN: usize = 4;
const UNIT: usize = 4;

/// Version, flags, time to live, length, metadata type and next protocol.
pub(crate) struct Header<'a>(&'a [u8; LEN]);

impl<'a> Header<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// Bytes of the header with its context.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.0[1] & 0x3f) * UNIT
    }

    /// Whether the packet is one of operations, administration or maintenance, which carries no user data.
    pub(crate) fn is_oam(&self) -> bool {
        self.0[0] & 0x20 != 0
    }

    pub(crate) fn next_protocol(&self) -> u8 {
        self.0[3]
    }
}

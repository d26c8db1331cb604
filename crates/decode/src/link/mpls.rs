//! MPLS label stack entries (RFC 3032 section 2.1).

/// Bytes of one label stack entry.
pub(crate) const LEN: usize = 4;

/// Label, traffic class, bottom of stack, time to live.
pub(crate) struct Entry<'a>(&'a [u8; LEN]);

impl<'a> Entry<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    pub(crate) fn is_bottom_of_stack(&self) -> bool {
        self.0[2] & 0x01 != 0
    }
}

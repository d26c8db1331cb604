//! MPLS label stack entries (RFC 3032 section 2.1).
use crate::MAX_HEADERS;

/// Bytes of one label stack entry.
pub(crate) const LEN: usize = 4;

/// Label, traffic class, bottom of stack, time to live.
pub(crate) struct Entry<'a>(&'a [u8; LEN]);

impl<'a> Entry<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// The label, 20 bits.
    pub(crate) fn label(&self) -> u32 {
        u32::from_be_bytes(*self.0) >> 12
    }

    pub(crate) fn is_bottom_of_stack(&self) -> bool {
        self.0[2] & 0x01 != 0
    }
}

/// The label at the bottom of a stack, and the bytes of the stack.
pub(crate) fn bottom(stack: &[u8]) -> Option<(u32, usize)> {
    let mut offset = 0;
    for _ in 0..MAX_HEADERS {
        let entry = Entry::new(stack.get(offset..)?)?;
        offset += LEN;
        if entry.is_bottom_of_stack() {
            return Some((entry.label(), offset));
        }
    }
    None
}

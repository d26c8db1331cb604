//! Radiotap, a receiver's description of an IEEE 802.11 frame (radiotap.org).

/// Bytes of the fixed header.
const LEN: usize = 8;

/// Version, pad, length of everything before the 802.11 header, bitmap of present fields; little-endian.
pub(crate) struct Header<'a> {
    fixed: &'a [u8; LEN],
    frame: &'a [u8],
}

impl<'a> Header<'a> {
    pub(crate) fn new(frame: &'a [u8]) -> Option<Self> {
        Some(Self { fixed: frame.first_chunk()?, frame })
    }

    /// Bytes of this header and its fields.
    pub(crate) fn len(&self) -> usize {
        usize::from(u16::from_le_bytes([self.fixed[2], self.fixed[3]]))
    }

    /// Whether the flags say that the frame has a check sequence and that it is wrong.
    ///
    /// The flags are read from their usual place, after a time stamp and a single bitmap, whatever the bitmap says. The
    /// reference that flows are compared with does the same.
    pub(crate) fn has_bad_fcs(&self) -> bool {
        const FLAGS: usize = 16;
        const FCS_AT_END_AND_BAD: u8 = 0x50;
        self.frame.get(FLAGS).is_some_and(|flags| flags & FCS_AT_END_AND_BAD == FCS_AT_END_AND_BAD)
    }
}

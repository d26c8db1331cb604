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

    /// Whether the flags say that the frame check sequence was wrong.
    pub(crate) fn was_received_with_errors(&self) -> bool {
        const BAD_FCS: u8 = 0x40;
        self.flags() & BAD_FCS != 0
    }

    /// Whether the flags say that the 802.11 header is padded to a multiple of four bytes.
    pub(crate) fn is_padded(&self) -> bool {
        const PADDED: u8 = 0x20;
        self.flags() & PADDED != 0
    }

    /// The flags field; 0 if there is none. Only a time stamp, aligned to eight bytes, may come before it, after the
    /// bitmaps of present fields.
    fn flags(&self) -> u8 {
        const BITMAP: usize = 4;
        const TIME_STAMP: u8 = 0x01;
        const FLAGS: u8 = 0x02;
        const MORE_BITMAPS: u8 = 0x80;
        let [_, _, _, _, present, _, _, mut highest] = *self.fixed;
        let mut offset = LEN;
        while highest & MORE_BITMAPS != 0 {
            let Some(bitmap) = self.frame.get(offset..).and_then(<[u8]>::first_chunk::<BITMAP>) else {
                return 0;
            };
            highest = bitmap[BITMAP - 1];
            offset += BITMAP;
        }
        if present & TIME_STAMP != 0 {
            offset = offset.next_multiple_of(8) + 8;
        }
        let flags = self.frame.get(..self.len()).and_then(|header| header.get(offset));
        flags.filter(|_| present & FLAGS != 0).copied().unwrap_or(0)
    }
}

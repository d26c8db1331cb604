//! Transmission Control Protocol (RFC 9293 section 3.1).

/// Bytes of a header without options.
pub(crate) const LEN: usize = 20;

/// Offset of the flags in a header.
pub(crate) const FLAGS: usize = 13;

/// Offset of the window in a header.
pub(crate) const WINDOW: usize = 14;

/// A header of zeros except for its length field.
pub(crate) const WITHOUT_OPTIONS: [u8; LEN] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0];

/// A header without its options.
pub(crate) struct Header<'a>(&'a [u8; LEN]);

impl<'a> Header<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8; LEN]) -> Self {
        Self(bytes)
    }

    #[inline]
    pub(crate) fn source_port(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }

    #[inline]
    pub(crate) fn destination_port(&self) -> u16 {
        u16::from_be_bytes([self.0[2], self.0[3]])
    }

    /// Bytes of the header with its options, from the header's length field: 0 to 60.
    #[inline]
    pub(crate) fn header_len(&self) -> usize {
        usize::from(self.0[12] >> 4) * 4
    }

    /// CWR, ECE, URG, ACK, PSH, RST, SYN and FIN, from the highest bit down.
    #[inline]
    pub(crate) fn flags(&self) -> u8 {
        self.0[13]
    }
}

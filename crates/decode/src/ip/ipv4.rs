//! Internet Protocol version 4 (RFC 791 section 3.1).
use std::net::Ipv4Addr;

use crate::Address;

/// Bytes of a header without options.
pub(crate) const LEN: usize = 20;

/// Offset of the time to live in a header.
pub(crate) const TIME_TO_LIVE: usize = 8;

/// A header without its options.
pub(crate) struct Header<'a>(&'a [u8; LEN]);

impl<'a> Header<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    #[inline]
    pub(crate) fn version(&self) -> u8 {
        self.0[0] >> 4
    }

    /// Bytes of the header with its options, from the header's length field: 0 to 60.
    #[inline]
    pub(crate) fn header_len(&self) -> usize {
        usize::from(self.0[0] & 0x0f) * 4
    }

    /// Bytes of header and payload.
    #[inline]
    pub(crate) fn total_len(&self) -> usize {
        usize::from(u16::from_be_bytes([self.0[2], self.0[3]]))
    }

    /// Whether this is a fragment other than the first.
    #[inline]
    pub(crate) fn is_later_fragment(&self) -> bool {
        u16::from_be_bytes([self.0[6], self.0[7]]) & 0x1fff != 0
    }

    /// Whether this is a fragment, the first or another one.
    #[inline]
    pub(crate) fn is_fragment(&self) -> bool {
        u16::from_be_bytes([self.0[6], self.0[7]]) & 0x3fff != 0
    }

    pub(crate) fn has_more_fragments(&self) -> bool {
        self.0[6] & 0x20 != 0
    }

    /// Bytes of the datagram's data before that of this fragment.
    pub(crate) fn fragment_offset(&self) -> u32 {
        u32::from(u16::from_be_bytes([self.0[6], self.0[7]]) & 0x1fff) * 8
    }

    /// The number that the fragments of a datagram have in common.
    pub(crate) fn identification(&self) -> u32 {
        u16::from_be_bytes([self.0[4], self.0[5]]).into()
    }

    #[inline]
    pub(crate) fn protocol(&self) -> u8 {
        self.0[9]
    }

    #[inline]
    pub(crate) fn source(&self) -> Address {
        Ipv4Addr::new(self.0[12], self.0[13], self.0[14], self.0[15]).into()
    }

    #[inline]
    pub(crate) fn destination(&self) -> Address {
        Ipv4Addr::new(self.0[16], self.0[17], self.0[18], self.0[19]).into()
    }
}

/// Makes the header of a fragment, with its options, that of a whole packet of this total length.
pub(crate) fn make_whole(header: &mut [u8], total_len: [u8; 2]) -> bool {
    let Some([_, _, high, low, _, _, flags, offset, _, _, checksum_high, checksum_low, ..]) =
        header.first_chunk_mut::<LEN>()
    else {
        return false;
    };
    [*high, *low] = total_len;
    // The reserved flag and "don't fragment" stay.
    (*flags, *offset, *checksum_high, *checksum_low) = (*flags & 0xc0, 0, 0, 0);
    let checksum = checksum(header).to_be_bytes();
    header[10..12].copy_from_slice(&checksum);
    true
}

/// The checksum of a header whose checksum field is 0 (RFC 1071).
fn checksum(header: &[u8]) -> u16 {
    let (words, _) = header.as_chunks::<2>();
    let sum: u32 = words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !((folded & 0xffff) + (folded >> 16)) as u16
}

/// Whether the checksum of a header with its options is right (RFC 1071).
pub(crate) fn has_right_checksum(header: &[u8]) -> bool {
    let (words, _) = header.as_chunks::<2>();
    let sum: u32 = words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum();
    (sum & 0xffff) + (sum >> 16) == 0xffff
}

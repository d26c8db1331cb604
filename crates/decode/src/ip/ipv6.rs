//! Internet Protocol version 6 and its extension headers (RFC 8200 sections 3 and 4, RFC 6275 for mobility).
use crate::{Address, Ignored, MAX_HEADERS};

/// Bytes of the fixed header.
pub(crate) const LEN: usize = 40;

/// Offset of the hop limit in a header.
pub(crate) const HOP_LIMIT: usize = 7;

/// Offset of the number of the next header in a header.
pub(super) const NEXT_HEADER: usize = 6;

const HOP_BY_HOP_OPTIONS: u8 = 0;
const ROUTING: u8 = 43;
pub(super) const FRAGMENT: u8 = 44;
const NO_NEXT_HEADER: u8 = 59;
const DESTINATION_OPTIONS: u8 = 60;
const MOBILITY: u8 = 135;

/// Bytes of a fragment header, and the unit of length of the other extension headers.
pub(super) const UNIT: usize = 8;

/// A fixed header.
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

    /// Bytes after the fixed header, including extension headers.
    #[inline]
    pub(crate) fn payload_len(&self) -> usize {
        usize::from(u16::from_be_bytes([self.0[4], self.0[5]]))
    }

    #[inline]
    pub(crate) fn next_header(&self) -> u8 {
        self.0[6]
    }

    #[inline]
    pub(crate) fn source(&self) -> Address {
        self.address(8)
    }

    #[inline]
    pub(crate) fn destination(&self) -> Address {
        self.address(24)
    }

    #[inline]
    fn address(&self, at: usize) -> Address {
        Address(std::array::from_fn(|i| self.0[at + i]))
    }
}

/// A fragment header (RFC 8200 section 4.5).
pub(super) struct FragmentHeader<'a>(&'a [u8; UNIT]);

impl<'a> FragmentHeader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// Whether there are other fragments. A packet whose only fragment this is counts as any other (RFC 6946).
    pub(super) fn is_fragment(&self) -> bool {
        u16::from_be_bytes([self.0[2], self.0[3]]) & 0xfff9 != 0
    }

    pub(super) fn has_more_fragments(&self) -> bool {
        self.0[3] & 1 != 0
    }

    /// Bytes of the datagram's data before that of this fragment.
    pub(super) fn offset(&self) -> u32 {
        u32::from(u16::from_be_bytes([self.0[2], self.0[3]]) & 0xfff8)
    }

    pub(super) fn next_header(&self) -> u8 {
        self.0[0]
    }

    pub(super) fn identification(&self) -> u32 {
        u32::from_be_bytes([self.0[4], self.0[5], self.0[6], self.0[7]])
    }
}

/// Sets the payload length of a header.
pub(super) fn set_payload_len(header: &mut [u8], length: [u8; 2]) -> bool {
    let Some([_, _, _, _, high, low, ..]) = header.first_chunk_mut::<LEN>() else { return false };
    [*high, *low] = length;
    true
}

/// The header after the extension headers.
pub(crate) struct Upper {
    /// Its protocol number.
    pub(crate) protocol: u8,
    /// Bytes of extension headers before it.
    pub(crate) offset: usize,
}

/// Whether a next header number is an extension header that the search for the upper layer skips.
///
/// AH and ESP are not: they count as the upper layer.
#[inline]
pub(crate) fn is_extension(next_header: u8) -> bool {
    matches!(
        next_header,
        HOP_BY_HOP_OPTIONS | ROUTING | FRAGMENT | NO_NEXT_HEADER | DESTINATION_OPTIONS | MOBILITY
    )
}

/// Walks the extension headers of a packet.
///
/// `captured` holds all captured bytes after the fixed header. Its first `payload_len` bytes belong to the packet; it
/// has fewer bytes if the packet was cut.
#[cold]
pub(crate) fn walk_extensions(
    next_header: u8,
    captured: &[u8],
    payload_len: usize,
) -> Result<Upper, Ignored> {
    let payload = captured.get(..payload_len).unwrap_or(captured);
    let mut upper = Upper { protocol: next_header, offset: 0 };
    let mut fragmented = false;
    for _ in 0..MAX_HEADERS {
        // If the capture ends where the next header should begin, the packet counts under the number of that header.
        let left = captured.len().checked_sub(upper.offset).ok_or(Ignored::IpLength)?;
        let at_end = left <= 1 && !fragmented;
        if !is_extension(upper.protocol) || at_end {
            return Ok(upper);
        }
        let header = payload.get(upper.offset..).and_then(<[u8]>::first_chunk::<UNIT>);
        let Some(&[next, len, fragment_high, fragment_low, ..]) = header else {
            return Err(Ignored::Ipv6Extensions);
        };
        let header_len = match upper.protocol {
            NO_NEXT_HEADER => return Err(Ignored::Ipv6Extensions),
            FRAGMENT if u16::from_be_bytes([fragment_high, fragment_low]) & 0xfff8 != 0 => {
                return Err(Ignored::LaterFragment);
            }
            FRAGMENT => UNIT,
            _ => (usize::from(len) + 1) * UNIT,
        };
        fragmented |= upper.protocol == FRAGMENT;
        if payload_len - upper.offset < header_len {
            return Err(Ignored::Ipv6Extensions);
        }
        upper = Upper { protocol: next, offset: upper.offset + header_len };
    }
    Err(Ignored::NestingLimit)
}

//! Internet Protocol version 6 and its extension headers (RFC 8200 sections 3 and 4, RFC 6275 for mobility).
use super::fragmentation::Fragment;
use crate::{Address, Ignored, MAX_HEADERS};

/// Bytes of the fixed header.
pub(crate) const LEN: usize = 40;

/// Offset of the hop limit in a header.
pub(crate) const HOP_LIMIT: usize = 7;

/// Offset of the number of the next header in a header.
pub(crate) const NEXT_HEADER: usize = 6;

const HOP_BY_HOP_OPTIONS: u8 = 0;
const ROUTING: u8 = 43;
pub(crate) const FRAGMENT: u8 = 44;
pub(crate) const NO_NEXT_HEADER: u8 = 59;
const DESTINATION_OPTIONS: u8 = 60;
const MOBILITY: u8 = 135;

/// Bytes of a fragment header, and the unit of length of the other extension headers.
pub(crate) const UNIT: usize = 8;

/// A fixed header.
pub(crate) struct Header<'a>(&'a [u8; LEN]);

impl<'a> Header<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// The header at the start of a packet, and what was captured after it.
    #[inline]
    pub(crate) fn split(packet: &'a [u8]) -> Option<(Self, &'a [u8])> {
        packet.split_first_chunk().map(|(header, rest)| (Self(header), rest))
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
pub(crate) struct FragmentHeader<'a>(&'a [u8; UNIT]);

impl<'a> FragmentHeader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// Whether there are other fragments. A packet whose only fragment this is counts as any other (RFC 6946).
    pub(crate) fn is_fragment(&self) -> bool {
        u16::from_be_bytes([self.0[2], self.0[3]]) & 0xfff9 != 0
    }

    pub(crate) fn has_more_fragments(&self) -> bool {
        self.0[3] & 1 != 0
    }

    /// Bytes of the datagram's data before that of this fragment.
    pub(crate) fn offset(&self) -> u32 {
        u32::from(u16::from_be_bytes([self.0[2], self.0[3]]) & 0xfff8)
    }

    pub(crate) fn next_header(&self) -> u8 {
        self.0[0]
    }

    pub(crate) fn identification(&self) -> u32 {
        u32::from_be_bytes([self.0[4], self.0[5], self.0[6], self.0[7]])
    }
}

/// Sets the payload length of a header.
pub(crate) fn set_payload_len(header: &mut [u8], length: [u8; 2]) -> bool {
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

/// Routing type of segment routing (RFC 8754 section 2).
const SEGMENT_ROUTING: u8 = 4;

/// The extension headers of a packet, by the standards.
pub(crate) struct Chain {
    /// Number of the header after them.
    pub(crate) protocol: u8,
    /// Their bytes.
    pub(crate) len: usize,
    pub(crate) fragment: Fragment,
    pub(crate) is_segment_routed: bool,
}

impl Chain {
    /// Walks the extension headers. `captured` holds the captured bytes after the fixed header; the first `payload_len`
    /// belong to the packet, which has more than were captured if it was cut.
    ///
    /// In a fragment other than the first, the headers end with the fragment header; in the first, where the fragment
    /// ends at the latest. If the payload ends where a header
    /// should begin, the packet counts under the number of that header.
    #[inline]
    pub(crate) fn new(next_header: u8, captured: &[u8], payload_len: usize) -> Result<Self, Ignored> {
        let chain =
            Self { protocol: next_header, len: 0, fragment: Fragment::Whole, is_segment_routed: false };
        match is_extension(next_header) {
            true => chain.walk(captured, payload_len),
            false => Ok(chain),
        }
    }

    #[cold]
    fn walk(mut self, captured: &[u8], payload_len: usize) -> Result<Self, Ignored> {
        let payload = captured.get(..payload_len).unwrap_or(captured);
        for _ in 0..MAX_HEADERS {
            let is_over = self.len == payload_len || self.protocol == NO_NEXT_HEADER;
            if is_over || self.fragment == Fragment::Later || !is_extension(self.protocol) {
                return Ok(self);
            }
            let header = payload.get(self.len..).and_then(<[u8]>::first_chunk::<UNIT>);
            let Some(&[next, len, third, fourth, ..]) = header else {
                if self.fragment == Fragment::First {
                    // The other headers are in later fragments (RFC 7112 section 5 forbids that).
                    return Ok(self);
                }
                let is_cut = payload_len > captured.len();
                return Err(if is_cut { Ignored::IpLength } else { Ignored::Ipv6Extensions });
            };
            let mut header_len = (usize::from(len) + 1) * UNIT;
            match self.protocol {
                FRAGMENT => {
                    header_len = UNIT;
                    self.fragment = match u16::from_be_bytes([third, fourth]) & 0xfff9 {
                        // A packet that is no fragment in spite of the header (RFC 6946).
                        0 => self.fragment,
                        1 => Fragment::First,
                        _ => Fragment::Later,
                    };
                }
                ROUTING => self.is_segment_routed |= third == SEGMENT_ROUTING,
                _ => {}
            }
            if payload_len - self.len < header_len {
                return if self.fragment == Fragment::First {
                    Ok(self)
                } else {
                    Err(Ignored::Ipv6Extensions)
                };
            }
            if captured.len() - self.len < header_len {
                return Err(Ignored::IpLength);
            }
            self.protocol = next;
            self.len += header_len;
        }
        Err(Ignored::NestingLimit)
    }
}

/// The length in the jumbo payload option of the hop-by-hop options that follow a header (RFC 2675 section 2).
pub(crate) fn jumbo_payload_len(next_header: u8, captured: &[u8]) -> Option<usize> {
    const PAD_1: u8 = 0;
    const JUMBO_PAYLOAD: u8 = 0xc2;
    if next_header != HOP_BY_HOP_OPTIONS {
        return None;
    }
    let len = (usize::from(*captured.get(1)?) + 1) * UNIT;
    let mut options = captured.get(2..len)?;
    loop {
        options = match *options {
            [JUMBO_PAYLOAD, 4, a, b, c, d, ..] => {
                return usize::try_from(u32::from_be_bytes([a, b, c, d])).ok();
            }
            [PAD_1, ref rest @ ..] => rest,
            [_, len, ref rest @ ..] => rest.get(usize::from(len)..)?,
            _ => return None,
        };
    }
}

//! TaZmen Sniffer Protocol, version 1.
use crate::MAX_HEADERS;

/// The UDP port that sensors send to.
pub(crate) const PORT: u16 = 37008;

/// Bytes before the tagged fields.
const LEN: usize = 4;

const VERSION_1: u8 = 1;
const RECEIVED_PACKET: u8 = 0;
const ENCAPSULATES_ETHERNET: u16 = 1;
const TAG_PADDING: u8 = 0;
const TAG_END: u8 = 1;

/// Version, type, and what is encapsulated; the tagged fields follow.
pub(crate) struct Header<'a> {
    fixed: &'a [u8; LEN],
    tags: &'a [u8],
}

impl<'a> Header<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.split_first_chunk().map(|(fixed, tags)| Self { fixed, tags })
    }

    /// Whether a received Ethernet frame follows, as opposed to another link type, or a message between sensors.
    pub(crate) fn carries_ethernet(&self) -> bool {
        let [version, kind, high, low] = *self.fixed;
        version == VERSION_1
            && kind == RECEIVED_PACKET
            && u16::from_be_bytes([high, low]) == ENCAPSULATES_ETHERNET
    }

    /// Whether anything follows the fixed header.
    pub(crate) fn has_tags(&self) -> bool {
        !self.tags.is_empty()
    }

    /// Where the frame begins if there is a single tag, with a length that counts its own two bytes.
    pub(crate) fn after_one_tag(&self) -> Option<usize> {
        let skip = match *self.tags {
            [TAG_PADDING | TAG_END, ..] => 1,
            [_, len, ..] => usize::from(len),
            _ => return None,
        };
        (skip < self.tags.len()).then_some(LEN + skip)
    }

    /// Where the frame begins: behind the end tag.
    pub(crate) fn after_tags(&self) -> Option<usize> {
        let mut tags = self.tags;
        for _ in 0..MAX_HEADERS {
            tags = match tags {
                [TAG_END, rest @ ..] => return Some(LEN + self.tags.len() - rest.len()),
                [TAG_PADDING, rest @ ..] => rest,
                [_, len, rest @ ..] => rest.get(usize::from(*len)..)?,
                _ => return None,
            };
        }
        None
    }
}

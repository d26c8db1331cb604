//! TaZmen Sniffer Protocol, version 1.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use super::udp_tunnel::{Content, UdpTunnel};
use crate::pass::Pass;
use crate::{Ignored, LinkType, MAX_HEADERS};

/// As nfstream 6.6.0 reads it.
pub(super) const REFERENCE: UdpTunnel =
    UdpTunnel { port: PORT, fewest_bytes: 0, id: |_| 0, open: open_as_reference };

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(PORT)], is_id_shared: false, open };

/// The port that sensors send to.
const PORT: u16 = 37008;

/// Bytes before the tagged fields.
const LEN: usize = 4;

const VERSION_1: u8 = 1;
const RECEIVED_PACKET: u8 = 0;
const ENCAPSULATES_ETHERNET: u16 = 1;
const ENCAPSULATES_IEEE802_11: u16 = 18;
const TAG_PADDING: u8 = 0;
const TAG_END: u8 = 1;

/// Finds the Ethernet frame. Each datagram on the port counts as a packet in this tunnel, even if it carries no frame.
#[cold]
fn open_as_reference(payload: &[u8], pass: Pass) -> Result<Option<Content>, Ignored> {
    let header = Header::new(payload).ok_or(Ignored::TunnelContent)?;
    if !header.carries_ethernet() || !header.has_tags() {
        return Ok(Some(Content::Unread));
    }
    let (offset, link) = match pass {
        Pass::Reference => (header.after_one_tag(), None),
        Pass::Extended | Pass::Cut => (header.after_tags(), Some(LinkType::ETHERNET)),
    };
    let offset = offset.ok_or(Ignored::TunnelContent)?;
    Ok(Some(Content::Frame { offset, link }))
}

/// A frame that a sensor has received.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let header = Header::new(payload.bytes)?;
    let [version, kind, high, low] = *header.fixed;
    let link = match u16::from_be_bytes([high, low]) {
        ENCAPSULATES_ETHERNET => LinkType::ETHERNET,
        ENCAPSULATES_IEEE802_11 => LinkType::IEEE802_11,
        _ => return None,
    };
    if version != VERSION_1 || kind != RECEIVED_PACKET {
        return None;
    }
    Some(Inside::new(Layer::Frame(link), header.after_tags()?, payload))
}

/// Version, type and encapsulated protocol; the tagged fields follow.
struct Header<'a> {
    fixed: &'a [u8; LEN],
    tags: &'a [u8],
}

impl<'a> Header<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.split_first_chunk().map(|(fixed, tags)| Self { fixed, tags })
    }

    /// Whether a received Ethernet frame follows, and not another link type or a message between sensors.
    fn carries_ethernet(&self) -> bool {
        let [version, kind, high, low] = *self.fixed;
        version == VERSION_1
            && kind == RECEIVED_PACKET
            && u16::from_be_bytes([high, low]) == ENCAPSULATES_ETHERNET
    }

    /// Whether anything follows the fixed header.
    fn has_tags(&self) -> bool {
        !self.tags.is_empty()
    }

    /// Offset of the frame if there is a single tag, with a length that counts its own two bytes.
    fn after_one_tag(&self) -> Option<usize> {
        let skip = match *self.tags {
            [TAG_PADDING | TAG_END, ..] => 1,
            [_, len, ..] => usize::from(len),
            _ => return None,
        };
        (skip < self.tags.len()).then_some(LEN + skip)
    }

    /// Offset of the frame, which follows the end tag.
    fn after_tags(&self) -> Option<usize> {
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

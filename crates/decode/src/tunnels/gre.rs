//! Generic Routing Encapsulation (RFC 2784, key and sequence number RFC 2890), also in UDP (RFC 8086).
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;
use crate::ip::protocol;
use crate::link::ethernet;

pub(super) const TUNNEL: TunnelHeader = TunnelHeader {
    carriers: &[Carrier::Protocol(protocol::GRE), Carrier::Udp(4754)],
    is_id_shared: false,
    open,
};

/// Protocol type of an Ethernet frame.
pub(super) const TRANSPARENT_BRIDGING: u16 = 0x6558;
/// Protocol type of packets that a router redirects to a cache (WCCP version 2, draft-mclaggan-wccp-v2rev1).
const WCCP: u16 = 0x883e;
const WCCP_HEADER_LEN: usize = 4;

/// Bytes of the fields that every header has, and of each field that it may have.
const FIELD: usize = 4;

const CHECKSUM: u16 = 0x8000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
/// Source routes (RFC 1701), a bit that has to be 0, and the version.
const REFUSED: u16 = 0x4c07;

/// A header of version 0.
pub(super) struct Header {
    pub(super) protocol: u16,
    pub(super) key: Option<u32>,
    pub(super) has_sequence: bool,
    pub(super) has_checksum: bool,
    pub(super) len: usize,
}

impl Header {
    /// Reads a header; `None` if it is cut off, of another version, or has a source route.
    pub(super) fn new(payload: Payload<'_>) -> Option<Self> {
        let flags = payload.u16(0)?;
        if flags & REFUSED != 0 {
            return None;
        }
        let mut len = FIELD;
        let mut field = |flag| {
            let offset = len;
            let is_there = flags & flag != 0;
            len += if is_there { FIELD } else { 0 };
            is_there.then_some(offset)
        };
        let has_checksum = field(CHECKSUM).is_some();
        let key = match field(KEY) {
            Some(offset) => Some(payload.u32(offset)?),
            None => None,
        };
        let has_sequence = field(SEQUENCE).is_some();
        Some(Self { protocol: payload.u16(2)?, key, has_sequence, has_checksum, len })
    }
}

/// What a header leads to; its id is the key.
pub(super) fn open(payload: Payload<'_>) -> Option<Inside> {
    let header = Header::new(payload)?;
    let inside = |layer, offset| Some(Inside::new(layer, offset, payload).with_id(header.key.unwrap_or(0)));
    match header.protocol {
        TRANSPARENT_BRIDGING => inside(Layer::Frame(LinkType::ETHERNET), header.len),
        ethernet::IPV4 | ethernet::IPV6 => inside(Layer::EtherType(header.protocol), header.len),
        WCCP if payload.bytes.get(header.len)? >> 4 == 4 => inside(Layer::Ip, header.len),
        WCCP => inside(Layer::Ip, header.len + WCCP_HEADER_LEN),
        _ => None,
    }
}

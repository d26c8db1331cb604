//! [`Payload`], which may begin with the header of a tunnel, and [`Inside`], to which the header leads.
use crate::LinkType;

/// The payload of a packet that may carry a tunnel: of a UDP datagram, else of an IP packet, a label stack or a frame.
#[derive(Clone, Copy)]
pub(crate) struct Payload<'a> {
    /// The captured bytes.
    pub(crate) bytes: &'a [u8],
    /// Bytes on the wire: as many as were captured, or more.
    pub(crate) len: usize,
    /// IP version of the packet; 0 if no IP packet carries the payload.
    pub(crate) ip_version: u8,
    /// Whether the packet has a segment routing header (RFC 8754).
    pub(crate) is_segment_routed: bool,
    /// Number of the payload: IP protocol, or `EtherType`.
    pub(crate) number: u16,
}

impl<'a> Payload<'a> {
    /// The rest of the payload from `offset` on; `None` if it was not captured.
    pub(super) fn rest(self, offset: usize) -> Option<Self> {
        Some(Self { bytes: self.bytes.get(offset..)?, len: self.len.checked_sub(offset)?, ..self })
    }

    pub(super) fn array<const N: usize>(self, offset: usize) -> Option<&'a [u8; N]> {
        self.bytes.get(offset..)?.first_chunk()
    }

    pub(super) fn u16(self, offset: usize) -> Option<u16> {
        self.array(offset).map(|bytes| u16::from_be_bytes(*bytes))
    }

    pub(super) fn u32(self, offset: usize) -> Option<u32> {
        self.array(offset).map(|bytes| u32::from_be_bytes(*bytes))
    }
}

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// A frame of a link type.
    Frame(LinkType),
    /// What an `EtherType` announces.
    EtherType(u16),
    /// A label stack (RFC 3032) with the `EtherType` of MPLS.
    Labels,
    /// A PPP frame (RFC 1661), with or without address and control.
    Ppp,
    /// An IP packet, of version 4 or 6.
    Ip,
}

/// What the header of a tunnel leads to. Offsets count from the start of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inside {
    pub(crate) layer: Layer,
    pub(crate) offset: usize,
    /// Where the content ends on the wire.
    pub(crate) end: usize,
    /// Identifier of the tunnel; 0 if it has none.
    pub(crate) id: u32,
    /// Source and destination, if the layer does not begin with them.
    pub(crate) macs: Option<([u8; 6], [u8; 6])>,
}

impl Inside {
    /// The rest of the payload from `offset` on, in a tunnel without identifier.
    pub(super) fn new(layer: Layer, offset: usize, payload: Payload<'_>) -> Self {
        Self { layer, offset, end: payload.len, id: 0, macs: None }
    }

    /// The same in a tunnel with an identifier.
    pub(super) fn with_id(self, id: u32) -> Self {
        Self { id, ..self }
    }

    /// The same up to `end`, if the payload is that long.
    pub(super) fn up_to(self, end: usize) -> Self {
        Self { end: self.end.min(end), ..self }
    }
}

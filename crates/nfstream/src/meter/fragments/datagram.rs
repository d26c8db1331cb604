//! A datagram of which fragments have come.

use nfstream_capture::Timestamp;
use nfstream_decode::{Address, Fragment, Headers, LinkType, Part, Reading, Rules, decode};

use super::incoming::Incoming;
use super::pieces::Pieces;
use super::released;
use super::released::Released;

/// Bytes that a datagram takes beside its data, about.
const DATAGRAM: usize = 512;

/// Bytes that a held fragment takes beside its data, about.
const HELD: usize = 320;

/// The fields that all fragments of a datagram have in common (RFC 791 section 3.2, RFC 8200 section 4.5), and the
/// circumstances in which two networks may use the same addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    src: Address,
    dst: Address,
    identification: u32,
    tunnel_id: u32,
    vlan_id: u16,
    tunnel: u8,
    ip_version: u8,
    /// In IPv6, fragments may differ in it.
    protocol: u8,
}

impl Key {
    pub(super) fn of(headers: &Headers, part: &Part) -> Self {
        Self {
            src: headers.src,
            dst: headers.dst,
            identification: part.identification,
            tunnel_id: headers.tunnel_id,
            vlan_id: headers.vlan_id,
            tunnel: headers.tunnel as u8,
            ip_version: headers.ip_version,
            protocol: if headers.ip_version == 4 { part.protocol } else { 0 },
        }
    }
}

/// A datagram of which fragments have come.
#[derive(Debug)]
pub(super) struct Datagram {
    pub(super) key: Key,
    /// When the first of its fragments to come came.
    pub(super) began: Timestamp,
    /// Tells the first fragment, once it has come, from that of the next datagram with the same identification.
    pub(super) digest: Option<u64>,
    /// The first fragment, unless another meter has the flow.
    pub(super) first: Option<Box<First>>,
    pub(super) owner: Owner,
    /// Fragments that came before the flow was known.
    pub(super) held: Vec<Held>,
    pub(super) pieces: Pieces,
    /// Whether fragments contradict each other, so that no payload is shown.
    pub(super) is_spoilt: bool,
    /// Whether there are more fragments than are put together.
    pub(super) is_cut: bool,
    /// Whether all of it has come. It is remembered, for copies of its fragments.
    pub(super) is_whole: bool,
    /// The flow that its fragments were counted for: slot, and position of the first packet.
    pub(super) flow: Option<(u32, u64)>,
}

/// The first fragment of a datagram.
#[derive(Debug)]
pub(super) struct First {
    pub(super) headers: Headers,
    pub(super) part: Part,
    pub(super) position: u64,
    /// The frame up to the end of the headers that every fragment repeats.
    pub(super) frame: Box<[u8]>,
}

/// Whose flow a datagram belongs to.
#[derive(Debug)]
pub(super) enum Owner {
    /// Not known yet.
    Unknown,
    /// A flow of this meter, which has these addresses, ports and protocol, with their hash.
    Own(Box<(Headers, u64)>),
    /// A flow of another meter.
    Other,
}

/// A fragment that came before its flow was known.
#[derive(Debug)]
pub(super) struct Held {
    headers: Headers,
    time: Timestamp,
    raw_size: u32,
    position: u64,
    /// The frame up to the data.
    frame: Box<[u8]>,
}

impl Datagram {
    pub(super) fn new(key: Key, began: Timestamp) -> Self {
        Self {
            key,
            began,
            digest: None,
            first: None,
            owner: Owner::Unknown,
            held: Vec::new(),
            pieces: Pieces::default(),
            is_spoilt: false,
            is_cut: false,
            is_whole: false,
            flow: None,
        }
    }

    /// Bytes of memory, about; the same number in every meter.
    pub(super) fn charge(&self) -> usize {
        DATAGRAM + self.held.len() * HELD + self.pieces.charge()
    }

    /// What has come up to the first gap, as the frame of a whole packet, with its headers; `None` if it is no packet.
    pub(super) fn whole(&self, reading: Reading) -> Option<(Headers, Vec<u8>)> {
        let First { headers, part, frame, .. } = &**self.first.as_ref()?;
        let mut whole = frame.to_vec();
        let start = whole.len();
        let size = self.pieces.append_to(&mut whole) as usize;
        if !part.make_whole(whole.get_mut(..start)?, size) {
            return None;
        }
        let packet = whole.get(headers.ip_offset as usize..)?;
        let on_wire = start - headers.ip_offset as usize + size;
        let by_standards = by_standards(reading).of_frame(on_wire as u32, packet.len() < on_wire);
        let found = decode(LinkType::RAW, packet, by_standards).ok()?;
        Some((found_at(&found, headers, reading), whole))
    }

    /// The first fragment with what follows it up to a gap, read as if fragments did not count: the headers of its flow,
    /// and the frame that they refer to.
    pub(super) fn beginning(&self, reading: Reading) -> Option<(Headers, Vec<u8>)> {
        let First { headers, frame, .. } = &**self.first.as_ref()?;
        let mut beginning = frame.to_vec();
        self.pieces.append_to(&mut beginning);
        let packet = beginning.get(headers.ip_offset as usize..)?;
        let by_standards = Reading {
            counts_fragments: false,
            is_cut: true,
            wire_len: headers.ip_size,
            ..by_standards(reading)
        };
        let found = decode(LinkType::RAW, packet, by_standards).ok()?;
        Some((found_at(&found, headers, reading), beginning))
    }
}

/// A packet without a frame around it is read by the standards. The reference reads some tunnels in it as if they had the
/// link type of the capture.
fn by_standards(reading: Reading) -> Reading {
    Reading { rules: Rules::Specification, ..reading }
}

/// The headers of a packet that begins in a frame where a fragment did.
fn found_at(found: &Headers, fragment: &Headers, reading: Reading) -> Headers {
    let found = if reading.rules == Rules::Reference { found.as_reference() } else { *found };
    found.found_at(fragment.ip_offset, fragment)
}

impl Held {
    pub(super) fn new(incoming: &Incoming<'_>) -> Self {
        let Incoming { arrival, frame, position, part } = incoming;
        let frame = part.up_to_data(frame).into();
        Self {
            headers: arrival.headers,
            time: arrival.time,
            raw_size: arrival.raw_size,
            position: *position,
            frame,
        }
    }

    pub(super) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// As a packet of a flow that shows nothing of its datagram.
    pub(super) fn released(self, flow: &(Headers, u64), serial: Option<u64>) -> Released {
        let frame = self.frame;
        Released {
            headers: without_payload(&self.headers, &flow.0, frame.len()),
            time: self.time,
            raw_size: self.raw_size,
            position: self.position,
            hash: flow.1,
            frame,
            datagram: released::Part::Nothing,
            serial,
            released_ms: 0,
        }
    }

    /// As the packet of a flow that comes first of those of its datagram. It has the TCP flags of the datagram, and shows
    /// its headers.
    pub(super) fn heading(self, flow: &(Headers, u64), serial: u64, whole: &(Headers, Vec<u8>)) -> Released {
        let (all, frame) = whole;
        let headers = showing(&self.headers, &flow.0, all, frame.len());
        let headers = Headers { tcp_flags: all.tcp_flags, payload_end: headers.payload_offset, ..headers };
        Released { headers, frame: frame.as_slice().into(), ..self.released(flow, Some(serial)) }
    }

    /// As a packet that shows what came of its datagram.
    pub(super) fn showing(self, flow: &(Headers, u64), (all, frame): (Headers, Vec<u8>)) -> Released {
        let headers = showing(&self.headers, &flow.0, &all, frame.len());
        let datagram = released::Part::All(all);
        Released { headers, frame: frame.into(), datagram, ..self.released(flow, None) }
    }

    /// As a packet of a datagram whose first fragment never came.
    pub(super) fn alone(self, hash: u64) -> Released {
        let headers = self.headers;
        let alone = self.released(&(headers, hash), None);
        Released { datagram: released::Part::Alone, ..alone }
    }
}

/// The headers of a fragment as those of a packet of a flow, with no payload in its frame.
pub(super) fn without_payload(own: &Headers, flow: &Headers, frame_len: usize) -> Headers {
    let within = |offset: u32| offset.min(frame_len as u32);
    let payload = within(own.payload_end);
    let has_header = own.fragment == Fragment::First;
    Headers {
        ip_size: own.ip_size,
        transport_size: own.transport_size,
        payload_size: own.payload_size,
        fragment: own.fragment,
        tcp_flags: own.tcp_flags,
        is_length_mended: own.is_length_mended,
        ip_offset: within(own.ip_offset),
        outer_ip_offset: within(own.outer_ip_offset),
        transport_offset: if has_header { within(own.transport_offset) } else { frame_len as u32 },
        payload_offset: payload,
        payload_end: payload,
        ..*flow
    }
}

/// The headers of a fragment as those of a packet of a flow whose frame holds a datagram with the headers `all`.
pub(super) fn showing(own: &Headers, flow: &Headers, all: &Headers, frame_len: usize) -> Headers {
    Headers {
        ip_offset: all.ip_offset,
        outer_ip_offset: all.outer_ip_offset,
        transport_offset: all.transport_offset,
        payload_offset: all.payload_offset,
        payload_end: all.payload_end,
        ..without_payload(own, flow, frame_len)
    }
}

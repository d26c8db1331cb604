//! The walk by the standards: from the link to the packet that counts, as deep as tunnels can be read.

mod link;
mod network;

use std::ops::Range;

use crate::ip::protocol;
use crate::transport::udp;
use crate::tunnels::{self, Carrier, Inside, Layer, Payload, TunnelHeader};
use crate::{Fragment, Headers, Ignored, LinkType, MAX_HEADERS, Reading, Tunnel, TunnelSet};

/// Bytes of a frame that are read at most, so that offsets fit in 32 bits.
const MAX_FRAME: usize = 1 << 30;

/// Longest datagram of which only the first fragment is known, in bytes.
const MAX_DATAGRAM: usize = 0xffff;

/// Finds the packet that counts in a frame.
pub(crate) fn decode(link: LinkType, frame: &[u8], reading: &Reading) -> Result<Headers, Ignored> {
    let frame = frame.get(..MAX_FRAME).unwrap_or(frame);
    let walk = Walk { frame, reading };
    let end = frame.len().max(MAX_FRAME.min(reading.wire_len as usize));
    let headers = Headers::EMPTY;
    let layer = Layer::Frame(link);
    let mut place = Place { layer, offset: 0, end, carrier: None, is_strict: false, headers };
    let mut packet = walk.read(&mut place)?;
    for _ in 0..MAX_HEADERS {
        let Some((inner, found)) = walk.enter(&place.headers, &packet, reading.tunnels) else { break };
        (place, packet) = (inner, found);
    }
    let mut headers = place.headers;
    if reading.tunnels != TunnelSet::All {
        headers.carries_tunnel = walk.enter(&headers, &packet, TunnelSet::All).is_some();
    }
    Ok(headers)
}

/// A frame on its way to the packet that counts.
#[derive(Clone, Copy)]
struct Walk<'a> {
    frame: &'a [u8],
    reading: &'a Reading,
}

/// A place in a frame, and what is known from the way to it.
struct Place {
    layer: Layer,
    offset: usize,
    /// Where the layer ends on the wire, with a trailer if there is one.
    end: usize,
    /// Offset of the IP header of the packet that carries the tunnel.
    carrier: Option<usize>,
    /// Whether what is here has to be announced and has to end where the layer ends. It has to in a tunnel: otherwise
    /// the packet that seems to carry a tunnel is one of another protocol.
    is_strict: bool,
    headers: Headers,
}

/// Where a packet is that counts, unless it carries another one.
#[derive(Clone, Copy)]
struct Packet {
    /// Offset of its payload, after all headers of IP.
    payload: usize,
    /// Where it ends on the wire.
    end: usize,
    is_segment_routed: bool,
}

impl<'a> Walk<'a> {
    fn captured_from(&self, offset: usize) -> &'a [u8] {
        self.frame.get(offset..).unwrap_or_default()
    }

    /// Reads from a place to the next packet, whose headers are then those of the place.
    #[inline]
    fn read(&self, place: &mut Place) -> Result<Packet, Ignored> {
        self.find_ip(place)?;
        self.read_ip(place)
    }

    /// The packet in a tunnel that a packet carries; `None` if it carries none that can be read.
    #[inline]
    fn enter(&self, headers: &Headers, packet: &Packet, tunnels: TunnelSet) -> Option<(Place, Packet)> {
        let is_datagram = headers.protocol == protocol::UDP && headers.transport_size > 0;
        if !is_datagram && !tunnels::is_carrier(headers.protocol) || tunnels == TunnelSet::None {
            return None;
        }
        // Fragments that count are put together, and then read as a whole.
        match headers.fragment {
            Fragment::Later => return None,
            Fragment::First if self.reading.counts_fragments => return None,
            Fragment::First | Fragment::Whole => {}
        }
        // Of a datagram in fragments, the end is not known.
        let end = match headers.fragment {
            Fragment::Whole => packet.end,
            Fragment::First | Fragment::Later => packet.payload + MAX_DATAGRAM,
        };
        match is_datagram {
            true => self.enter_datagram(headers, packet, end, tunnels),
            false => {
                let is_carrier = |carrier| carrier == Carrier::Protocol(headers.protocol);
                self.enter_any(headers, packet, tunnels, is_carrier, packet.payload..end)
            }
        }
    }

    #[inline]
    fn enter_datagram(
        &self,
        headers: &Headers,
        packet: &Packet,
        end: usize,
        tunnels: TunnelSet,
    ) -> Option<(Place, Packet)> {
        let header = udp::Header::new(self.captured_from(packet.payload).first_chunk()?);
        if !tunnels::may_be(&header) {
            return None;
        }
        let len = if header.len() < udp::LEN { usize::MAX } else { header.len() };
        let end = packet.payload.saturating_add(len).min(end);
        let is_carrier = |carrier| matches!(carrier, Carrier::Udp(port) if header.has_port(port));
        self.enter_any(headers, packet, tunnels, is_carrier, packet.payload + udp::LEN..end)
    }

    /// Tries the tunnels that a packet may carry where its payload is on the wire.
    #[cold]
    fn enter_any(
        &self,
        headers: &Headers,
        packet: &Packet,
        tunnels: TunnelSet,
        is_carrier: impl Fn(Carrier) -> bool,
        on_wire: Range<usize>,
    ) -> Option<(Place, Packet)> {
        let payload = Payload {
            bytes: self.frame.get(on_wire.start..on_wire.end.min(self.frame.len()))?,
            len: on_wire.len(),
            ip_version: headers.ip_version,
            is_segment_routed: packet.is_segment_routed,
            number: headers.protocol.into(),
        };
        let outside = Headers {
            src_mac: headers.src_mac,
            dst_mac: headers.dst_mac,
            vlan_id: headers.vlan_id,
            tunnel_depth: headers.tunnel_depth,
            is_length_mended: headers.is_length_mended,
            fragment: headers.fragment,
            ..Headers::EMPTY
        };
        tunnels::announced_by(is_carrier, tunnels).find_map(|(tunnel, header)| {
            let mut place = Self::open(*tunnel, header, payload, on_wire.start, &outside)?;
            place.carrier = Some(headers.ip_offset as usize);
            let packet = self.read(&mut place).ok()?;
            Some((place, packet))
        })
    }

    /// The place that the header of a tunnel leads to. The payload is at `start`.
    fn open(
        tunnel: Tunnel,
        header: &TunnelHeader,
        payload: Payload<'_>,
        start: usize,
        outside: &Headers,
    ) -> Option<Place> {
        let Inside { layer, offset, end, id, macs } = (header.open)(payload)?;
        let (src_mac, dst_mac) = macs.unwrap_or((outside.src_mac, outside.dst_mac));
        let tunnel_depth = outside.tunnel_depth.saturating_add(1);
        let headers = Headers { tunnel, tunnel_id: id, tunnel_depth, src_mac, dst_mac, ..*outside };
        (offset < end).then_some(Place {
            layer,
            offset: start + offset,
            end: start + end,
            carrier: None,
            is_strict: true,
            headers,
        })
    }
}

//! The walk by the standards: from the link to the packet that counts, as deep as tunnels can be read.

mod link;
mod network;

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
    let layer = Layer::Frame(link);
    let start = Place { layer, offset: 0, end, carrier: None, is_strict: false, headers: Headers::EMPTY };
    let mut packet = walk.read(start)?;
    for _ in 0..MAX_HEADERS {
        let Some(inner) = walk.enter(&packet, reading.tunnels) else { break };
        packet = inner;
    }
    if reading.tunnels != TunnelSet::All {
        packet.headers.carries_tunnel = walk.enter(&packet, TunnelSet::All).is_some();
    }
    Ok(packet.headers)
}

/// A frame on its way to the packet that counts.
#[derive(Clone, Copy)]
struct Walk<'a> {
    frame: &'a [u8],
    reading: &'a Reading,
}

/// A place in a frame, and what is known from the way to it.
#[derive(Clone, Copy)]
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

/// A packet that counts, unless it carries another one.
#[derive(Clone, Copy)]
struct Packet {
    headers: Headers,
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

    /// Reads from a place to the next packet.
    #[inline]
    fn read(&self, place: Place) -> Result<Packet, Ignored> {
        let place = self.find_ip(place)?;
        self.read_ip(place)
    }

    /// The packet in a tunnel that a packet carries; `None` if it carries none that can be read.
    #[inline]
    fn enter(&self, packet: &Packet, tunnels: TunnelSet) -> Option<Packet> {
        let headers = &packet.headers;
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
        if is_datagram { self.enter_datagram(packet, tunnels) } else { self.enter_packet(packet, tunnels) }
    }

    #[inline]
    fn enter_datagram(&self, packet: &Packet, tunnels: TunnelSet) -> Option<Packet> {
        let header = udp::Header::new(self.captured_from(packet.payload).first_chunk()?);
        if !tunnels::may_be(&header) {
            return None;
        }
        let len = if header.len() < udp::LEN { usize::MAX } else { header.len() };
        let end = packet.payload.saturating_add(len).min(Self::datagram_end(packet));
        let is_carrier = |carrier| matches!(carrier, Carrier::Udp(port) if header.has_port(port));
        self.enter_any(packet, tunnels, is_carrier, packet.payload + udp::LEN, end)
    }

    #[cold]
    fn enter_packet(&self, packet: &Packet, tunnels: TunnelSet) -> Option<Packet> {
        let is_carrier = |carrier| carrier == Carrier::Protocol(packet.headers.protocol);
        self.enter_any(packet, tunnels, is_carrier, packet.payload, Self::datagram_end(packet))
    }

    /// Where the datagram of a packet ends, at the latest.
    fn datagram_end(packet: &Packet) -> usize {
        match packet.headers.fragment {
            Fragment::Whole => packet.end,
            Fragment::First | Fragment::Later => packet.payload + MAX_DATAGRAM,
        }
    }

    /// Tries the tunnels that a packet may carry from `start` to `end`.
    #[cold]
    fn enter_any(
        &self,
        packet: &Packet,
        tunnels: TunnelSet,
        is_carrier: impl Fn(Carrier) -> bool,
        start: usize,
        end: usize,
    ) -> Option<Packet> {
        let headers = &packet.headers;
        let payload = Payload {
            bytes: self.frame.get(start..end.min(self.frame.len()))?,
            len: end.checked_sub(start)?,
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
        let carrier = Some(headers.ip_offset as usize);
        tunnels::announced_by(is_carrier, tunnels).find_map(|(tunnel, header)| {
            let inside = Self::open(*tunnel, header, payload, start, outside)?;
            self.read(Place { carrier, ..inside }).ok()
        })
    }

    /// The place that the header of a tunnel leads to. The payload is at `start`.
    fn open(
        tunnel: Tunnel,
        header: &TunnelHeader,
        payload: Payload<'_>,
        start: usize,
        headers: Headers,
    ) -> Option<Place> {
        let Inside { layer, offset, end, id, macs } = (header.open)(payload)?;
        let (src_mac, dst_mac) = macs.unwrap_or((headers.src_mac, headers.dst_mac));
        let tunnel_depth = headers.tunnel_depth.saturating_add(1);
        let headers = Headers { tunnel, tunnel_id: id, tunnel_depth, src_mac, dst_mac, ..headers };
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

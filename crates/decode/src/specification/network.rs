//! IP headers (RFC 791, RFC 8200), and the lengths of packets whose headers do not give them.
use super::{Packet, Place, Walk};
use crate::ip::{ipv4, ipv6};
use crate::segment;
use crate::{Fragment, Headers, Ignored};

/// Most bytes of padding after a packet in an Ethernet frame that has no other payload than its IPv6 header.
const MAX_PADDING: usize = 6;

/// An IP header, as far as both versions have the same.
struct Ip {
    /// Bytes of all headers of IP.
    header_len: usize,
    /// Bytes of headers and payload on the wire.
    size: usize,
    fragment: Fragment,
    is_mended: bool,
    is_segment_routed: bool,
}

impl Walk<'_> {
    /// Reads the packet at a place.
    #[inline]
    pub(super) fn read_ip(&self, place: &mut Place) -> Result<Packet, Ignored> {
        let bytes = self.captured_from(place.offset);
        let on_wire = place.end.saturating_sub(place.offset);
        let ip = match bytes.first().map(|first| first >> 4) {
            Some(4) => self.read_ipv4(bytes, on_wire, &mut place.headers)?,
            Some(6) => self.read_ipv6(bytes, on_wire, &mut place.headers)?,
            Some(_) => return Err(Ignored::NotIp),
            None => return Err(Ignored::TooShort),
        };
        if place.is_strict && ip.size > on_wire {
            return Err(Ignored::IpLength);
        }
        if ip.fragment == Fragment::Later && !self.reading.counts_fragments {
            return Err(Ignored::LaterFragment);
        }
        let headers = &mut place.headers;
        if ip.fragment != Fragment::Whole {
            headers.fragment = ip.fragment;
        }
        headers.is_length_mended |= ip.is_mended;
        headers.ip_offset = place.offset as u32;
        headers.outer_ip_offset = place.carrier.unwrap_or(place.offset) as u32;
        headers.ip_size = ip.size as u32;
        self.read_transport(&ip, place.offset, headers);
        Ok(Packet {
            payload: place.offset + ip.header_len,
            end: place.offset + ip.size.min(on_wire),
            is_segment_routed: ip.is_segment_routed,
        })
    }

    #[inline]
    fn read_ipv4(&self, bytes: &[u8], on_wire: usize, headers: &mut Headers) -> Result<Ip, Ignored> {
        let header = ipv4::Header::new(bytes).ok_or(Ignored::IpTruncated)?;
        let header_len = header.header_len();
        if header_len > bytes.len() {
            return Err(Ignored::IpTruncated);
        }
        let is_mended = header.total_len() == 0 && self.reading.mends_lengths;
        let size = if is_mended { on_wire } else { header.total_len() };
        if header_len < ipv4::LEN || size < header_len {
            return Err(Ignored::IpLength);
        }
        headers.ip_version = 4;
        headers.protocol = header.protocol();
        headers.src = header.source();
        headers.dst = header.destination();
        let fragment = match header.is_fragment() {
            false => Fragment::Whole,
            true if header.is_later_fragment() => Fragment::Later,
            true => Fragment::First,
        };
        Ok(Ip { header_len, size, fragment, is_mended, is_segment_routed: false })
    }

    #[inline]
    fn read_ipv6(&self, bytes: &[u8], on_wire: usize, headers: &mut Headers) -> Result<Ip, Ignored> {
        let (header, rest) = ipv6::Header::split(bytes).ok_or(Ignored::IpTruncated)?;
        let payload_on_wire = on_wire.checked_sub(ipv6::LEN).ok_or(Ignored::IpLength)?;
        let mended = match header.payload_len() {
            0 if self.reading.mends_lengths => mended_payload(&header, rest, payload_on_wire),
            _ => None,
        };
        let payload_len = mended.unwrap_or_else(|| header.payload_len());
        if payload_len > payload_on_wire {
            return Err(Ignored::IpLength);
        }
        let chain = ipv6::Chain::new(header.next_header(), rest, payload_len)?;
        headers.ip_version = 6;
        headers.protocol = chain.protocol;
        headers.src = header.source();
        headers.dst = header.destination();
        Ok(Ip {
            header_len: ipv6::LEN + chain.len,
            size: ipv6::LEN + payload_len,
            fragment: chain.fragment,
            is_mended: mended.is_some(),
            is_segment_routed: chain.is_segment_routed,
        })
    }

    #[inline]
    fn read_transport(&self, ip: &Ip, ip_offset: usize, headers: &mut Headers) {
        let transport_offset = ip_offset + ip.header_len;
        let len = ip.size - ip.header_len;
        let (size, header_len) = match ip.fragment {
            Fragment::Later => (len, 0),
            Fragment::First => segment::read_first(headers, self.captured_from(transport_offset), len),
            Fragment::Whole => segment::read(headers, self.captured_from(transport_offset), len),
        };
        let payload_end = self.frame.len().min(ip_offset + ip.size);
        headers.transport_size = size as u32;
        headers.payload_size = size.saturating_sub(header_len) as u32;
        headers.transport_offset = transport_offset as u32;
        headers.payload_offset = payload_end.min(transport_offset + header_len) as u32;
        headers.payload_end = payload_end as u32;
    }
}

/// The bytes after an IPv6 header whose payload length is 0: those of the jumbo payload option (RFC 2675), else those of
/// the frame; `None` if there is nothing but padding.
#[cold]
fn mended_payload(header: &ipv6::Header<'_>, rest: &[u8], on_wire: usize) -> Option<usize> {
    let jumbo = ipv6::jumbo_payload_len(header.next_header(), rest).filter(|len| *len <= on_wire);
    let has_payload = header.next_header() != ipv6::NO_NEXT_HEADER && on_wire > MAX_PADDING;
    jumbo.or_else(|| has_payload.then_some(on_wire))
}

//! Reads the transport header of a packet into its [`Headers`].
use crate::Headers;
use crate::ip::protocol;
use crate::transport::{icmp, tcp, udp};

/// Reads the transport header of an IP packet that is long enough for one; returns the bytes of transport header and
/// payload, and those of the header.
///
/// `segment` holds the captured bytes after the IP headers, `len` how many there are in the packet. Missing bytes of a
/// header read as zeros, and as a TCP header without options.
#[inline]
pub(crate) fn read(headers: &mut Headers, segment: &[u8], len: usize) -> (usize, usize) {
    match headers.protocol {
        protocol::TCP if len >= tcp::LEN => (len, read_tcp(headers, segment)),
        protocol::UDP if len >= udp::LEN => (len, read_udp(headers, segment)),
        protocol::ICMP | protocol::ICMPV6 => (len, icmp::LEN),
        _ => (0, 0),
    }
}

/// The same for the first fragment of a packet, which may end before the transport header does. All of what it has of
/// the header is read as one, so that at least the ports are known.
#[cold]
pub(crate) fn read_first(headers: &mut Headers, segment: &[u8], len: usize) -> (usize, usize) {
    let segment = segment.get(..len).unwrap_or(segment);
    match headers.protocol {
        protocol::TCP if (PORTS_LEN..tcp::LEN).contains(&len) => {
            read_udp(headers, segment);
            headers.tcp_flags = segment.get(tcp::FLAGS).copied().unwrap_or(0);
            (len, len)
        }
        _ => read(headers, segment, len),
    }
}

/// Bytes of the ports, which both TCP and UDP begin with.
const PORTS_LEN: usize = 4;

/// Reads a TCP header; returns its length.
#[inline]
fn read_tcp(headers: &mut Headers, segment: &[u8]) -> usize {
    let padded;
    let header = match segment.first_chunk() {
        Some(header) => header,
        None => {
            padded = pad(segment, tcp::WITHOUT_OPTIONS);
            &padded
        }
    };
    let header = tcp::Header::new(header);
    headers.src_port = header.source_port();
    headers.dst_port = header.destination_port();
    headers.tcp_flags = header.flags();
    header.header_len()
}

/// Reads a UDP header; returns its length.
#[inline]
fn read_udp(headers: &mut Headers, segment: &[u8]) -> usize {
    let padded;
    let header = match segment.first_chunk() {
        Some(header) => header,
        None => {
            padded = pad(segment, [0; udp::LEN]);
            &padded
        }
    };
    let header = udp::Header::new(header);
    headers.src_port = header.source_port();
    headers.dst_port = header.destination_port();
    udp::LEN
}

/// Completes a header of which only the beginning was captured, with the bytes of `rest`.
#[cold]
fn pad<const N: usize>(captured: &[u8], mut rest: [u8; N]) -> [u8; N] {
    for (to, from) in rest.iter_mut().zip(captured) {
        *to = *from;
    }
    rest
}

//! Fast path for the most common frames, TCP or UDP in IP in Ethernet, which do not need the walk.
use crate::ip::{ipv4, ipv6, protocol};
use crate::link::ethernet;
use crate::reading::Rules;
use crate::transport::{tcp, udp};
use crate::{Address, Headers, LinkType, Reading, TunnelSet, tunnels};

/// Longest frame that is read here. Longer frames go to the walk, which computes in 16 bits for some of them.
const MAX_FRAME: usize = 0xffff;

/// Fields of an IP header.
struct Ip {
    src: Address,
    dst: Address,
    version: u8,
    protocol: u8,
    header_len: usize,
    size: usize,
}

/// Reads a plain IPv4 frame as both walks do, in less than half their time; returns `None` for every other frame.
#[inline]
pub(crate) fn ipv4_headers(link: LinkType, frame: &[u8], reading: &Reading) -> Option<Headers> {
    let (link_header, packet) = split(link, ethernet::IPV4, frame)?;
    with_transport(&link_header, &read_ipv4(packet)?, frame, reading)
}

/// Reads a plain IPv6 frame in the same way.
#[inline]
pub(crate) fn ipv6_headers(link: LinkType, frame: &[u8], reading: &Reading) -> Option<Headers> {
    let (link_header, packet) = split(link, ethernet::IPV6, frame)?;
    with_transport(&link_header, &read_ipv6(packet)?, frame, reading)
}

#[inline]
fn split(link: LinkType, ethertype: u16, frame: &[u8]) -> Option<(ethernet::Header<'_>, &[u8])> {
    if link != LinkType::ETHERNET || frame.len() > MAX_FRAME {
        return None;
    }
    let (header, packet) = frame.split_first_chunk()?;
    let header = ethernet::Header::from_array(header);
    (header.type_or_length() == ethertype).then_some((header, packet))
}

#[inline]
fn with_transport(
    link_header: &ethernet::Header<'_>,
    ip: &Ip,
    frame: &[u8],
    reading: &Reading,
) -> Option<Headers> {
    let transport_offset = ethernet::LEN + ip.header_len;
    let segment = frame.get(transport_offset..)?;
    let transport_size = ip.size.checked_sub(ip.header_len)?;
    let ports = udp::Header::new(segment.first_chunk()?);
    let (tcp_flags, header_len) = match ip.protocol {
        protocol::TCP if transport_size >= tcp::LEN => {
            let header = tcp::Header::new(segment.first_chunk()?);
            (header.flags(), header.header_len())
        }
        protocol::UDP if transport_size >= udp::LEN => {
            // By the rules of the reference, what the ports of a datagram in IPv6 are takes more than a look.
            let is_for_the_walk =
                ip.version == 6 && reading.rules == Rules::Reference && reading.tunnels != TunnelSet::None;
            if is_for_the_walk || tunnels::may_be(&ports) {
                return None;
            }
            (0, udp::LEN)
        }
        _ => return None,
    };
    let payload_end = frame.len().min(ethernet::LEN + ip.size);
    // All values are below 2 * MAX_FRAME.
    Some(Headers {
        src: ip.src,
        dst: ip.dst,
        src_mac: link_header.source(),
        dst_mac: link_header.destination(),
        src_port: ports.source_port(),
        dst_port: ports.destination_port(),
        ip_version: ip.version,
        protocol: ip.protocol,
        tcp_flags,
        ip_size: ip.size as u32,
        transport_size: transport_size as u32,
        payload_size: transport_size.saturating_sub(header_len) as u32,
        ip_offset: ethernet::LEN as u32,
        outer_ip_offset: ethernet::LEN as u32,
        transport_offset: transport_offset as u32,
        payload_offset: payload_end.min(transport_offset + header_len) as u32,
        payload_end: payload_end as u32,
        ..Headers::EMPTY
    })
}

#[inline]
fn read_ipv4(packet: &[u8]) -> Option<Ip> {
    let header = ipv4::Header::new(packet)?;
    if header.version() != 4 || header.is_fragment() || header.header_len() < ipv4::LEN {
        return None;
    }
    Some(Ip {
        src: header.source(),
        dst: header.destination(),
        version: 4,
        protocol: header.protocol(),
        header_len: header.header_len(),
        size: header.total_len(),
    })
}

#[inline]
fn read_ipv6(packet: &[u8]) -> Option<Ip> {
    let header = ipv6::Header::new(packet)?;
    let size = ipv6::LEN + header.payload_len();
    if header.version() != 6 || size > packet.len() {
        return None;
    }
    Some(Ip {
        src: header.source(),
        dst: header.destination(),
        version: 6,
        protocol: header.next_header(),
        header_len: ipv6::LEN,
        size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::Pass;
    use crate::walk::Walk;
    use crate::{Ignored, specification};
    use proptest::prelude::*;

    /// Type and IP header of 36 bytes of TCP.
    const IPV4: [u8; 22] = [8, 0, 0x45, 0, 0, 56, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    const IPV6: [u8; 10] = [0x86, 0xdd, 0x60, 0, 0, 0, 0, 36, 6, 64];

    /// A TCP header and 16 bytes of payload, after addresses of zeros and the beginning of an IP header.
    fn frame(type_and_ip: &[u8], ip_header_len: usize) -> Vec<u8> {
        let mut frame = [&[0; 12], type_and_ip].concat();
        frame.resize(14 + ip_header_len + 36, 0);
        frame[14 + ip_header_len + 12] = 0x50;
        frame
    }

    fn plain(frame: &[u8], reading: &Reading) -> Option<Headers> {
        ipv4_headers(LinkType::ETHERNET, frame, reading)
            .or_else(|| ipv6_headers(LinkType::ETHERNET, frame, reading))
    }

    fn walk(frame: &[u8], reading: &Reading) -> Result<Headers, Ignored> {
        if reading.rules == Rules::Specification {
            return specification::decode(LinkType::ETHERNET, frame, reading);
        }
        let mut headers = Headers::EMPTY;
        let decode_tunnels = reading.tunnels != TunnelSet::None;
        let walk = Walk::new(LinkType::ETHERNET, frame, decode_tunnels, Pass::Reference, &mut headers);
        walk.run().map(|()| headers)
    }

    #[test]
    fn plain_frames_are_not_left_to_the_walk() {
        for reading in [Reading::REFERENCE, Reading::SPECIFICATION] {
            for frame in [frame(&IPV4, 20), frame(&IPV6, 40)] {
                let found = plain(&frame, &reading);
                assert_eq!(found.map(Ok), Some(walk(&frame, &reading)));
                assert_eq!(found.map(|found| found.payload_size), Some(16));
            }
        }
        let mut datagram = frame(&IPV6, 40);
        (datagram[20], datagram[55], datagram[57]) = (protocol::UDP, 80, 80);
        assert!(plain(&datagram, &Reading::SPECIFICATION).is_some(), "UDP in IPv6, too");
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_read_as_the_walk_reads_it(
            mut frame in prop::sample::select(vec![frame(&IPV4, 20), frame(&IPV6, 40)]),
            edits in prop::collection::vec((12..90usize, any::<u8>()), 0..4),
            protocol in prop::sample::select(vec![protocol::TCP, protocol::UDP, 1, protocol::GRE]),
            port in prop::sample::select([vec![80], tunnels::ports()].concat()),
            cut in prop::option::of(0..90usize),
            reading in prop::sample::select(vec![Reading::REFERENCE, Reading::SPECIFICATION]),
            decode_tunnels: bool,
        ) {
            let reading = reading.with_tunnels(decode_tunnels).of_frame(90, false);
            let is_ipv4 = frame[12] == 8;
            frame[if is_ipv4 { 23 } else { 20 }] = protocol;
            let ports = if is_ipv4 { 34 } else { 54 };
            frame[ports + 2..ports + 4].copy_from_slice(&port.to_be_bytes());
            for (at, byte) in edits {
                if let Some(to) = frame.get_mut(at) {
                    *to = byte;
                }
            }
            frame.truncate(cut.unwrap_or(frame.len()));
            if let Some(found) = plain(&frame, &reading) {
                prop_assert_eq!(Ok(found), walk(&frame, &reading));
            }
        }
    }
}

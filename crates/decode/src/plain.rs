//! The frame that most captures are made of: TCP or UDP in whole IPv4 in Ethernet. Straight through, without the walk.
use crate::{Headers, LinkType, Tunnel, capwap, ethernet, gtp_u, ipv4, tcp, tzsp, udp, walk};

/// Longer frames are left to the walk, whose arithmetic is in 16 bits for some of them.
const MAX_FRAME: usize = 0xffff;

/// Reads a plain frame as [`Walk`](walk::Walk) does, in a third of its time; `None` for every other frame.
#[inline]
pub(crate) fn headers(link: LinkType, frame: &[u8], decode_tunnels: bool) -> Option<Headers> {
    if link != LinkType::ETHERNET || frame.len() > MAX_FRAME {
        return None;
    }
    let (link_header, packet) = frame.split_first_chunk()?;
    let link_header = ethernet::Header::from_array(link_header);
    let ip = ipv4::Header::new(packet)?;
    let (ip_header_len, ip_size) = (ip.header_len(), ip.total_len());
    if link_header.type_or_length() != ethernet::IPV4 || ip.version() != 4 || ip.is_later_fragment() {
        return None;
    }
    let segment = packet.get(ip_header_len..)?;
    let transport_size = ip_size.checked_sub(ip_header_len)?;
    let ports = udp::Header::new(segment.first_chunk()?);
    let protocol = ip.protocol();
    let (tcp_flags, header_len) = match protocol {
        walk::TCP if transport_size >= tcp::LEN => {
            let header = tcp::Header::new(segment.first_chunk()?);
            (header.flags(), header.header_len())
        }
        walk::UDP if transport_size >= udp::LEN && !(decode_tunnels && may_be_tunnel(&ports)) => {
            (0, udp::LEN)
        }
        _ => return None,
    };
    let transport_offset = ethernet::LEN + ip_header_len;
    let payload_end = frame.len().min(ethernet::LEN + ip_size);
    // Everything is below 2 * MAX_FRAME.
    Some(Headers {
        src: ip.source(),
        dst: ip.destination(),
        src_mac: link_header.source(),
        dst_mac: link_header.destination(),
        src_port: ports.source_port(),
        dst_port: ports.destination_port(),
        vlan_id: 0,
        ip_version: 4,
        protocol,
        tunnel: Tunnel::None,
        tcp_flags,
        ip_size: ip_size as u32,
        transport_size: transport_size as u32,
        payload_size: transport_size.saturating_sub(header_len) as u32,
        ip_offset: ethernet::LEN as u32,
        transport_offset: transport_offset as u32,
        payload_offset: payload_end.min(transport_offset + header_len) as u32,
        payload_end: payload_end as u32,
    })
}

#[inline]
fn may_be_tunnel(ports: &udp::Header<'_>) -> bool {
    let is_tunnel = |port| matches!(port, gtp_u::PORT | capwap::DATA_PORT | tzsp::PORT);
    is_tunnel(ports.source_port()) || is_tunnel(ports.destination_port())
}

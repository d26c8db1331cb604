//! Whether bytes may be an IP packet or a frame with one, for tunnels whose headers do not say what they carry.
use super::payload::Payload;
use crate::ip::{ipv4, ipv6};
use crate::link::{ethernet, mpls, ppp, pppoe, vlan};

/// Most bytes after an IP packet in an Ethernet frame: the padding to 60 bytes, and a check sequence.
const MAX_TRAILER: usize = 64;

/// Most VLAN tags of a frame that is recognised by its looks.
const MAX_TAGS: usize = 4;

/// Next header numbers that packets of version 6 have in practice.
const NEXT_HEADERS: &[u8] =
    &[0, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 88, 89, 103, 112, 115, 132, 135, 136];

/// Whether the payload is an IP packet and nothing else.
pub(super) fn is_ip(payload: Payload<'_>) -> bool {
    ip_len(payload) == Some(payload.len)
}

/// Whether the payload begins with an IP packet.
pub(crate) fn begins_with_ip(payload: Payload<'_>) -> bool {
    ip_len(payload).is_some()
}

/// Whether the payload is an Ethernet frame with an IP packet.
pub(super) fn is_ethernet(payload: Payload<'_>) -> bool {
    has_ip_in_ethernet(payload).unwrap_or(false)
}

fn has_ip_in_ethernet(payload: Payload<'_>) -> Option<bool> {
    let mut offset = ethernet::LEN;
    for _ in 0..MAX_TAGS {
        let rest = payload.rest(offset)?;
        offset += match payload.u16(offset - 2)? {
            ethernet::IPV4 | ethernet::IPV6 => return Some(is_ip_with_trailer(rest)),
            ethernet::VLAN | ethernet::SERVICE_VLAN | ethernet::OLD_SERVICE_VLAN => vlan::LEN,
            ethernet::MPLS | ethernet::MPLS_UPSTREAM => {
                let (_, len) = mpls::bottom(rest.bytes)?;
                return Some(is_ip_with_trailer(rest.rest(len)?));
            }
            ethernet::PPPOE_SESSION if pppoe::is_session_data(rest.bytes) => {
                let frame = rest.rest(pppoe::HEADER_LEN)?;
                let (_, len) = ppp::protocol(frame.bytes)?;
                return Some(is_ip_with_trailer(frame.rest(len)?));
            }
            _ => return None,
        };
    }
    None
}

fn is_ip_with_trailer(payload: Payload<'_>) -> bool {
    ip_len(payload).is_some_and(|len| payload.len - len <= MAX_TRAILER)
}

/// Length of the IP packet at the start of the payload, if all in its header agrees.
fn ip_len(payload: Payload<'_>) -> Option<usize> {
    let len = match payload.bytes.first()? >> 4 {
        4 => {
            let header = ipv4::Header::new(payload.bytes)?;
            let options = payload.bytes.get(..header.header_len())?;
            let is_right = header.header_len() >= ipv4::LEN
                && header.total_len() >= header.header_len()
                && ipv4::has_right_checksum(options);
            is_right.then(|| header.total_len())
        }
        6 => {
            let header = ipv6::Header::new(payload.bytes)?;
            NEXT_HEADERS.contains(&header.next_header()).then(|| ipv6::LEN + header.payload_len())
        }
        _ => None,
    };
    len.filter(|len| *len <= payload.len)
}

/// Whether the payload is a PPP frame with an IP packet.
pub(super) fn is_ppp(payload: Payload<'_>) -> bool {
    match ppp::protocol(payload.bytes) {
        Some((ppp::IPV4 | ppp::IPV6, offset)) => payload.rest(offset).is_some_and(is_ip),
        _ => false,
    }
}

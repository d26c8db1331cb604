//! Whether bytes may be an IP packet or a frame with one, for tunnels whose headers do not say what they carry.
use super::payload::Payload;
use crate::ip::{ipv4, ipv6};
use crate::link::{ethernet, ppp, vlan};

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
pub(super) fn begins_with_ip(payload: Payload<'_>) -> bool {
    ip_len(payload).is_some()
}

/// Whether the payload is an Ethernet frame with an IP packet.
pub(super) fn is_ethernet(payload: Payload<'_>) -> bool {
    has_ip_in_ethernet(payload).unwrap_or(false)
}

fn has_ip_in_ethernet(payload: Payload<'_>) -> Option<bool> {
    let mut offset = ethernet::LEN;
    for _ in 0..MAX_TAGS {
        match payload.u16(offset - 2)? {
            ethernet::IPV4 | ethernet::IPV6 => {
                let packet = payload.rest(offset)?;
                return Some(ip_len(packet).is_some_and(|len| packet.len - len <= MAX_TRAILER));
            }
            ethernet::VLAN | ethernet::SERVICE_VLAN => offset += vlan::LEN,
            _ => return None,
        }
    }
    None
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

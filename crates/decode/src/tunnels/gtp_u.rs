//! GTP-U, the user plane of the GPRS Tunnelling Protocol (3GPP TS 29.281 section 5).
use super::payload::{Inside, Layer, Payload};
use super::plausible;
use super::tunnel_header::{Carrier, TunnelHeader};
use super::udp_tunnel::{Content, UdpTunnel};
use crate::pass::Pass;
use crate::{Ignored, LinkType, MAX_HEADERS};

/// As nfstream 6.6.0 reads it.
pub(super) const REFERENCE: UdpTunnel =
    UdpTunnel { port: PORT, fewest_bytes: LEN + 1, id: teid, open: open_as_reference };

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(PORT)], is_id_shared: false, open };

/// The registered port.
const PORT: u16 = 2152;

/// Bytes of the mandatory header.
const LEN: usize = 8;
/// Bytes of sequence number, N-PDU number and next extension header type, which are all present when one is flagged.
const OPTIONAL_LEN: usize = 4;
/// Unit of the length of an extension header.
const EXTENSION_UNIT: usize = 4;

const VERSION_1: u8 = 1;
const G_PDU: u8 = 255;
/// GTP, and not GTP', which charging uses.
const FLAG_GTP: u8 = 0x10;
const FLAG_EXTENSION: u8 = 0x04;
const FLAGS_OPTIONAL: u8 = 0x07;

/// Finds the user's IP packet; returns `None` unless the payload is a G-PDU with at least a byte of user data.
#[cold]
fn open_as_reference(payload: &[u8], _: Pass) -> Result<Option<Content>, Ignored> {
    Ok(user_packet(payload).map(Content::LastPacket))
}

/// A user's packet, or frame (5G), after extension headers such as that of the PDU session. The id is the tunnel endpoint
/// identifier, TEID.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let offset = user_packet(payload.bytes)?;
    if payload.bytes.first()? & FLAG_GTP == 0 {
        return None;
    }
    let end = LEN + usize::from(payload.u16(2)?);
    let layer = match payload.bytes.get(offset)? >> 4 {
        4 | 6 if plausible::begins_with_ip(payload.rest(offset)?) => Layer::Ip,
        _ if plausible::is_ethernet(payload.rest(offset)?) => Layer::Frame(LinkType::ETHERNET),
        4 | 6 => Layer::Ip,
        _ => return None,
    };
    Some(Inside::new(layer, offset, payload).up_to(end).with_id(teid(payload.bytes)))
}

/// The tunnel endpoint identifier, which the receiver has chosen.
fn teid(payload: &[u8]) -> u32 {
    payload.get(4..).and_then(<[u8]>::first_chunk).map_or(0, |teid| u32::from_be_bytes(*teid))
}

fn user_packet(payload: &[u8]) -> Option<usize> {
    let &[flags, message_type, ..] = payload.first_chunk::<LEN>()?;
    if flags >> 5 != VERSION_1 || message_type != G_PDU {
        return None;
    }
    let start = match flags {
        _ if flags & FLAG_EXTENSION != 0 => after_extensions(payload)?,
        _ if flags & FLAGS_OPTIONAL != 0 => LEN + OPTIONAL_LEN,
        _ => LEN,
    };
    (start < payload.len()).then_some(start)
}

fn after_extensions(payload: &[u8]) -> Option<usize> {
    let mut next = *payload.get(LEN + OPTIONAL_LEN - 1)?;
    let mut offset = LEN + OPTIONAL_LEN;
    // The flag promises an extension header, so a first type of 0 is malformed.
    if next == 0 {
        return None;
    }
    for _ in 0..MAX_HEADERS {
        let len = usize::from(*payload.get(offset)?) * EXTENSION_UNIT;
        if len == 0 {
            return None;
        }
        offset += len;
        next = *payload.get(offset - 1)?;
        if next == 0 {
            return Some(offset);
        }
    }
    None
}

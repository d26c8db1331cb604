//! VXLAN (RFC 7348), on its registered port and on the one that Linux used before.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(4789), Carrier::Udp(8472)], is_id_shared: true, open };

const LEN: usize = 8;
/// The VNI is valid.
const FLAG_VNI: u8 = 0x08;
/// A group policy follows in fields that are reserved otherwise (draft-smith-vxlan-group-policy).
const FLAG_GROUP: u8 = 0x80;

/// The id is the VNI.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let flags = *payload.bytes.first()?;
    if flags & !FLAG_GROUP != FLAG_VNI {
        return None;
    }
    let vni = payload.u32(4)? >> 8;
    Some(Inside::new(Layer::Frame(LinkType::ETHERNET), LEN, payload).with_id(vni))
}

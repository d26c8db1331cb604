//! VXLAN (RFC 7348), on its registered port and on the one that Linux used before.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(4789), Carrier::Udp(8472)], is_id_shared: true, open };

const LEN: usize = 8;
/// The VNI is valid.
const FLAG_VNI: u8 = 0x08;
/// VXLAN-GPE: a next protocol follows.
const FLAG_NEXT_PROTOCOL: u8 = 0x04;
const ETHERNET: u8 = 3;

/// The id is the VNI. Reserved bits are not looked at (RFC 7348 section 5), except that of VXLAN-GPE, whose Ethernet frames
/// count as VXLAN on these ports.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let [flags, _, _, next, ..] = *payload.array::<LEN>(0)?;
    if flags & FLAG_VNI == 0 || flags & FLAG_NEXT_PROTOCOL != 0 && next != ETHERNET {
        return None;
    }
    let vni = payload.u32(4)? >> 8;
    Some(Inside::new(Layer::Frame(LinkType::ETHERNET), LEN, payload).with_id(vni))
}

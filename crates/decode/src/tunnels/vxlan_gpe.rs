//! Generic Protocol Extension for VXLAN (draft-ietf-nvo3-vxlan-gpe).
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;
use crate::link::ethernet;

/// Linux also sends it on the ports of VXLAN.
pub(super) const TUNNEL: TunnelHeader = TunnelHeader {
    carriers: &[Carrier::Udp(4790), Carrier::Udp(4789), Carrier::Udp(8472)],
    is_id_shared: true,
    open,
};

const LEN: usize = 8;
/// Version 0, the VNI is valid, and a next protocol is given.
const FLAGS: u8 = 0x0c;
/// Broadcast, unknown unicast or multicast.
const FLAG_BUM: u8 = 0x02;

/// The id is the VNI.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let [flags, _, _, next, ..] = *payload.array::<LEN>(0)?;
    if flags & !FLAG_BUM != FLAGS {
        return None;
    }
    let vni = payload.u32(4)? >> 8;
    Some(Inside::new(next_layer(next)?, LEN, payload).with_id(vni))
}

/// What a next protocol number stands for, in VXLAN-GPE, in LISP-GPE and in the Network Service Header.
pub(crate) fn next_layer(next: u8) -> Option<Layer> {
    Some(match next {
        1 => Layer::EtherType(ethernet::IPV4),
        2 => Layer::EtherType(ethernet::IPV6),
        3 => Layer::Frame(LinkType::ETHERNET),
        4 => Layer::EtherType(ethernet::SERVICE_HEADER),
        5 => Layer::Labels,
        _ => return None,
    })
}

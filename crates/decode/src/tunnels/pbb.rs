//! Provider backbone bridges (IEEE 802.1Q clause 9.7, IEEE 802.1ah): MAC in MAC.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;
use crate::link::ethernet;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::EtherType(ethernet::BACKBONE_SERVICE)], is_id_shared: true, open };

/// Bytes of priority, flags and service identifier.
const LEN: usize = 4;

/// The id is that of the service instance, I-SID.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let service = payload.u32(0)? & 0xff_ffff;
    Some(Inside::new(Layer::Frame(LinkType::ETHERNET), LEN, payload).with_id(service))
}

//! `EtherIP` (RFC 3378): an Ethernet frame in IP.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;
use crate::ip::protocol;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Protocol(protocol::ETHER_IP)], is_id_shared: false, open };

/// Version 3 and twelve reserved bits, which are 0.
const HEADER: u16 = 0x3000;
const LEN: usize = 2;

fn open(payload: Payload<'_>) -> Option<Inside> {
    (payload.u16(0)? == HEADER).then(|| Inside::new(Layer::Frame(LinkType::ETHERNET), LEN, payload))
}

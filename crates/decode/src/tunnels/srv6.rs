//! Segment routing over IPv6: packets and frames after a segment routing header (RFC 8754, RFC 8986).
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;
use crate::ip::protocol;

/// A frame also counts as segment routed without the header, which a path of one segment does not need
/// (RFC 8986 section 5.3).
pub(super) const TUNNEL: TunnelHeader = TunnelHeader {
    carriers: &[
        Carrier::Protocol(protocol::IPV4),
        Carrier::Protocol(protocol::IPV6),
        Carrier::Protocol(protocol::ETHERNET),
    ],
    is_id_shared: false,
    open,
};

fn open(payload: Payload<'_>) -> Option<Inside> {
    if payload.number == u16::from(protocol::ETHERNET) {
        return Some(Inside::new(Layer::Frame(LinkType::ETHERNET), 0, payload));
    }
    payload.is_segment_routed.then(|| Inside::new(Layer::Ip, 0, payload))
}

//! IP in IP (RFC 2003, RFC 2473): a whole IP packet as the payload of another one.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::ip::protocol;

/// IPv4 in any IP, and IPv6 in IPv6. IPv6 in IPv4 is a tunnel of its own.
pub(super) const TUNNEL: TunnelHeader = TunnelHeader {
    carriers: &[Carrier::Protocol(protocol::IPV4), Carrier::Protocol(protocol::IPV6)],
    is_id_shared: false,
    open,
};

fn open(payload: Payload<'_>) -> Option<Inside> {
    Some(Inside::new(Layer::Ip, 0, payload))
}

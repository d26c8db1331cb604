//! IPv6 in IPv4: configured tunnels (6in4, RFC 4213), 6to4 (RFC 3056), 6rd (RFC 5969) and ISATAP (RFC 5214).
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::ip::protocol;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Protocol(protocol::IPV6)], is_id_shared: false, open };

fn open(payload: Payload<'_>) -> Option<Inside> {
    (payload.ip_version == 4).then(|| Inside::new(Layer::Ip, 0, payload))
}

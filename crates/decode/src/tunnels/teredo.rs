//! Teredo (RFC 4380): IPv6 in UDP, after an authentication or an origin indication or both.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::link::ethernet;

/// On the port of servers and, by default, of clients. Relays on other ports are not recognised.
pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(3544)], is_id_shared: false, open };

const AUTHENTICATION: u16 = 1;
const ORIGIN: u16 = 0;
const ORIGIN_LEN: usize = 8;
/// Bytes of an authentication without client identifier and authentication value: indicator, lengths, nonce, confirmation.
const AUTHENTICATION_LEN: usize = 4 + 8 + 1;

fn open(payload: Payload<'_>) -> Option<Inside> {
    let mut offset = 0;
    if payload.u16(offset)? == AUTHENTICATION {
        let [client, value] = *payload.array(offset + 2)?;
        offset += AUTHENTICATION_LEN + usize::from(client) + usize::from(value);
    }
    if payload.u16(offset)? == ORIGIN {
        offset += ORIGIN_LEN;
    }
    Some(Inside::new(Layer::EtherType(ethernet::IPV6), offset, payload))
}

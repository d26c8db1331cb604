//! AYIYA (draft-massar-v6ops-ayiya-02), which tunnel brokers of IPv6 used.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::ip::protocol;
use crate::link::ethernet;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(5072)], is_id_shared: false, open };

/// Bytes before the identity: lengths and methods, next header, time.
const LEN: usize = 8;
const SIGNATURE_UNIT: usize = 4;
const FORWARD: u8 = 1;

fn open(payload: Payload<'_>) -> Option<Inside> {
    let [identity, signature, operation, next, ..] = *payload.array::<LEN>(0)?;
    if operation & 0x0f != FORWARD {
        return None;
    }
    let layer = match next {
        protocol::IPV4 => Layer::EtherType(ethernet::IPV4),
        protocol::IPV6 => Layer::EtherType(ethernet::IPV6),
        _ => return None,
    };
    // The length of the identity is a power of two; that of the signature is in units of four bytes.
    let offset = LEN + (1 << (identity >> 4)) + usize::from(signature >> 4) * SIGNATURE_UNIT;
    Some(Inside::new(layer, offset, payload))
}

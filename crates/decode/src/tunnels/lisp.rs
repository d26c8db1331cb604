//! Data of LISP (RFC 9300 section 5) and of its Generic Protocol Extension (RFC 9305).
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use super::vxlan_gpe::next_layer;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(4341)], is_id_shared: true, open };

const LEN: usize = 8;
const FLAG_INSTANCE: u8 = 0x08;
const FLAG_NEXT_PROTOCOL: u8 = 0x04;
/// Number of the key with which the content is encrypted (RFC 8061); 0 if it is not.
const KEY: u8 = 0x03;

/// The id is the instance id, if there is one.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let [flags, _, _, next, high, middle, low, _] = *payload.array::<LEN>(0)?;
    if flags & KEY != 0 {
        return None;
    }
    let layer = if flags & FLAG_NEXT_PROTOCOL == 0 { Layer::Ip } else { next_layer(next)? };
    let id = if flags & FLAG_INSTANCE == 0 { 0 } else { u32::from_be_bytes([0, high, middle, low]) };
    Some(Inside::new(layer, LEN, payload).with_id(id))
}

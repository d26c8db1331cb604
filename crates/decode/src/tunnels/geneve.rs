//! Geneve (RFC 8926).
use super::gre::TRANSPARENT_BRIDGING;
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(6081)], is_id_shared: true, open };

/// Bytes before the options.
const LEN: usize = 8;
const OPTION_UNIT: usize = 4;
const FLAG_CONTROL: u8 = 0x80;

/// The id is the VNI.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let [version_and_options, flags, ..] = *payload.array::<LEN>(0)?;
    if version_and_options >> 6 != 0 || flags & FLAG_CONTROL != 0 {
        return None;
    }
    let layer = match payload.u16(2)? {
        TRANSPARENT_BRIDGING => Layer::Frame(LinkType::ETHERNET),
        ethertype => Layer::EtherType(ethertype),
    };
    let offset = LEN + usize::from(version_and_options & 0x3f) * OPTION_UNIT;
    Some(Inside::new(layer, offset, payload).with_id(payload.u32(4)? >> 8))
}

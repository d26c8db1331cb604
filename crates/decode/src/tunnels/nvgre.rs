//! NVGRE (RFC 7637): Ethernet in GRE whose key is a virtual subnet and a flow.
use super::gre::{Header, TRANSPARENT_BRIDGING};
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;
use crate::ip::protocol;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Protocol(protocol::GRE)], is_id_shared: true, open };

/// The subnets that RFC 7637 section 3.2 does not reserve.
const SUBNETS: std::ops::Range<u32> = 0x1000..0xff_ffff;

/// The header of NVGRE is one of GRE with a key. What tells them apart is the key, whose upper 24 bits are a subnet in
/// NVGRE: in a key below 0x100000, as people give to GRE, they would be a subnet that is reserved.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let header = Header::new(payload)?;
    if header.protocol != TRANSPARENT_BRIDGING || header.has_checksum || header.has_sequence {
        return None;
    }
    let subnet = header.key? >> 8;
    let inside = || Inside::new(Layer::Frame(LinkType::ETHERNET), header.len, payload).with_id(subnet);
    SUBNETS.contains(&subnet).then(inside)
}

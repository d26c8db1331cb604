//! MPLS in GRE (RFC 4023 section 3.2).
use super::gre::Header;
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::ip::protocol;
use crate::link::{ethernet, mpls};

pub(super) const TUNNEL: TunnelHeader = TunnelHeader {
    carriers: &[Carrier::Protocol(protocol::GRE), Carrier::Udp(4754)],
    is_id_shared: false,
    open,
};

/// The id is the label at the bottom of the stack.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let header = Header::new(payload)?;
    if !matches!(header.protocol, ethernet::MPLS | ethernet::MPLS_UPSTREAM) {
        return None;
    }
    let (label, _) = mpls::bottom(payload.bytes.get(header.len..)?)?;
    Some(Inside::new(Layer::Labels, header.len, payload).with_id(label))
}

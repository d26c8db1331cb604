//! MPLS in UDP (RFC 7510).
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::link::mpls;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(6635)], is_id_shared: false, open };

/// The id is the label at the bottom of the stack.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let (label, _) = mpls::bottom(payload.bytes)?;
    Some(Inside::new(Layer::Labels, 0, payload).with_id(label))
}

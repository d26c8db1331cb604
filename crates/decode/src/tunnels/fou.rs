//! Foo over UDP, as Linux has it: the payload is that of an IP protocol, without a header of its own.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use super::{gre, plausible};

/// No port is registered. This is the one of the manual page ip-fou(8).
pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(5555)], is_id_shared: false, open };

/// Nothing says that this is FOU but that a whole IP packet, or one after a header of GRE, is all that the datagram has.
fn open(payload: Payload<'_>) -> Option<Inside> {
    if plausible::is_ip(payload) {
        return Some(Inside::new(Layer::Ip, 0, payload));
    }
    let inside = gre::open(payload)?;
    let rest = payload.rest(inside.offset)?;
    let is_plausible = match inside.layer {
        Layer::Frame(_) => plausible::is_ethernet(rest),
        _ => plausible::is_ip(rest),
    };
    is_plausible.then_some(inside)
}

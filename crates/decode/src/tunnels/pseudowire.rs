//! Ethernet pseudowires over MPLS (RFC 4448), with a control word (RFC 4385) or without.
use super::payload::{Inside, Layer, Payload};
use super::plausible;
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;

/// The label stack before it gives the id, the label at its bottom.
pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Labels], is_id_shared: false, open };

const CONTROL_WORD_LEN: usize = 4;

/// Labels do not say what they carry, so that the frame has to be plausible. A control word begins with 16 zero bits, as
/// hardly an address does.
fn open(payload: Payload<'_>) -> Option<Inside> {
    if plausible::begins_with_ip(payload) {
        return None;
    }
    let has_control_word = payload.u16(0)? == 0 && plausible::is_ethernet(payload.rest(CONTROL_WORD_LEN)?);
    let offset = match has_control_word {
        true => CONTROL_WORD_LEN,
        false if plausible::is_ethernet(payload) => 0,
        false => return None,
    };
    Some(Inside::new(Layer::Frame(LinkType::ETHERNET), offset, payload))
}

//! PPTP (RFC 2637 section 4): PPP in enhanced GRE, which is version 1.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::ip::protocol;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Protocol(protocol::GRE)], is_id_shared: false, open };

/// Bytes of flags, protocol type, payload length and call id.
const LEN: usize = 8;
/// Bytes of a sequence number, and of an acknowledgment number.
const NUMBER_LEN: usize = 4;

const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGMENT: u16 = 0x0080;
/// Key present and version 1, with nothing else but the two flags above.
const FLAGS: u16 = 0x2001;
const PPP: u16 = 0x880b;

/// The id is that of the call, which the receiver has chosen. A packet without a sequence number only acknowledges.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let flags = payload.u16(0)?;
    if flags & !ACKNOWLEDGMENT != FLAGS | SEQUENCE || payload.u16(2)? != PPP {
        return None;
    }
    let offset = LEN + NUMBER_LEN + if flags & ACKNOWLEDGMENT == 0 { 0 } else { NUMBER_LEN };
    let end = offset + usize::from(payload.u16(4)?);
    Some(Inside::new(Layer::Ppp, offset, payload).up_to(end).with_id(payload.u16(6)?.into()))
}

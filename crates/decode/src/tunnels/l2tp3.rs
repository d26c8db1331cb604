//! Data messages of L2TP version 3 (RFC 3931 section 4.1), over UDP and over IP.
use super::payload::{Inside, Layer, Payload};
use super::plausible;
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;
use crate::ip::protocol;

pub(super) const TUNNEL: TunnelHeader = TunnelHeader {
    carriers: &[Carrier::Udp(1701), Carrier::Protocol(protocol::L2TP)],
    is_id_shared: false,
    open,
};

/// Flags, version and reserved bits of a data message over UDP.
const UDP_HEADER: u32 = 0x0003_0000;
const UDP_HEADER_LEN: usize = 4;
const SESSION_LEN: usize = 4;

/// The id is that of the session.
///
/// Messages do not say how long their cookie is (0, 4 or 8 bytes), whether a sublayer of 4 bytes follows, nor what they
/// carry: the ends have agreed on it before. The first length at which a plausible frame begins is taken.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let start = match payload.number {
        number if number == u16::from(protocol::L2TP) => 0,
        _ if payload.u32(0)? == UDP_HEADER => UDP_HEADER_LEN,
        _ => return None,
    };
    // Session 0 is that of control messages.
    let session = payload.u32(start).filter(|session| *session != 0)?;
    let start = start + SESSION_LEN;
    for offset in [start, start + 4, start + 8, start + 12] {
        let rest = payload.rest(offset)?;
        if plausible::is_ethernet(rest) {
            return Some(Inside::new(Layer::Frame(LinkType::ETHERNET), offset, payload).with_id(session));
        }
        if plausible::is_ip(rest) {
            return Some(Inside::new(Layer::Ip, offset, payload).with_id(session));
        }
        if plausible::is_ppp(rest) {
            return Some(Inside::new(Layer::Ppp, offset, payload).with_id(session));
        }
    }
    None
}

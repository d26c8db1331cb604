//! Data messages of L2TP version 2 (RFC 2661 section 3.1), which carry PPP.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(1701)], is_id_shared: false, open };

const CONTROL: u16 = 0x8000;
const LENGTH: u16 = 0x4000;
const SEQUENCE: u16 = 0x0800;
const OFFSET: u16 = 0x0200;
const PRIORITY: u16 = 0x0100;
const VERSION_2: u16 = 2;

/// The id is that of the tunnel in the upper half and that of the session in the lower, as the receiver has chosen them.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let flags = payload.u16(0)?;
    if flags & CONTROL != 0 || flags & !(LENGTH | SEQUENCE | OFFSET | PRIORITY) != VERSION_2 {
        return None;
    }
    let (mut offset, mut end) = (2, payload.len);
    if flags & LENGTH != 0 {
        end = payload.u16(offset)?.into();
        offset += 2;
    }
    let id = payload.u32(offset)?;
    offset += 4;
    if flags & SEQUENCE != 0 {
        offset += 4;
    }
    if flags & OFFSET != 0 {
        offset += 2 + usize::from(payload.u16(offset)?);
    }
    Some(Inside::new(Layer::Ppp, offset, payload).up_to(end).with_id(id))
}

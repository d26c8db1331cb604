//! ERSPAN, mirrored frames in GRE: types I, II and III (draft-foschiano-erspan-03).
use super::gre::Header;
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use crate::LinkType;
use crate::ip::protocol;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Protocol(protocol::GRE)], is_id_shared: false, open };

/// Protocol type of types I and II in GRE.
const TYPE_1_OR_2: u16 = 0x88be;
/// Protocol type of type III in GRE.
const TYPE_3: u16 = 0x22eb;

const TYPE_2_LEN: usize = 8;
const TYPE_3_LEN: usize = 12;
/// Bytes of the subheader that type III may have.
const PLATFORM_LEN: usize = 8;
const VERSION_2: u16 = 1;
const VERSION_3: u16 = 2;

/// The id is that of the session; type I has none.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let header = Header::new(payload)?;
    let frame = |offset| Inside::new(Layer::Frame(LinkType::ETHERNET), offset, payload);
    if header.protocol == TYPE_1_OR_2 && !header.has_sequence {
        return Some(frame(header.len));
    }
    let (version, session) = (payload.u16(header.len)? >> 12, payload.u16(header.len + 2)? & 0x3ff);
    let inside = match header.protocol {
        TYPE_1_OR_2 if version == VERSION_2 => frame(header.len + TYPE_2_LEN),
        TYPE_3 if version == VERSION_3 => {
            // P, frame type (5 bits), hardware (6 bits), D, granularity (2 bits), O.
            let last = payload.u16(header.len + TYPE_3_LEN - 2)?;
            let platform = if last & 1 == 0 { 0 } else { PLATFORM_LEN };
            let inside = frame(header.len + TYPE_3_LEN + platform);
            match last >> 10 & 0x1f {
                0 => inside,
                2 => Inside { layer: Layer::Ip, ..inside },
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(inside.with_id(session.into()))
}

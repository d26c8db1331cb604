//! Generic UDP Encapsulation (draft-ietf-intarea-gue), variants 0 and 1.
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use super::{ether_ip, gre};
use crate::LinkType;
use crate::ip::protocol;

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(6080)], is_id_shared: false, open };

const LEN: usize = 4;
const OPTION_UNIT: usize = 4;
const FLAG_CONTROL: u8 = 0x20;

fn open(payload: Payload<'_>) -> Option<Inside> {
    let [first, next, ..] = *payload.array::<LEN>(0)?;
    match first >> 6 {
        0 if first & FLAG_CONTROL == 0 => {
            let offset = LEN + usize::from(first & 0x1f) * OPTION_UNIT;
            of_protocol(next, payload, offset)
        }
        // The bits of the variant are those that IP packets of both versions begin with.
        1 => Some(Inside::new(Layer::Ip, 0, payload)),
        _ => None,
    }
}

/// What an IP protocol number stands for; GRE gives its key as id.
pub(super) fn of_protocol(number: u8, payload: Payload<'_>, offset: usize) -> Option<Inside> {
    let open = match number {
        protocol::IPV4 | protocol::IPV6 => return Some(Inside::new(Layer::Ip, offset, payload)),
        protocol::ETHERNET => {
            return Some(Inside::new(Layer::Frame(LinkType::ETHERNET), offset, payload));
        }
        protocol::GRE => gre::open,
        protocol::ETHER_IP => ether_ip::TUNNEL.open,
        _ => return None,
    };
    let inside = open(payload.rest(offset)?)?;
    Some(Inside { offset: inside.offset + offset, end: inside.end + offset, ..inside })
}

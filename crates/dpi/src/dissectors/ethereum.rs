//! ETHEREUM: peers find each other with the Node Discovery Protocol v4 over UDP and talk over `RLPx`, an encrypted TCP transport
//! (Ethereum devp2p: discv4.md, rlpx.md). `RLPx` opens with a length (EIP-8) and a point of an elliptic curve from either side.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Ethereum;

/// An uncompressed point.
const POINT: u8 = 0x04;

/// Lengths of the first messages before EIP-8, which have no length prefix.
const OLD_AUTHENTICATION: usize = 307;
const OLD_ACKNOWLEDGEMENT: usize = 210;

/// The side whose opening fits `RLPx`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    Source,
    Destination,
}

impl Dissector for Ethereum {
    const META: Meta = Meta::tcp_udp(labels::ETHEREUM)
        .ports(&[30301, 30303, 30304, 30305, 30311, 30333])
        .max_segments(3)
        .specification("Ethereum devp2p: Node Discovery Protocol v4, The RLPx Transport Protocol; EIP-8");

    type State = Option<Opened>;

    fn inspect(state: &mut Option<Opened>, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.is_udp() {
            return Verdict::matched_if(is_discovery(&mut segment.reader()).unwrap_or(false));
        }
        transport(state, segment)
    }
}

/// Enough on the usual port; elsewhere both sides need such an opening.
fn transport(state: &mut Option<Opened>, segment: &Segment<'_>) -> Verdict {
    let is_usual_port = Ethereum::META.ports.iter().any(|port| segment.has_port(*port));
    let is_opening = match *segment.payload {
        [high, low, POINT, ref rest @ ..] if (0x0080..=0x0600).contains(&u16::from_be_bytes([high, low])) => {
            let missing = usize::from(u16::from_be_bytes([high, low])).checked_sub(1 + rest.len());
            match missing {
                Some(0) => true,
                Some(_) if looks_random(rest) => return Verdict::More,
                _ => false,
            }
        }
        [POINT, ref rest @ ..] => {
            matches!(segment.payload.len(), OLD_AUTHENTICATION | OLD_ACKNOWLEDGEMENT) && looks_random(rest)
        }
        [0..=5] | [0..=5, _] => return Verdict::More,
        _ => false,
    };
    let side = if segment.from_source { Opened::Source } else { Opened::Destination };
    match *state {
        _ if !is_opening => Verdict::Excluded,
        None if !is_usual_port => {
            *state = Some(side);
            Verdict::Wait
        }
        Some(opened) if opened == side => Verdict::Excluded,
        _ => Verdict::DONE,
    }
}

fn looks_random(bytes: &[u8]) -> bool {
    let start = bytes.get(..64).unwrap_or(bytes);
    start.iter().filter(|byte| **byte == 0).count() < 6 && !(start.len() > 8 && start.is_ascii())
}

/// Hash, signature (its last byte selects one of two keys), type, and a list in RLP.
fn is_discovery(reader: &mut Reader<'_>) -> Result<bool, Short> {
    if !looks_random(reader.take(32 + 64)?) {
        return Ok(false);
    }
    if reader.u8()? > 1 {
        return Ok(false);
    }
    let kind = reader.u8()?;
    if !(1..=6).contains(&kind) {
        return Ok(false);
    }
    let Item::List(mut list) = item(reader)? else { return Ok(false) };
    let first = item(&mut list)?;
    let has_first = match (kind, first) {
        // Ping: version. ENR request: time of expiry.
        (1, Item::Bytes(bytes)) => bytes.len() == 1,
        (5, Item::Bytes(bytes)) => (1..=8).contains(&bytes.len()),
        // Pong: the receiver's address. Neighbours: nodes.
        (2 | 4, Item::List(_)) => true,
        // Find node: a key. ENR response: the request's hash.
        (3, Item::Bytes(bytes)) => bytes.len() == 64,
        (6, Item::Bytes(bytes)) => bytes.len() == 32,
        _ => false,
    };
    if !has_first {
        return Ok(false);
    }
    let mut items = 1;
    while !list.is_empty() && items < 16 {
        item(&mut list)?;
        items += 1;
    }
    Ok(list.is_empty() && (items > 1 || kind == 5))
}

/// An item of the Recursive Length Prefix encoding.
enum Item<'a> {
    Bytes(&'a [u8]),
    List(Reader<'a>),
}

fn item<'a>(reader: &mut Reader<'a>) -> Result<Item<'a>, Short> {
    let start = reader.rest();
    Ok(match reader.u8()? {
        0x00..=0x7f => Item::Bytes(start.get(..1).unwrap_or_default()),
        prefix @ 0x80..=0xb7 => Item::Bytes(reader.take(usize::from(prefix - 0x80))?),
        0xb8 => Item::Bytes(reader.block8()?.rest()),
        0xb9 => Item::Bytes(reader.block16()?.rest()),
        prefix @ 0xc0..=0xf7 => Item::List(Reader::new(reader.take(usize::from(prefix - 0xc0))?)),
        0xf8 => Item::List(reader.block8()?),
        0xf9 => Item::List(reader.block16()?),
        // No datagram is longer.
        _ => return Err(Short),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn opening(length: usize) -> Vec<u8> {
        let point: Vec<u8> = (0..length - 1).map(|number| (number * 167 + 13) as u8).collect();
        [&(length as u16).to_be_bytes()[..], &[POINT], &point].concat()
    }

    #[test]
    fn recognised_by_how_rlpx_opens() {
        let exchange = Exchange::tcp(30303).client(opening(0x23c)).server(opening(0x18a));
        assert_named(&exchange, labels::ETHEREUM);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(7000).client(opening(0x23c)).server(opening(0x18a)), labels::ETHEREUM);
        assert_eq!(Exchange::tcp(7000).client(opening(0x23c)).verdict_of::<Ethereum>(), Verdict::Wait);
        let old = opening(307);
        assert_named(&Exchange::tcp(30303).client(&old[2..]).client([]), labels::ETHEREUM);
        let longer = [opening(0x23c), vec![0]].concat();
        assert_eq!(Exchange::tcp(30303).client(longer).verdict_of::<Ethereum>(), Verdict::Excluded);
    }

    #[test]
    fn recognised_by_discovery() {
        let packet = |rest: &str| [vec![0xa5; 96], hex(rest)].concat();
        let node = "c9 84 7f000001 82 765f 80";
        for rest in [
            format!("00 01 dd 04 {node} {node} 84 5e5e5e5e 82 0102"),
            format!("01 02 f0 {node} a0 {} 84 5e5e5e5e", "a5".repeat(32)),
            format!("00 03 f847 b840 {} 84 5e5e5e5e", "a5".repeat(64)),
            "01 05 c5 84 5e5e5e5e".to_owned(),
        ] {
            assert_named(&Exchange::udp(7000).client(packet(&rest)), labels::ETHEREUM);
        }
        for other in ["02 05 c5 84 5e5e5e5e", "01 07 c5 84 5e5e5e5e", "01 05 c6 84 5e5e5e5e", "01 01 c5 84 5e5e5e5e"] {
            let verdict = Exchange::udp(30303).client(packet(other)).verdict_of::<Ethereum>();
            assert_eq!(verdict, Verdict::Excluded, "{other}");
        }
    }
}

//! WireGuard: a tunnel over UDP (J. Donenfeld: WireGuard, 2020, section 5.4). Four types of messages, each with a fixed length,
//! with three reserved bytes of zero. Cloudflare WARP uses these bytes; clients of `TunnelBear` make the first message longer.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct WireGuard;

const INITIATION: u8 = 1;
const RESPONSE: u8 = 2;
const COOKIE: u8 = 3;
const DATA: u8 = 4;

const INITIATION_LENGTH: usize = 148;
const RESPONSE_LENGTH: usize = 92;
const COOKIE_LENGTH: usize = 64;
const TUNNELBEAR_INITIATION_LENGTH: usize = 204;

/// Newer clients of WARP set these bits in the type.
const WARP: u8 = 0xc0;

/// Cloudflare One: WARP with firewall (WireGuard ingress).
const WARP_PORTS: [u16; 4] = [2408, 500, 1701, 4500];

/// An initiation that was not enough evidence.
#[derive(Clone, Copy)]
pub(super) struct Initiation {
    sender: u32,
    reserved: u32,
    length: u16,
}

impl Dissector for WireGuard {
    const META: Meta = Meta::udp(labels::WIREGUARD)
        .also(&[labels::CLOUDFLAREWARP, labels::TUNNELBEAR])
        .ports(&[51820, 2408])
        .starts_with(&[
            &[INITIATION],
            &[RESPONSE],
            &[COOKIE, 0, 0, 0],
            &[DATA, 0, 0, 0],
            &[WARP | INITIATION, 0, 0, 0],
            &[WARP | DATA],
        ])
        .max_segments(3)
        .specification("J. Donenfeld: WireGuard: Next Generation Kernel Network Tunnel (2020), section 5.4");

    type State = Option<Initiation>;

    fn inspect(state: &mut Option<Initiation>, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        message(state, segment, found).unwrap_or(Verdict::Excluded)
    }
}

fn message(
    state: &mut Option<Initiation>,
    segment: &Segment<'_>,
    found: &mut Found<'_>,
) -> Result<Verdict, Short> {
    let length = segment.payload.len();
    let mut reader = segment.reader();
    let (kind, reserved) = (reader.u8()?, reader.u24()?);
    let number = reader.u32()?;
    let is_warp_port = WARP_PORTS.iter().any(|port| segment.has_port(*port));
    let is_recognised = match kind {
        INITIATION if length >= INITIATION_LENGTH && looks_encrypted(&reader) => {
            if length == TUNNELBEAR_INITIATION_LENGTH && segment.has_port(51820) && reserved == 0 {
                found.application(labels::TUNNELBEAR);
                return Ok(Verdict::DONE);
            }
            if length == INITIATION_LENGTH && (reserved == 0 || is_warp_port) {
                name(reserved, found);
                return Ok(Verdict::DONE);
            }
            *state = Some(Initiation { sender: number, reserved, length: length.try_into().unwrap_or(u16::MAX) });
            return Ok(Verdict::Wait);
        }
        RESPONSE if length >= RESPONSE_LENGTH => {
            let receiver = reader.u32()?;
            if let Some(initiation) = state.filter(|initiation| initiation.sender == receiver) {
                name(initiation.reserved, found);
                if usize::from(initiation.length) == TUNNELBEAR_INITIATION_LENGTH {
                    found.application(labels::TUNNELBEAR);
                }
                return Ok(Verdict::DONE);
            }
            reserved == 0 && length == RESPONSE_LENGTH && is_drawn(number) && looks_encrypted(&reader)
        }
        COOKIE => length == COOKIE_LENGTH && is_drawn(number),
        DATA => {
            let is_padded = length >= 32 && length.is_multiple_of(16);
            is_padded && is_drawn(number) && has_small_counter(&mut reader)? && looks_encrypted(&reader)
        }
        _ if kind & WARP == WARP && is_warp_port => {
            found.protocol(labels::CLOUDFLAREWARP);
            // QUIC's first packets begin in the same way, and fill 1200 bytes.
            let is_initiation = kind & !WARP == INITIATION && (INITIATION_LENGTH..1200).contains(&length);
            is_initiation || (kind & !WARP == DATA && length >= 32 && has_small_counter(&mut reader)?)
        }
        _ => false,
    };
    Ok(Verdict::matched_if(is_recognised))
}

fn name(reserved: u32, found: &mut Found<'_>) {
    if reserved != 0 {
        found.protocol(labels::CLOUDFLAREWARP);
    }
}

/// Counters begin at zero, and a key is discarded after 2^60 messages at the latest; in practice after two minutes.
fn has_small_counter(reader: &mut Reader<'_>) -> Result<bool, Short> {
    reader.skip(3)?;
    Ok(reader.array()? == [0_u8; 5])
}

/// Both sides choose their numbers at random.
fn is_drawn(number: u32) -> bool {
    number.to_ne_bytes().iter().filter(|byte| **byte == 0).count() < 2
}

/// The rest is a key or cipher text, with hardly any zeros.
fn looks_encrypted(reader: &Reader<'_>) -> bool {
    reader.rest().iter().take(16).filter(|byte| **byte == 0).count() < 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn message(start: &str, length: usize) -> Vec<u8> {
        let mut bytes = hex(start);
        bytes.resize(length, 0xa5);
        bytes
    }

    #[test]
    fn each_type_says_what_it_is() {
        for (start, length) in [
            ("01000000 d837d030", 148),
            ("02000000 02ca1a00 316618ac", 92),
            ("03000000 d837d030", 64),
            ("04000000 98c83e7a 0200000000000000", 128),
        ] {
            assert_named(&Exchange::udp(7000).client(message(start, length)), labels::WIREGUARD);
            let longer = Exchange::udp(7000).client(message(start, length + 8));
            assert!(matches!(longer.verdict_of::<WireGuard>(), Verdict::Excluded | Verdict::Wait), "{start}");
        }
        for other in ["04000000 98c83e7a 0200000000000001", "04000000 00000001 0200000000000000", "04000001 98c83e7a"] {
            let exchange = Exchange::udp(51820).client(message(other, 128));
            assert_eq!(exchange.verdict_of::<WireGuard>(), Verdict::Excluded, "{other}");
        }
    }

    #[test]
    fn variants_of_services() {
        let bear = Exchange::udp(443)
            .client(message("01000000 316618ac", 204))
            .server(message("02000000 02ca1a00 316618ac", 100));
        assert_eq!(bear.name(), "WireGuard.TunnelBear");
        let warp = Exchange::udp(8854)
            .client(message("0178a4c3 316618ac", 148))
            .server(message("0278a4c3 02ca1a00 316618ac", 92));
        assert_eq!(warp.name(), "CloudflareWarp");
        let other = Exchange::udp(8854)
            .client(message("0178a4c3 316618ac", 148))
            .server(message("0278a4c3 02ca1a00 316618ad", 92));
        assert_eq!(other.verdict_of::<WireGuard>(), Verdict::Excluded);
        assert_eq!(Exchange::udp(2408).client(message("c1000000 00908301", 194)).name(), "CloudflareWarp");
        let quic = Exchange::udp(2408).client(message("c1000000 01 08 8301", 1200));
        assert_eq!(quic.verdict_of::<WireGuard>(), Verdict::Excluded);
        assert_eq!(
            Exchange::udp(2408).client(message("c4027800 6884ee00 0100000000000000", 84)).name(),
            "CloudflareWarp"
        );
    }
}

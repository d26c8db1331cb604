//! HSRP: hot standby of routers, versions 1 (RFC 2281) and 2 (Cisco; from captures). Version 2 is made of types and lengths.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Hsrp;

impl Dissector for Hsrp {
    const META: Meta = Meta::udp(labels::HSRP).only_on_ports(&[1985, 2029]).specification("RFC 2281");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(is_message(segment.payload))
    }
}

/// Version 2: items with type and length fill the datagram.
fn are_items(mut reader: Reader<'_>) -> Result<bool, Short> {
    while !reader.is_empty() {
        let (kind, value) = (reader.u8()?, reader.block8()?);
        let fits = match (kind, value.rest()) {
            // Group state: version 2, operation, state 0 to 6, IPv4 or IPv6.
            (1, [2, 0..=2, 0..=6, 4 | 6, rest @ ..]) => rest.len() == 0x24,
            // Interface state: numbers of groups, active and passive. Authentication by text, by MD5.
            (2, [a, _, p, _]) => a | p < 0x10,
            (3, text) => text.len() == 8 && text.iter().all(|byte| *byte == 0 || byte.is_ascii_graphic()),
            (4, [1, _, rest @ ..]) => rest.len() == 0x1a,
            _ => false,
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Eight characters, or none if a digest follows the virtual address.
fn is_authenticated(bytes: &[u8]) -> bool {
    match bytes {
        [0, 0, 0, 0, 0, 0, 0, 0, _, _, _, _, rest @ ..] => rest.starts_with(&[4, 0x1c]),
        [b'!'..=b'~', text @ ..] => {
            text.len() >= 11 && text.iter().take(7).all(|byte| *byte == 0 || byte.is_ascii_graphic())
        }
        _ => false,
    }
}

fn is_message(payload: &[u8]) -> bool {
    match payload {
        // Operation: hello, coup, resign. State, times, priority, group, reserved, eight characters, the virtual address.
        [0, 0..=2, 0 | 1 | 2 | 4 | 8 | 16, _, 1..=255, _, _, 0, rest @ ..] => is_authenticated(rest),
        // Advertisement of interfaces: a type and a length.
        [0, 3, 0, 1, 0, length, rest @ ..] => usize::from(*length) <= rest.len() && *length >= 8,
        [1..=4, ..] => are_items(Reader::new(payload)).unwrap_or(false),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_both_versions() {
        let version_1 = "00 00 10 03 0a 78 01 00 636973636f000000 c0000201";
        let version_2 = format!("01 28 02 00 06 04 0067 {}", "00".repeat(34));
        assert_named(&Exchange::udp(1985).by_port(1985).client(hex(version_1)), labels::HSRP);
        assert_named(&Exchange::udp(1985).by_port(1985).client(hex(&version_2)), labels::HSRP);
        for message in [version_1.replacen("00 00 10", "00 00 07", 1), version_2.replacen("06 04", "06 05", 1)] {
            assert_eq!(Exchange::udp(1985).client(hex(&message)).verdict_of::<Hsrp>(), Verdict::Excluded);
        }
    }
}

//! NTP: network time, versions 1 to 4 (RFC 1059, 1119, 1305, 5905), with control (RFC 9327) and private messages (ntpdc). Version
//! and mode share the first byte.

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::labels;

const HEADER: usize = 48;

pub(super) struct Ntp;

impl Dissector for Ntp {
    const META: Meta = Meta::udp(labels::NTP).only_on_ports(&[123]).specification("RFC 5905");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(is_message(segment.payload))
    }
}

fn is_message(payload: &[u8]) -> bool {
    let Some(first) = payload.first() else { return false };
    let (version, mode) = (first >> 3 & 0x07, first & 0x07);
    match (version, mode) {
        // Version 1 knows no modes; extensions and a digest may follow the header.
        (1, 0) | (1..=4, 1..=5) => payload.len() >= HEADER && payload.len().is_multiple_of(4),
        // Control: operation, sequence, status, association, offset, count.
        (1..=4, 6) => payload.len() >= 12,
        // Private: flags, sequence, implementation, request, error and count, size.
        (1..=4, 7) => payload.len() >= 8,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_all_versions_and_modes() {
        let padded = |first: u8, length: usize| [&[first][..], &vec![0; length - 1]].concat();
        for payload in [padded(0x08, 48), padded(0x23, 48), padded(0x1c, 68), padded(0x24, 48), hex("16020001 00000000 00000000")] {
            assert_named(&Exchange::udp(123).client(payload), labels::NTP);
        }
        assert_named(&Exchange::udp(80).from_port(123).client(hex("97000300 2a000000")), labels::NTP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in [vec![0x23; 40], vec![0x00; 48], vec![0x2b; 48], vec![0x23; 49]] {
            assert_eq!(Exchange::udp(123).client(payload).verdict_of::<Ntp>(), Verdict::Excluded);
        }
    }
}

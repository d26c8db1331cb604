//! Nebula: a mesh of tunnels (Nebula, header of its packets; the Noise handshake IXpsk0). Version and type, subtype, two reserved
//! bytes, the receiver's index, a counter: 16 bytes, then encrypted data.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Version 1 in the upper half of the first byte, and a type in the lower one.
const HANDSHAKE: u8 = 0x10;
const MESSAGE: u8 = 0x11;
const LIGHTHOUSE: u8 = 0x13;
const TEST: u8 = 0x14;

/// A digest ends what is encrypted.
const SHORTEST_SECURE: usize = 16;
/// A first message of the handshake has at least a key of 32 bytes.
const SHORTEST_HANDSHAKE: usize = 32;
/// Greatest distance of the counters of two packets in a row.
const FARTHEST: u64 = 4096;

pub(super) struct Nebula;

/// Index and counter of the last packet of each direction, the source's first.
#[derive(Default)]
pub(crate) struct Last([Option<(u32, u64)>; 2]);

impl Dissector for Nebula {
    const META: Meta = Meta::udp(labels::NEBULA)
        .ports(&[4242])
        .starts_with(&[&[HANDSHAKE, 0, 0, 0], &[MESSAGE, 0, 0, 0], &[LIGHTHOUSE, 0, 0, 0], &[TEST, 0, 0, 0], &[TEST, 1, 0, 0]])
        .max_segments(4)
        .specification("Nebula, header.go: the layout of its packets");

    type State = Last;

    fn inspect(last: &mut Last, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match header(segment) {
            Ok(Some((HANDSHAKE, 0, 1))) => Verdict::DONE,
            Ok(Some((_, index, counter))) => {
                let [of_source, of_destination] = &mut last.0;
                let last = if segment.from_source { of_source } else { of_destination };
                let agrees = last.is_some_and(|(before, number)| {
                    before == index && counter != number && counter.abs_diff(number) <= FARTHEST
                });
                *last = Some((index, counter));
                if agrees { Verdict::DONE } else { Verdict::Wait }
            }
            _ => Verdict::Excluded,
        }
    }
}

/// Kind, index and counter.
fn header(segment: &Segment<'_>) -> Result<Option<(u8, u32, u64)>, Short> {
    let mut reader = segment.reader();
    let (kind, subtype, reserved) = (reader.u8()?, reader.u8()?, reader.u16()?);
    let (index, counter) = (reader.u32()?, reader.u64()?);
    let length = reader.len();
    let fits = match (kind, subtype) {
        // The first of a handshake has no index yet; its answer is the second.
        (HANDSHAKE, 0) => length >= SHORTEST_HANDSHAKE && matches!((index, counter), (0, 1) | (1.., 2)),
        (MESSAGE | LIGHTHOUSE, 0) | (TEST, 0 | 1) => length >= SHORTEST_SECURE && index != 0 && (1..1 << 40).contains(&counter),
        _ => false,
    };
    Ok((fits && reserved == 0).then_some((kind, index, counter)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn packet(header: &str) -> Vec<u8> {
        [hex(header), vec![0x5a; 60]].concat()
    }

    #[test]
    fn recognised_by_its_handshake_and_by_counters() {
        let opened = Exchange::udp(14242).client(packet("10 00 0000 00000000 0000000000000001"));
        assert_named(&opened, labels::NEBULA);
        opened.assert_cuts_do_not_matter();
        let in_the_middle = Exchange::udp(14242)
            .client(packet("11 00 0000 4f5a6b7c 0000000000000123"))
            .server(packet("11 00 0000 1a2b3c4d 0000000000000777"))
            .client(packet("14 00 0000 4f5a6b7c 0000000000000124"));
        assert_named(&in_the_middle, labels::NEBULA);
        let other_index = Exchange::udp(4242)
            .client(packet("11 00 0000 4f5a6b7c 0000000000000123"))
            .client(packet("11 00 0000 4f5a6b7d 0000000000000124"));
        assert_eq!(other_index.verdict_of::<Nebula>(), Verdict::Wait);
    }

    #[test]
    fn refuses_its_neighbours() {
        for header in ["20 00 0000 00000000 0000000000000001", "10 00 0001 00000000 0000000000000001", "10 00 0000 00000000 0000000000000002", "11 00 0000 00000000 0000000000000002", "11 02 0000 00000001 0000000000000002"] {
            assert_eq!(Exchange::udp(4242).client(packet(header)).verdict_of::<Nebula>(), Verdict::Excluded, "{header}");
        }
    }
}

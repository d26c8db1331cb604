//! `RiotGames`: League of Legends over UDP (from captures): a client's hello to a game server, and latency probes.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const PROBE: usize = 36;
const PROBE_END: &[u8] = b"\xaa\xaa\xaa\xaa\xbb\xbb\xbb\xbb";
const HELLO: usize = 53;
/// After the connections of both sides comes 1, then zeros.
const HELLO_NUMBER: std::ops::Range<usize> = 8..12;
const HELLO_EMPTY: std::ops::Range<usize> = 12..36;

pub(super) struct RiotGames;

impl Dissector for RiotGames {
    const META: Meta = Meta::udp(labels::RIOTGAMES).max_segments(4).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match segment.payload.len() {
            PROBE => Verdict::matched_if(segment.payload.ends_with(PROBE_END)),
            HELLO => {
                let number = segment.payload.get(HELLO_NUMBER) == Some(b"\x01\x00\x00\x00");
                let empty = segment.payload.get(HELLO_EMPTY).is_some_and(|empty| empty.iter().all(|byte| *byte == 0));
                Verdict::matched_if(number && empty)
            }
            _ => Verdict::Excluded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_hello_and_probe() {
        let hello = [&[7; 8][..], &[1, 0, 0, 0], &[0; 24], &[9; 17]].concat();
        let probe = [&[7; 28][..], PROBE_END].concat();
        assert_named(&Exchange::udp(7194).client(&hello), labels::RIOTGAMES);
        assert_named(&Exchange::udp(8181).server(&probe), labels::RIOTGAMES);
        for message in [&hello[1..], &probe[1..], &[0; 53], &[0xbb; 36]] {
            assert_eq!(Exchange::udp(7194).client(message).verdict_of::<RiotGames>(), Verdict::Excluded);
        }
    }
}

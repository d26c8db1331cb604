//! `EpicGames`: handshake of Fortnite's servers (from captures; Unreal Engine's stateless handshake): a client begins with a
//! cookie that is all zeros.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

/// Two bits before these give the number of the client's restarts.
const FIRST: u8 = 0x07;
const MARK: [u8; 2] = [0x1a, 0x20];
/// After the mark, the kind of packet, a counter and the versions of both sides.
const COOKIE: std::ops::Range<usize> = 10..38;
const LENGTHS: std::ops::RangeInclusive<usize> = 44..=64;

pub(super) struct EpicGames;

impl Dissector for EpicGames {
    const META: Meta = Meta::udp(labels::EPICGAMES)
        .starts_with(&[b"\x07\x1a\x20", b"\x47\x1a\x20", b"\x87\x1a\x20", b"\xc7\x1a\x20"])
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let Some([first, mark @ .., kind, count]) = segment.payload.first_chunk::<5>() else {
            return Verdict::Excluded;
        };
        let is_head = first & 0x3f == FIRST && *mark == MARK && (kind | count) & 0x07 == 0;
        let has_cookie = segment.payload.get(COOKIE).is_some_and(|cookie| cookie.iter().all(|byte| *byte == 0));
        Verdict::matched_if(is_head && has_cookie && LENGTHS.contains(&segment.wire_len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn handshake(count: u8, cookie: u8) -> Vec<u8> {
        [&hex("87 1a20 00")[..], &[count], &hex("0102030405"), &[cookie; 28], &[9; 11]].concat()
    }

    #[test]
    fn recognised_by_its_empty_cookie() {
        assert_named(&Exchange::udp(9011).client(handshake(0x08, 0)), labels::EPICGAMES);
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in [handshake(0x08, 1), handshake(0x09, 0), handshake(0x08, 0)[..40].to_vec()] {
            assert_eq!(Exchange::udp(9011).client(message).verdict_of::<EpicGames>(), Verdict::Excluded);
        }
    }
}

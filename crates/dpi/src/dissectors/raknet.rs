//! RakNet: a reliable protocol over UDP for games (facebookarchive/RakNet). Messages before the connection contain a constant of 16
//! bytes.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const OFFLINE_MESSAGE: [u8; 16] =
    [0x00, 0xff, 0xff, 0x00, 0xfe, 0xfe, 0xfe, 0xfe, 0xfd, 0xfd, 0xfd, 0xfd, 0x12, 0x34, 0x56, 0x78];
/// The constant is after the identifier, a time, a GUID; or also after a header of a relay.
const FARTHEST: usize = 64;

pub(super) struct RakNet;

impl Dissector for RakNet {
    const META: Meta =
        Meta::udp(labels::RAKNET).ports(&[19132]).max_segments(4).specification("facebookarchive/RakNet");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let [.., last] = OFFLINE_MESSAGE;
        let Some(window) = segment.payload.get(OFFLINE_MESSAGE.len() - 1..) else { return Verdict::Excluded };
        let ends = memchr::memchr_iter(last, window.get(..FARTHEST).unwrap_or(window));
        for end in ends {
            if segment.payload.get(end..).is_some_and(|rest| rest.starts_with(&OFFLINE_MESSAGE)) {
                return Verdict::matched_if(end > 0);
            }
        }
        Verdict::Excluded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_the_constant() {
        for start in ["05", "01 0000000000000001", "1c 0000000000000001 0102030405060708", "0100001f 0102030405 7878 7b"] {
            let message = [&hex(start)[..], &OFFLINE_MESSAGE, &[5; 9]].concat();
            assert_named(&Exchange::udp(19132).client(&message), labels::RAKNET);
            assert_named(&Exchange::udp(5000).server(&message), labels::RAKNET);
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        let mut message = [&[5][..], &OFFLINE_MESSAGE, &[5; 9]].concat();
        message[3] = 1;
        for message in [&message[..], &[0x78; 200], &OFFLINE_MESSAGE, &[0x78]] {
            assert_eq!(Exchange::udp(19132).client(message).verdict_of::<RakNet>(), Verdict::Excluded);
        }
    }
}

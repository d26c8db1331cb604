//! `WorldOfWarcraft`: login and world servers (public descriptions of free servers): a challenge that names the game, or the
//! sentence with which each side of a world connection begins.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const GAME: &[u8] = b"WoW\0";
const SENTENCE: &[u8] = b"WORLD OF WARCRAFT CONNECTION - ";

pub(super) struct WorldOfWarcraft;

impl Dissector for WorldOfWarcraft {
    const META: Meta = Meta::tcp(labels::WORLDOFWARCRAFT)
        .ports(&[3724])
        .starts_with(&[b"\x00\x02", b"\x00\x03", b"\x00\x05", b"\x00\x06", b"\x00\x08", b"\x00\x30WORLD"])
        .specification("public descriptions of free servers");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let Ok(head) = reader.u16() else { return Verdict::More };
        if head == 0x0030 {
            return begins(reader.rest(), SENTENCE);
        }
        let Ok(length) = reader.u16_le() else { return Verdict::More };
        // Up to the name of the account, which is not empty.
        if !(31..=31 + 64).contains(&length) {
            return Verdict::Excluded;
        }
        begins(reader.rest(), GAME)
    }
}

fn begins(bytes: &[u8], with: &[u8]) -> Verdict {
    if bytes.len() < with.len() && with.starts_with(bytes) {
        return Verdict::More;
    }
    Verdict::matched_if(bytes.starts_with(with))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_challenge_and_sentence() {
        let challenge = [&hex("00 08 2200")[..], GAME, &hex("030305 3430 363878 00 6e695700"), &[7; 13], b"\x04ANNA"].concat();
        let login = Exchange::tcp(3724).client(challenge);
        let world = Exchange::tcp(8085).server("\0\x30WORLD OF WARCRAFT CONNECTION - SERVER TO CLIENT\0");
        for exchange in [login, world] {
            assert_named(&exchange, labels::WORLDOFWARCRAFT);
            exchange.assert_cuts_do_not_matter();
        }
        for message in ["00 08 2200 58585858", "00 08 ffff 576f5700", "00 30 57 4f 52 4c 58"] {
            let exchange = Exchange::tcp(3724).client(hex(message));
            assert_eq!(exchange.verdict_of::<WorldOfWarcraft>(), Verdict::Excluded, "{message}");
        }
    }
}

//! `AmongUs`: Among Us over Hazel (from the project's documents: Hello is of type 8, a nonce, the version of Hazel, the
//! version of the game, the player's name).

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const HELLO: u8 = 8;
const LONGEST_NAME: usize = 40;

pub(super) struct AmongUs;

impl Dissector for AmongUs {
    const META: Meta = Meta::udp(labels::AMONGUS)
        .only_on_ports(&[22023, 22123, 22223, 22323, 22423, 22523, 22623, 22723, 22823, 22923])
        .specification("Hazel Networking; Impostor project, protocol documentation");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        match player(segment.reader()) {
            Ok(Some(name)) => {
                found.field(Field::User, name);
                Verdict::DONE
            }
            _ => Verdict::Excluded,
        }
    }
}

/// The name in a Hello.
fn player(mut reader: Reader<'_>) -> Result<Option<&[u8]>, Short> {
    let kind = reader.u8()?;
    reader.skip(2)?;
    let hazel_version = reader.u8()?;
    let game_version = reader.u32_le()?;
    let name = reader.block8()?.rest();
    let is_name = !name.is_empty() && name.len() <= LONGEST_NAME && std::str::from_utf8(name).is_ok();
    // 25 versions of a day, for years of four digits.
    let is_version = (25 * 360 * 2018..25 * 360 * 9999).contains(&game_version);
    Ok((kind == HELLO && hazel_version <= 2 && is_name && is_version).then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_the_hello() {
        let exchange = Exchange::udp(22023).client([&hex("08 0001 00 80d90203 04")[..], b"Anna"].concat());
        assert_named(&exchange, labels::AMONGUS);
        assert_eq!(exchange.outcome().field(Field::User), "Anna");
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["08 0001", "08 0001 00 80d90203 05 41", "08 0001 00 00000000 01 41", "01 0001 00 80d90203 01 41"] {
            let exchange = Exchange::udp(22023).client(hex(message));
            assert_eq!(exchange.verdict_of::<AmongUs>(), Verdict::Excluded, "{message}");
        }
    }
}

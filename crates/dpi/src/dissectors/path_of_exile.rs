//! `PathofExile`: login of Path of Exile (from captures): the account's name with its length, between numbers.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const LOGIN: u16 = 3;
const NAME_KIND: u16 = 2;
const LONGEST_NAME: usize = 64;
/// What follows the name.
const TAIL: usize = 12;

pub(super) struct PathOfExile;

impl Dissector for PathOfExile {
    const META: Meta = Meta::tcp(labels::PATHOFEXILE)
        .only_on_ports(&[6112, 20481, 21025])
        .starts_with(&[b"\x00\x03"])
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        match account(segment.reader()) {
            Ok(Some(name)) => {
                found.field(Field::User, name);
                Verdict::DONE
            }
            Ok(None) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

fn account(mut reader: Reader<'_>) -> Result<Option<&[u8]>, Short> {
    let message = reader.u16()?;
    reader.skip(4)?;
    let (kind, length) = (reader.u16()?, usize::from(reader.u16()?));
    if message != LOGIN || kind != NAME_KIND || length == 0 || length > LONGEST_NAME {
        return Ok(None);
    }
    let name = reader.take(length)?;
    reader.skip(TAIL)?;
    let is_name = name.iter().all(|byte| byte.is_ascii_graphic() || *byte >= 0x80);
    Ok((is_name && reader.is_empty()).then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_the_login() {
        let login = [&hex("0003 01020304 0002 0004")[..], b"Anna", &hex("01020304 00000000 40000001")].concat();
        let exchange = Exchange::tcp(6112).client(login);
        assert_named(&exchange, labels::PATHOFEXILE);
        assert_eq!(exchange.outcome().field(Field::User), "Anna");
        exchange.assert_cuts_do_not_matter();
        let other = Exchange::tcp(6112).client(hex("0003 01020304 0003 0004 01020304"));
        assert_eq!(other.verdict_of::<PathOfExile>(), Verdict::Excluded);
    }
}

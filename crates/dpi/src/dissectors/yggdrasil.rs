//! Yggdrasil: a mesh network of IPv6 (yggdrasil-network.github.io, peering from version 0.5 on). Both sides of a peering open with
//! `meta`, a length, fields of type, length and value, and a signature.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Types of fields: the version's two parts, the key.
const MAJOR: u16 = 0;
const MINOR: u16 = 1;
const KEY: u16 = 2;

const LENGTH_OF_KEY: usize = 32;
const LENGTH_OF_SIGNATURE: usize = 64;

/// Greatest plausible length of fields and signature.
const LONGEST: usize = 1024;

pub(super) struct Yggdrasil;

impl Dissector for Yggdrasil {
    const META: Meta = Meta::tcp(labels::YGGDRASIL)
        .starts_with(&[b"meta"])
        .max_segments(2)
        .specification("Yggdrasil 0.5, handshake of peerings");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_handshake(segment.reader()))
    }
}

fn is_handshake(mut reader: Reader<'_>) -> Result<bool, Short> {
    if reader.array()? != *b"meta" {
        return Ok(false);
    }
    let length = usize::from(reader.u16()?);
    let Some(of_fields) = length.checked_sub(LENGTH_OF_SIGNATURE).filter(|_| length <= LONGEST) else { return Ok(false) };
    let mut fields = Reader::new(reader.take(length)?.get(..of_fields).unwrap_or_default());
    let (mut has_version, mut has_key) = (false, false);
    while !fields.is_empty() {
        let (Ok(kind), Ok(value)) = (fields.u16(), fields.block16()) else { return Ok(false) };
        match (kind, value.len()) {
            (MAJOR | MINOR, 2) => has_version = true,
            (KEY, LENGTH_OF_KEY) => has_key = true,
            (MAJOR | MINOR | KEY, _) => return Ok(false),
            _ => {}
        }
    }
    Ok(has_version && has_key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn handshake(fields: &str) -> Vec<u8> {
        let fields = [hex(fields), vec![0x5a; LENGTH_OF_SIGNATURE]].concat();
        [b"meta", &(fields.len() as u16).to_be_bytes()[..], &fields].concat()
    }

    #[test]
    fn recognised_by_its_handshake() {
        let key = "0002 0020".to_owned() + &"ab".repeat(32);
        let exchange = Exchange::tcp(40001).client(handshake(&format!("0000 0002 0000 0001 0002 0005 {key} 0003 0001 00")));
        assert_named(&exchange, labels::YGGDRASIL);
        exchange.assert_cuts_do_not_matter();
        for fields in [format!("0000 0002 0000 {}", &key[..60]), key.clone(), format!("0000 0003 000000 {key}"), "0000 0002 0000".into()] {
            let other = Exchange::tcp(40001).client(handshake(&fields));
            assert_eq!(other.verdict_of::<Yggdrasil>(), Verdict::Excluded, "{fields}");
        }
    }
}

//! Z3950: search in libraries (ANSI/NISO Z39.50-2003, section 4). BER: the association opens with an Init request and its answer.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Tags of the members of an Init message that come first.
const REFERENCE_ID: u8 = 0x82;
const PROTOCOL_VERSION: u8 = 0x83;
const OPTIONS: u8 = 0x84;

pub(super) struct Z3950;

impl Dissector for Z3950 {
    const META: Meta = Meta::tcp(labels::Z3950)
        .ports(&[210])
        .starts_with(&[&[0xb4], &[0xb5]])
        .specification("ANSI/NISO Z39.50-2003");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_init(segment.reader()))
    }
}

fn is_init(mut reader: Reader<'_>) -> Result<bool, Short> {
    if !matches!(reader.u8()?, 0xb4 | 0xb5) {
        return Ok(false);
    }
    match reader.u8()? {
        0x81 => reader.skip(1)?,
        0x82 => reader.skip(2)?,
        0..=0x80 => {}
        _ => return Ok(false),
    }
    let mut tag = reader.u8()?;
    if tag == REFERENCE_ID {
        reader.block8()?;
        tag = reader.u8()?;
    }
    if tag != PROTOCOL_VERSION {
        return Ok(false);
    }
    // Bit strings: the number of unused bits, then the bits, version 1 the highest.
    let version = reader.block8()?;
    let is_version = matches!(version.rest(), [unused, bits] if *unused < 8 && bits & 0xc0 != 0);
    Ok(is_version && reader.u8()? == OPTIONS && (2..=4).contains(&reader.u8()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_request_and_answer() {
        let exchange = Exchange::tcp(210).client(hex("b4 10 83 02 00e0 84 03 00e9a2 85 02 0400"));
        assert_named(&exchange, labels::Z3950);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(9991).server(hex("b5 10 82 01 31 83 02 00e0 84 02 00e9")), labels::Z3950);
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["b4 10 83 02 0000 84 03", "b4 10 30 02 00e0 84 03", "b4 10 83 02 00e0 85 03"] {
            let exchange = Exchange::tcp(210).client(hex(message));
            assert_eq!(exchange.verdict_of::<Z3950>(), Verdict::Excluded, "{message}");
        }
    }
}

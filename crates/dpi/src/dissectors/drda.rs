//! DRDA: Distributed Relational Database Architecture (The Open Group, DRDA volume 3: DDM). Data stream structures with one object each.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Drda;

impl Dissector for Drda {
    const META: Meta = Meta::tcp(labels::DRDA)
        .ports(&[446, 448, 50000, 1527])
        .max_segments(2)
        .specification("The Open Group, DRDA version 5, volume 3");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_structure(segment.reader()))
    }
}

/// Length, `D0`, format, number; then the object's length and code point.
fn is_structure(mut reader: Reader<'_>) -> Result<bool, Short> {
    let length = reader.u16()?;
    // Format: request, reply, object, communication or request without reply, with flags for what follows.
    if reader.u8()? != 0xd0 || !matches!(reader.u8()? & 0x8f, 1..=5) {
        return Ok(false);
    }
    reader.skip(2)?;
    let (object, code_point) = (reader.u16()?, reader.u16()?);
    Ok(object.checked_add(6) == Some(length) && matches!(code_point >> 8, 0x10..=0x24) && object >= 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_two_lengths() {
        let exchange = Exchange::tcp(50000).client(hex("0010 d0 41 0001 000a 1041 0006 1147 0000"));
        assert_named(&exchange, labels::DRDA);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for start in ["0010 d0 41 0001 000b 1041", "0010 d0 46 0001 000a 1041", "0010 d0 41 0001 000a 9041"] {
            let exchange = Exchange::tcp(50000).client(hex(start));
            assert_eq!(exchange.verdict_of::<Drda>(), Verdict::Excluded, "{start}");
        }
    }
}

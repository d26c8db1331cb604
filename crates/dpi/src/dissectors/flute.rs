//! FLUTE: file delivery over multicast (RFC 6726; RFC 5651 for the header). The table of files is object 0, marked by an extension.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// RFC 6726, section 3.4.1.
const EXT_FDT: u8 = 192;

pub(super) struct Flute;

impl Dissector for Flute {
    const META: Meta = Meta::udp(labels::FLUTE)
        .starts_with(&[&[0x10], &[0x14], &[0x18], &[0x1c]])
        .max_segments(6)
        .specification("RFC 6726, RFC 5651");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match describes_files(segment.reader()) {
            Ok(Some(true)) => Verdict::DONE,
            Ok(Some(false)) => Verdict::Wait,
            Ok(None) | Err(Short) => Verdict::Excluded,
        }
    }
}

/// RFC 5651, section 5.1: `None` if it is not a header.
fn describes_files(mut reader: Reader<'_>) -> Result<Option<bool>, Short> {
    let [version, flags, words, _] = reader.array::<4>()?;
    // The reserved bits must be zero.
    if version & 0xf0 != 0x10 || flags & 0x0c != 0 {
        return Ok(None);
    }
    let half = usize::from(flags >> 4 & 1) * 2;
    let control = 4 * (usize::from(version >> 2 & 3) + 1);
    let session = 4 * usize::from(flags >> 7) + half;
    let object = 4 * usize::from(flags >> 5 & 3) + half;
    if object == 0 || usize::from(words) * 4 < 4 + control + session + object {
        return Ok(None);
    }
    let mut header = Reader::new(reader.take(usize::from(words) * 4 - 4)?);
    header.skip(control + session)?;
    let is_table = header.take(object)?.iter().all(|byte| *byte == 0);
    if !is_table {
        return Ok(Some(false));
    }
    Ok(match header.array::<4>() {
        Ok([EXT_FDT, version, ..]) => matches!(version >> 4, 1 | 2).then_some(true),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_table_of_files() {
        let table = hex("10 10 04 00 00000000 0001 0000 c0100002 00000000 3c");
        assert_named(&Exchange::udp(4000).client(&table), labels::FLUTE);
        let object = hex("10 10 03 00 00000000 0001 0001 00000000 48");
        assert_named(&Exchange::udp(4000).client(object).client(table), labels::FLUTE);
    }

    #[test]
    fn refuses_its_neighbours() {
        for start in ["10 1c 03 00 00000000 0000 0000", "10 10 02 00 00000000 0000 0000", "10 10 04 00 00000000 0001 0000 40040000"] {
            let exchange = Exchange::udp(4000).client(hex(start));
            assert_eq!(exchange.verdict_of::<Flute>(), Verdict::Excluded, "{start}");
        }
    }
}

//! HL7: Health Level 7, version 2, in the minimal lower layer protocol (HL7 2.x, chapter 2; MLLP). A vertical tab, then the header segment.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Hl7;

impl Dissector for Hl7 {
    const META: Meta = Meta::tcp(labels::HL7)
        .ports(&[2575, 6661])
        .starts_with(&[b"\x0bMSH", b"\x0bFHS", b"\x0bBHS"])
        .specification("HL7 2.x, chapter 2; MLLP");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_header(segment.reader()))
    }
}

/// After the name follow the separators of fields, components, repetitions, the escape, and of subcomponents.
fn is_header(mut reader: Reader<'_>) -> Result<bool, Short> {
    let name = reader.array::<4>()?;
    let separators = reader.take(3)?;
    Ok(matches!(&name, b"\x0bMSH" | b"\x0bFHS" | b"\x0bBHS") && separators.iter().all(u8::is_ascii_punctuation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_header_segment() {
        let exchange = Exchange::tcp(6661).client("\u{b}MSH|^~\\&|A|B|C|D|2024\r");
        assert_named(&exchange, labels::HL7);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        assert_eq!(Exchange::tcp(6661).client("\u{b}MSHabc").verdict_of::<Hl7>(), Verdict::Excluded);
    }
}

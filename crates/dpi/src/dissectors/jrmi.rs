//! JRMI: Java Remote Method Invocation (Java RMI Specification, chapter 10). `JRMI`, version 2, and the transport of calls.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Jrmi;

impl Dissector for Jrmi {
    const META: Meta = Meta::tcp(labels::JRMI)
        .ports(&[1099])
        .starts_with(&[b"JRMI"])
        .specification("Java RMI Specification, chapter 10");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_header(segment.reader()))
    }
}

/// Section 10.2: stream, single operation or multiplex protocol.
fn is_header(mut reader: Reader<'_>) -> Result<bool, Short> {
    Ok(reader.take(4)? == b"JRMI" && reader.u16()? <= 2 && matches!(reader.u8()?, 0x4b..=0x4d))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_header() {
        let exchange = Exchange::tcp(1099).client(b"JRMI\x00\x02K");
        assert_named(&exchange, labels::JRMI);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = Exchange::tcp(1099).client(b"JRMI\x00\x02X");
        assert_eq!(other.verdict_of::<Jrmi>(), Verdict::Excluded);
    }
}

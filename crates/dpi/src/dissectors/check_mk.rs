//! CHECKMK: agent of the monitoring of that name (docs.checkmk.com, "Linux agent"). It sends sections; the first is its own.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const FIRST_SECTION: &[u8] = b"<<<check_mk>>>";

pub(super) struct CheckMk;

impl Dissector for CheckMk {
    const META: Meta = Meta::tcp(labels::CHECKMK)
        .ports(&[6556])
        .starts_with(&[FIRST_SECTION])
        .specification("docs.checkmk.com, agent output");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_section(segment.reader()))
    }
}

fn is_section(mut reader: Reader<'_>) -> Result<bool, Short> {
    Ok(reader.take(FIRST_SECTION.len())? == FIRST_SECTION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_first_section() {
        let exchange = Exchange::tcp(6556).server("<<<check_mk>>>\nVersion: 2.2.0\n");
        assert_named(&exchange, labels::CHECKMK);
        exchange.assert_cuts_do_not_matter();
    }
}

//! Gearman: job server (gearman.org, "Gearman Binary Protocol"). A magic for each direction, then type and size.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Gearman;

impl Dissector for Gearman {
    const META: Meta = Meta::tcp(labels::GEARMAN)
        .ports(&[4730])
        .starts_with(&[b"\0REQ", b"\0RES"])
        .specification("gearman.org, binary protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_packet(segment.reader()))
    }
}

fn is_packet(mut reader: Reader<'_>) -> Result<bool, Short> {
    let is_magic = matches!(reader.take(4)?, b"\0REQ" | b"\0RES");
    Ok(is_magic && matches!(reader.u32()?, 1..=42) && reader.u32()? < 1 << 24)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_both_directions() {
        let exchange = Exchange::tcp(4730).client(hex("00524551 00000001 00000002 7763"));
        assert_named(&exchange, labels::GEARMAN);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(4730).server(hex("00524553 0000000a 00000000")), labels::GEARMAN);
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = Exchange::tcp(4730).client(hex("00524551 00000099 00000002"));
        assert_eq!(other.verdict_of::<Gearman>(), Verdict::Excluded);
    }
}

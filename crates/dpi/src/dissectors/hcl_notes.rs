//! HCL Notes: mail and databases of Notes and Domino over NRPC (from the probes of scanners). The client opens with a header of its
//! length and a constant.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct HclNotes;

impl Dissector for HclNotes {
    const META: Meta = Meta::tcp(labels::HCL_NOTES)
        .only_on_ports(&[1352])
        .max_segments(2)
        .specification("from what scanners send");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match segment.payload {
            [_, _, _, _, _, _, 0x00, 0x00, 0x02, 0x00, 0x00, 0x40, 0x02, 0x0f, ..] => Verdict::DONE,
            payload if payload.len() < 14 => Verdict::More,
            _ => Verdict::Excluded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_constant() {
        let exchange = Exchange::tcp(1352).client(hex("3a00 0000 2f00 0000 0200 0040 020f 0001 003d 0500 0000"));
        assert_named(&exchange, labels::HCL_NOTES);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let wrong = hex("3a00 0000 2f00 0000 0200 0040 0210 0001 003d 0500 0000");
        assert_eq!(Exchange::tcp(1352).client(wrong).verdict_of::<HclNotes>(), Verdict::Excluded);
    }
}

//! IMO: calls over UDP (from captures). Between encrypted datagrams, short ones of a mark, a counter and zeros.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Imo;

impl Dissector for Imo {
    const META: Meta = Meta::udp(labels::IMO).max_segments(6).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match segment.payload {
            [0x00, 0x09, 0x03, _, _, _, 0, 0, 0, 0, 0] | [0x09, 0x02, _, _, _, 0, 0, 0, 0, 0] => Verdict::DONE,
            _ => Verdict::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_counters() {
        assert_named(&Exchange::udp(36535).client("\x07").server(hex("0902 dc9a02 0000000000")), labels::IMO);
        assert_named(&Exchange::udp(36535).client(hex("000903 219a02 0000000000")), labels::IMO);
        let other = Exchange::udp(36535).client(hex("0902 dc9a02 0000000001"));
        assert_eq!(other.verdict_of::<Imo>(), Verdict::Wait);
    }
}

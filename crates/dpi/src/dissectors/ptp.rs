//! PTPv2: precision time (IEEE 1588-2008 and later). Type, version 2, length.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const HEADER: usize = 34;

pub(super) struct Ptp;

impl Dissector for Ptp {
    const META: Meta = Meta::udp(labels::PTPV2).only_on_ports(&[319, 320]).specification("IEEE 1588-2008");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let [kind, version, high, low, ..] = segment.payload else { return Verdict::Excluded };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        // Sync, delay, peer delay; follow-up, their answers, announce, signaling, management.
        let is_kind = matches!(kind & 0x0f, 0..=3 | 8..=13);
        // Over IPv6 two bytes may follow.
        let fits = segment.wire_len.checked_sub(length).is_some_and(|behind| behind <= 2);
        Verdict::matched_if(is_kind && version & 0x0f == 2 && length >= HEADER && fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    fn message(begin: [u8; 4]) -> Vec<u8> {
        [&begin[..], &[0; 42]].concat()
    }

    #[test]
    fn recognised_by_its_header() {
        assert_named(&Exchange::udp(319).by_port(319).client(message([0x00, 0x02, 0, 44])), labels::PTPV2);
        assert_named(&Exchange::udp(320).client(message([0x8b, 0x12, 0, 46])), labels::PTPV2);
        for begin in [[0x04, 0x02, 0, 44], [0x00, 0x01, 0, 44], [0x00, 0x02, 0, 47], [0x00, 0x02, 0, 33]] {
            assert_eq!(Exchange::udp(319).client(message(begin)).verdict_of::<Ptp>(), Verdict::Excluded);
        }
    }
}

//! Ether-S-IO: remote input and output of Saia-Burgess controllers, over UDP (from captures): begins with "ESIO".

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Ethersio;

impl Dissector for Ethersio {
    const META: Meta =
        Meta::udp(labels::ETHERSIO).ports(&[6060]).starts_with(&[b"ESIO"]).specification("captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        // After the name: kind, then version or length.
        Verdict::matched_if(matches!(segment.payload, [_, _, _, _, 0, 0..=2, 0, _, ..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_beginning() {
        assert_named(&Exchange::udp(6060).client(b"ESIO\0\x01\0\0\0\x31\x76\x16"), labels::ETHERSIO);
        assert_eq!(Exchange::udp(6060).client(b"ESIOverview").verdict_of::<Ethersio>(), Verdict::Excluded);
    }
}

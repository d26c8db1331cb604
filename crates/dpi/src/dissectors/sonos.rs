//! Sonos: sound from one loudspeaker to the next (from captures). A constant, a sequence, zeros.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Sonos;

impl Dissector for Sonos {
    const META: Meta =
        Meta::udp(labels::SONOS).only_on_ports(&[7080]).starts_with(&[b"\0\x13"]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(matches!(segment.payload, [0, 0x13, _, _, 0, 0, _, _, _, ..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        assert_named(&Exchange::udp(7080).client(hex("0013 5984 0000 0000 fc")), labels::SONOS);
        assert_eq!(Exchange::udp(7080).client(hex("0013 5984 0100 0000 fc")).verdict_of::<Sonos>(), Verdict::Excluded);
    }
}

//! XDMCP: control of X displays (X Consortium standard). Version 1, operation, length of the rest.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Xdmcp;

impl Dissector for Xdmcp {
    const META: Meta = Meta::udp(labels::XDMCP)
        .only_on_ports(&[177])
        .starts_with(&[b"\0\x01\0"])
        .specification("X Display Manager Control Protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        // From broadcast query to alive.
        let [0, 1, 0, 1..=14, high, low, rest @ ..] = segment.payload else { return Verdict::Excluded };
        Verdict::matched_if(usize::from(u16::from_be_bytes([*high, *low])) == rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        assert_named(&Exchange::udp(177).client(hex("0001 0002 0001 00")), labels::XDMCP);
        for message in ["0001 0002 0002 00", "0001 000f 0001 00", "0002 0002 0001 00"] {
            assert_eq!(Exchange::udp(177).client(hex(message)).verdict_of::<Xdmcp>(), Verdict::Excluded);
        }
    }
}

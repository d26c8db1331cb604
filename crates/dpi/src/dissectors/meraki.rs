//! MerakiCloud: access points and switches that communicate with their cloud (Cisco Meraki; from captures). A constant and the length of
//! the datagram.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Meraki;

impl Dissector for Meraki {
    const META: Meta = Meta::udp(labels::MERAKICLOUD)
        .ports(&[7351])
        .starts_with(&[b"\xfe\xf7\x28\x91"])
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let [0xfe, 0xf7, 0x28, 0x91, _, _, high, low, ..] = segment.payload else { return Verdict::Excluded };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        Verdict::matched_if(segment.has_port(7351) || length == segment.wire_len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        assert_named(&Exchange::udp(7351).client(hex("fef72891 8d01 000c 06000002")), labels::MERAKICLOUD);
        assert_named(&Exchange::udp(7352).client(hex("fef72891 8d01 000c 06000002")), labels::MERAKICLOUD);
        let longer = Exchange::udp(7352).client(hex("fef72891 8d01 000d 06000002"));
        assert_eq!(longer.verdict_of::<Meraki>(), Verdict::Excluded);
    }
}

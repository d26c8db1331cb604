//! EGD: Ethernet Global Data of GE controllers, over UDP (GE GFK-2224): kind and version, a request number, the producer's address.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct EthernetGlobalData;

/// Length of the header before the data.
const HEADER: usize = 32;

impl Dissector for EthernetGlobalData {
    const META: Meta = Meta::udp(labels::ETHERNETGLOBALDATA)
        .only_on_ports(&[18246])
        .starts_with(&[&[0x0d, 0x01]])
        .specification("GE GFK-2224; captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(segment.payload.len() >= HEADER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_on_its_port() {
        let sample = hex("0d01 d4f0 c0a8084d 7b000000 be8a7e38 00811b2c 0000000000000000 00000000 01020304");
        assert_named(&Exchange::udp(18246).by_port(18246).client(&sample), labels::ETHERNETGLOBALDATA);
        let short = Exchange::udp(18246).client(&sample[..20]);
        assert_eq!(short.verdict_of::<EthernetGlobalData>(), Verdict::Excluded);
    }
}

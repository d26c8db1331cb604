//! CPHA: cluster control of Check Point's gateways (ClusterXL; from captures). A constant, then version, cluster, kind of message.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

/// Magic, version, cluster, kind, policy, sender, addresses.
const SHORTEST: usize = 20;

pub(super) struct Cpha;

impl Dissector for Cpha {
    const META: Meta =
        Meta::udp(labels::CPHA).only_on_ports(&[8116]).starts_with(&[b"\x1a\x90"]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(segment.payload.starts_with(b"\x1a\x90") && segment.wire_len >= SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_beginning() {
        let state = "1a90 0c31 2785 0001 0016 793e 0001 fffe e04a 0100 0002";
        assert_named(&Exchange::udp(8116).by_port(8116).client(hex(state)), labels::CPHA);
        assert_eq!(Exchange::udp(8116).client(hex("1a90 0c31")).verdict_of::<Cpha>(), Verdict::Excluded);
    }
}

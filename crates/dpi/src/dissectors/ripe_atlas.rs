//! RipeAtlas: probes of the RIPE Atlas measurement network and searches for it (from captures). A constant, then fields
//! between underscores.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const BEGINNING: &[u8] = b"MGLNDD_";

pub(super) struct RipeAtlas;

impl Dissector for RipeAtlas {
    const META: Meta = Meta::tcp_udp(labels::RIPEATLAS).starts_with(&[BEGINNING]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.payload.starts_with(BEGINNING) { Verdict::DONE } else { segment.more() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_beginning() {
        assert_named(&Exchange::udp(29195).client("MGLNDD_192.0.2.1_29195"), labels::RIPEATLAS);
        Exchange::tcp(29195).client("MGLNDD_192.0.2.1_29195\n").assert_cuts_do_not_matter();
    }
}

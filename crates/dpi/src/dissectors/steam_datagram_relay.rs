//! `SteamDatagramRelay`: latency probes of the relays of Valve's network for games (from captures): `sdping` after two bytes.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const PING: u8 = 0x01;
const MARK: &[u8] = b"sdping";
/// Kind and version, mark, times.
const SHORTEST: usize = 32;

pub(super) struct SteamDatagramRelay;

impl Dissector for SteamDatagramRelay {
    const META: Meta =
        Meta::udp(labels::STEAMDATAGRAMRELAY).starts_with(&[&[PING]]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let marked = segment.payload.get(2..).is_some_and(|rest| rest.starts_with(MARK));
        Verdict::matched_if(marked && segment.wire_len >= SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_ping() {
        let ping = [&b"\x01\x81sdping"[..], &[7; 92]].concat();
        assert_named(&Exchange::udp(27045).client(&ping), labels::STEAMDATAGRAMRELAY);
        let cut = Exchange::udp(27045).client(&ping[..20]);
        assert_eq!(cut.verdict_of::<SteamDatagramRelay>(), Verdict::Excluded);
    }
}

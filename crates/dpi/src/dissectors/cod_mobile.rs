//! `CoD_Mobile`: Call of Duty Mobile (from captures): eight bytes and `ping`, which are returned unchanged.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const PING: &[u8] = b"ping";
const LENGTH: usize = 12;

pub(super) struct CodMobile;

impl Dissector for CodMobile {
    const META: Meta = Meta::udp(labels::COD_MOBILE).max_segments(4).specification("from captures");

    type State = Option<(bool, [u8; LENGTH])>;

    fn inspect(state: &mut Self::State, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let Ok(message) = <[u8; LENGTH]>::try_from(segment.payload) else { return Verdict::Excluded };
        if !message.ends_with(PING) {
            return Verdict::Excluded;
        }
        let answers = state.is_some_and(|(from_source, ping)| from_source != segment.from_source && ping == message);
        *state = Some((segment.from_source, message));
        if answers { Verdict::DONE } else { Verdict::Wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_ping_and_echo() {
        assert_named(&Exchange::udp(7500).client(b"01234567ping").server(b"01234567ping"), labels::COD_MOBILE);
    }

    #[test]
    fn refuses_its_neighbours() {
        let ping = Exchange::udp(7500).client(b"01234567ping");
        assert_eq!(ping.clone().server(b"x1234567ping").verdict_of::<CodMobile>(), Verdict::Wait);
        assert_eq!(ping.server(b"01234567pong").verdict_of::<CodMobile>(), Verdict::Excluded);
    }
}

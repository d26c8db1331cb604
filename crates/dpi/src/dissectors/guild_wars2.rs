//! `GuildWars2`: STS, similar to HTTP (from documents of free clients): `P /Sts/Connect STS/1.0`.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const REQUEST: &[u8] = b"P /Sts/";
const ANSWER: &[u8] = b"STS/1.0 ";

pub(super) struct GuildWars2;

impl Dissector for GuildWars2 {
    const META: Meta = Meta::tcp(labels::GUILDWARS2)
        .ports(&[6112])
        .starts_with(&[REQUEST, ANSWER])
        .specification("documents of free clients");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_message = |start: &[u8]| segment.payload.starts_with(start);
        let may_be = |start: &[u8]| start.starts_with(segment.payload);
        match [REQUEST, ANSWER] {
            starts if starts.iter().any(|start| is_message(start)) => Verdict::DONE,
            starts if starts.iter().any(|start| may_be(start)) => Verdict::More,
            _ => Verdict::Excluded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_request_and_answer() {
        let exchange = Exchange::tcp(6112)
            .client("P /Sts/Connect STS/1.0\r\nl:4\r\n\r\n<a/>")
            .server("STS/1.0 400 Success\r\nl:0\r\n\r\n");
        assert_named(&exchange, labels::GUILDWARS2);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let exchange = Exchange::tcp(6112).client("P /Stx/Connect STS/1.0\r\n");
        assert_eq!(exchange.verdict_of::<GuildWars2>(), Verdict::Excluded);
    }
}

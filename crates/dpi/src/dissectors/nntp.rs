//! NNTP: Network News Transfer Protocol (RFC 3977, RFC 4643), for reading and distributing Usenet. Commands in lines, and
//! replies that begin with three digits.

use crate::dissect::lines::{command, contains, is_one_of, reply};
use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::dissectors::dialogue::{Dialogue, Said};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Nntp;

const BEGINNINGS: &[&[u8]] = &[
    b"200 ", b"201 ", b"400 ", b"502 ", b"MODE READER", b"MODE STREAM", b"mode reader", b"AUTHINFO ", b"authinfo ",
    b"CAPABILITIES\r\n", b"GROUP ", b"LISTGROUP", b"ARTICLE ", b"IHAVE ", b"XOVER ", b"XHDR ", b"NEWGROUPS ", b"NEWNEWS ",
    b"211 ", b"224 ", b"281 ", b"381 ", b"CHECK <", b"TAKETHIS <", b"BODY <", b"HEAD <", b"STAT <",
];

/// Commands that no other protocol has.
const OWN_COMMANDS: &[&str] = &[
    "AUTHINFO", "CAPABILITIES", "LISTGROUP", "ARTICLE", "IHAVE", "XOVER", "XHDR", "NEWGROUPS", "NEWNEWS", "TAKETHIS",
    "XPAT", "XGTITLE",
];

const COMMANDS: &[&str] =
    &["GROUP", "HEAD", "BODY", "STAT", "NEXT", "LAST", "LIST", "OVER", "HDR", "POST", "DATE", "CHECK", "SLAVE", "HELP"];

impl Dissector for Nntp {
    const META: Meta =
        Meta::tcp(labels::USENET).ports(&[119, 433]).starts_with(BEGINNINGS).specification("RFC 3977, RFC 4643");

    type State = Dialogue;

    fn inspect(dialogue: &mut Dialogue, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        dialogue.hear(segment, found, labels::USENET, |line, is_first, found| {
            judge(line, is_first, segment, found)
        })
    }
}

fn judge(line: &[u8], is_first: bool, segment: &Segment<'_>, found: &mut Found<'_>) -> Said {
    let proof_if = |holds: bool| if holds { Said::Proof } else { Said::Fits };
    let is_on_port = segment.has_port(119);
    if let Some(reply) = reply(line) {
        return match reply.code {
            200 | 201 | 400 | 502 if is_first => {
                let names = ["NNTP", "news", "InterNetNews", "INN ", "posting"];
                found.field(Field::ServerSoftware, reply.text);
                proof_if(is_on_port || names.iter().any(|name| contains(reply.text, name)))
            }
            382 => Said::Consents,
            100..=599 => proof_if(is_on_port),
            _ => Said::Foreign,
        };
    }
    let Some((verb, argument)) = command(line) else { return Said::Foreign };
    match verb {
        _ if is_one_of(verb, OWN_COMMANDS) => Said::Proof,
        _ if is_one_of(verb, &["MODE"]) && is_one_of(argument, &["READER", "STREAM"]) => Said::Proof,
        _ if is_one_of(verb, &["STARTTLS"]) => Said::AsksForTls,
        _ if is_one_of(verb, COMMANDS) => proof_if(is_on_port),
        _ if is_one_of(verb, &["QUIT"]) => Said::Neutral,
        _ => Said::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_either_side_or_both() {
        for exchange in [
            Exchange::tcp(1190).server("200 hello\r\n").client("GROUP misc.test\r\n"),
            Exchange::tcp(1190).server("201 InterNetNews server ready (no posting)\r\n"),
            Exchange::tcp(1190).client("MODE READER\r\n"),
            Exchange::tcp(119).server("211 1234 3000234 3002322 misc.test\r\n"),
            Exchange::tcp(119).client("GROUP misc.test\r\n"),
        ] {
            assert_named(&exchange, labels::USENET);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["200OK\r\n", "MODE x\r\n", "GROUPS\r\n", "201 \x02\r\n"] {
            assert_eq!(Exchange::tcp(119).client(line).verdict_of::<Nntp>(), Verdict::Excluded, "{line}");
        }
        let other = Exchange::tcp(1190).server("200 hello\r\n").client("USER me\r\n");
        assert_eq!(other.verdict_of::<Nntp>(), Verdict::Excluded);
    }
}

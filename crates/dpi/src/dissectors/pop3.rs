//! POP3: Post Office Protocol, version 3 (RFC 1939, RFC 2449). Commands in lines; replies begin with +OK or -ERR. STLS (RFC
//! 2595) makes it POPS.

use crate::dissect::lines::{command, contains, is_one_of};
use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::dissectors::dialogue::{Dialogue, Said};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Pop3;

const BEGINNINGS: &[&[u8]] = &[
    b"+OK", b"-ERR", b"USER ", b"user ", b"APOP ", b"CAPA\r\n", b"capa\r\n", b"AUTH", b"auth", b"STLS\r\n", b"STAT\r\n",
    b"UIDL", b"RETR ", b"LIST", b"PASS ", b"TOP ", b"DELE ",
];

const COMMANDS: &[&str] =
    &["USER", "PASS", "APOP", "AUTH", "CAPA", "STAT", "LIST", "RETR", "DELE", "TOP", "UIDL", "UTF8", "LANG", "XTND"];

/// Ports of Redis and its Sentinel, whose protocol answers alike.
const RESP_PORTS: &[u16] = &[6379, 26379];

impl Dissector for Pop3 {
    const META: Meta =
        Meta::tcp(labels::POP3).ports(&[110]).starts_with(BEGINNINGS).specification("RFC 1939, RFC 2449, RFC 2595");

    type State = Dialogue;

    fn inspect(dialogue: &mut Dialogue, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if RESP_PORTS.iter().any(|&port| segment.has_port(port)) {
            return Verdict::Excluded;
        }
        dialogue.hear(segment, found, labels::POPS, |line, is_first, found| {
            judge(line, is_first, segment, found)
        })
    }
}

fn judge(line: &[u8], is_first: bool, segment: &Segment<'_>, found: &mut Found<'_>) -> Said {
    let is_on_port = segment.has_port(110);
    let proof_if = |holds: bool| if holds { Said::Proof } else { Said::Fits };
    let Some((word, rest)) = command(line) else { return Said::Foreign };
    match word {
        // A bare OK greets nobody; it is also an answer of RESP.
        b"+OK" if is_first && rest.is_empty() && !is_on_port => Said::Foreign,
        b"+OK" if is_first => {
            found.field(Field::ServerSoftware, rest);
            proof_if(is_on_port || contains(rest, "POP"))
        }
        b"+OK" => Said::Consents,
        b"-ERR" => proof_if(is_on_port),
        b"+" => Said::Neutral,
        _ if is_one_of(word, &["STLS"]) => Said::AsksForTls,
        _ if is_one_of(word, &["APOP", "CAPA", "UIDL"]) => Said::Proof,
        _ if is_one_of(word, COMMANDS) => {
            if is_one_of(word, &["USER"]) {
                found.field(Field::User, rest);
            }
            proof_if(is_on_port)
        }
        _ if is_one_of(word, &["QUIT", "NOOP", "RSET"]) => Said::Neutral,
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
            Exchange::tcp(1100).server("+OK Dovecot ready.\r\n").client("user me\r\n").server("+OK\r\n"),
            Exchange::tcp(1100).server("+OK POP3 server\r\n"),
            Exchange::tcp(1100).client("CAPA\r\n"),
            Exchange::tcp(110).server("+OK lavad\r\n"),
            Exchange::tcp(110).client("USER me\r\n"),
        ] {
            assert_named(&exchange, labels::POP3);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn becomes_pops_when_tls_is_consented_to() {
        let asked = Exchange::tcp(110).server("+OK hi\r\n").client("CAPA\r\n").server("+OK\r\nSTLS\r\n.\r\n");
        let asked = asked.client("STLS\r\n");
        let hello = b"\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03";
        assert_eq!(asked.clone().server("+OK go\r\n").client(hello).name(), "POPS");
        assert_eq!(asked.clone().client(hello).server("+OK go\r\n").name(), "POPS");
        assert_eq!(asked.server("-ERR no\r\n").client("USER me\r\n").name(), "POP3");
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["+OKAY\r\n", "USERS\r\n", "-ERR\x01\r\n", "AUTHOR\r\n"] {
            assert_eq!(Exchange::tcp(110).client(line).verdict_of::<Pop3>(), Verdict::Excluded, "{line}");
        }
        assert_eq!(Exchange::tcp(1100).server("+OK\r\n").client("GET x\r\n").verdict_of::<Pop3>(), Verdict::Excluded);
        // RESP.
        assert_eq!(Exchange::tcp(7000).server("+OK\r\n").verdict_of::<Pop3>(), Verdict::Excluded);
        assert_eq!(Exchange::tcp(6379).server("+OK POP\r\n").verdict_of::<Pop3>(), Verdict::Excluded);
    }
}

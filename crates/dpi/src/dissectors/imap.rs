//! IMAP: Internet Message Access Protocol (RFC 9051, RFC 3501). Commands after a tag; replies after that tag or `*`.
//! STARTTLS makes it IMAPS.

use crate::dissect::lines::{command, contains, first_word, is_one_of};
use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::dissectors::dialogue::{Dialogue, Said};
use crate::metadata::Field;
use crate::vocabulary::{Risk, labels};

pub(super) struct Imap;

/// Greatest plausible length of a tag; clients use a few letters and digits.
const LONGEST_TAG: usize = 16;

/// Commands that no other protocol has as the second word.
const OWN_COMMANDS: &[&str] =
    &["CAPABILITY", "AUTHENTICATE", "NAMESPACE", "SUBSCRIBE", "UNSUBSCRIBE", "GETQUOTAROOT", "UNSELECT", "LSUB"];

const COMMANDS: &[&str] = &[
    "LOGIN", "LOGOUT", "NOOP", "ID", "SELECT", "EXAMINE", "CREATE", "DELETE", "RENAME", "LIST", "STATUS", "APPEND", "IDLE",
    "CHECK", "CLOSE", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "MOVE", "UID", "ENABLE", "COMPRESS", "SORT", "THREAD",
];

const STATES: &[&str] = &["OK", "NO", "BAD", "BYE", "PREAUTH"];

/// Unsolicited replies, or replies that are not the last: after `*`, in some cases after a number.
const DATA: &[&str] = &[
    "CAPABILITY", "LIST", "LSUB", "STATUS", "FLAGS", "SEARCH", "ESEARCH", "EXISTS", "RECENT", "EXPUNGE", "FETCH", "ID",
    "NAMESPACE", "ENABLED", "QUOTA", "QUOTAROOT", "SORT", "THREAD", "XLIST",
];

impl Dissector for Imap {
    const META: Meta = Meta::tcp(labels::IMAP).ports(&[143]).specification("RFC 9051, RFC 3501");

    type State = Dialogue;

    fn inspect(dialogue: &mut Dialogue, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if segment.number == 0 && !begins_with_tag(segment.payload) {
            return Verdict::Excluded;
        }
        dialogue.hear(segment, found, labels::IMAPS, |line, is_first, found| {
            judge(line, is_first, segment, found)
        })
    }
}

fn judge(line: &[u8], is_first: bool, segment: &Segment<'_>, found: &mut Found<'_>) -> Said {
    let proof_if = |holds: bool| if holds { Said::Proof } else { Said::Fits };
    let is_on_port = segment.has_port(143);
    let Some((tag, rest)) = command(line) else { return Said::Foreign };
    let Some((word, argument)) = command(rest) else { return Said::Foreign };
    if tag == b"+" || is_one_of(line, &["DONE"]) {
        return Said::Neutral;
    }
    if tag == b"*" {
        let is_data = is_one_of(word, DATA) || is_one_of(first_word(argument), DATA);
        return match is_one_of(word, STATES) {
            true if is_first => {
                found.field(Field::ServerSoftware, argument);
                proof_if(is_on_port || contains(argument, "IMAP") || contains(argument, "[CAPABILITY"))
            }
            false if !is_data => Said::Foreign,
            _ => Said::Proof,
        };
    }
    match word {
        _ if !is_tag(tag) => Said::Foreign,
        _ if is_one_of(word, &["STARTTLS"]) => Said::AsksForTls,
        _ if is_one_of(word, &["OK"]) => Said::Consents,
        _ if is_one_of(word, &["NO", "BAD"]) => Said::Fits,
        _ if is_one_of(word, OWN_COMMANDS) => Said::Proof,
        _ if is_one_of(word, COMMANDS) => {
            if is_one_of(word, &["LOGIN"]) {
                found.field(Field::User, first_word(argument));
                found.risk(Risk::CLEAR_TEXT_CREDENTIALS, [b"IMAP: ", first_word(argument)].concat());
            }
            proof_if(is_on_port)
        }
        _ => Said::Foreign,
    }
}

/// A cheap check: a short word and a space, or a part of that.
fn begins_with_tag(payload: &[u8]) -> bool {
    let start = payload.get(..=LONGEST_TAG).unwrap_or(payload);
    match memchr::memchr(b' ', start) {
        Some(end) => start.get(..end).is_some_and(|tag| tag == b"*" || is_tag(tag)),
        None => start.len() <= LONGEST_TAG && is_tag(start) || start == b"*",
    }
}

fn is_tag(tag: &[u8]) -> bool {
    let is_of_tag = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'#');
    !tag.is_empty() && tag.len() <= LONGEST_TAG && tag.iter().all(is_of_tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_either_side_or_both() {
        for exchange in [
            Exchange::tcp(1430).server("* OK ready\r\n").client("a1 LOGIN me secret\r\n").server("a1 OK\r\n"),
            Exchange::tcp(1430).server("* OK [CAPABILITY IMAP4rev1] hello\r\n"),
            Exchange::tcp(1430).server("* PREAUTH IMAP4rev1 server\r\n"),
            Exchange::tcp(1430).client("C00 CAPABILITY\r\n"),
            Exchange::tcp(143).client(". select inbox\r\n"),
            Exchange::tcp(143).server("* 18 EXISTS\r\n"),
        ] {
            assert_named(&exchange, labels::IMAP);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn becomes_imaps_when_tls_is_consented_to() {
        let asked = Exchange::tcp(143).server("* OK hi\r\n").client("a STARTTLS\r\n");
        let hello = b"\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03";
        assert_eq!(asked.clone().server("a OK go\r\n").client(hello).name(), "IMAPS");
        assert_eq!(asked.server("a NO\r\n").client("b LOGIN x y\r\n").name(), "IMAP");

        let unordered = Exchange::tcp(143).server("* OK IMAP\r\n").client("b STARTTLS\r\n").server("* CAPABILITY STARTTLS\r\n");
        assert_eq!(unordered.server("b OK go\r\n").client(hello).name(), "IMAPS");
        assert_eq!(Exchange::tcp(143).server("* OK IMAP\r\n").client(hello).name(), "IMAPS");
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["GET / HTTP/1.1\r\n", "* HELLO\r\n", "a\0LOGIN\r\n", "averyveryverylongtag LOGIN\r\n", "NICK a\r\n"] {
            assert_eq!(Exchange::tcp(143).client(line).verdict_of::<Imap>(), Verdict::Excluded, "{line}");
        }
    }
}

//! SMTP: Simple Mail Transfer Protocol (RFC 5321), its submission (RFC 6409) and local delivery (LMTP, RFC 2033). Commands
//! in lines, and replies that begin with three digits; STARTTLS (RFC 3207) makes it SMTPS.

use crate::dissect::lines::{Reply, command, contains, first_word, is_one_of, reply};
use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::dissectors::dialogue::{Dialogue, Said};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Smtp;

const BEGINNINGS: &[&[u8]] = &[
    b"220", b"421", b"554", b"250", b"EHLO ", b"HELO ", b"LHLO ", b"ehlo ", b"helo ", b"lhlo ", b"Ehlo ", b"Helo ",
    b"MAIL FROM:", b"RCPT TO:", b"mail from:", b"rcpt to:", b"STARTTLS\r\n",
];

impl Dissector for Smtp {
    const META: Meta = Meta::tcp(labels::SMTP)
        .ports(&[25, 587, 2525])
        .starts_with(BEGINNINGS)
        .specification("RFC 5321, RFC 3207, RFC 2033");

    type State = Dialogue;

    fn inspect(dialogue: &mut Dialogue, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        dialogue.hear(segment, found, labels::SMTPS, |line, is_first, found| {
            judge(line, is_first, segment, found)
        })
    }
}

fn judge(line: &[u8], is_first: bool, segment: &Segment<'_>, found: &mut Found<'_>) -> Said {
    let is_on_port = segment.has_port(25) || segment.has_port(587);
    if let Some(reply) = reply(line) {
        return match reply.code {
            220 if is_first => greeting(&reply, is_on_port, found),
            220 => Said::Consents,
            421 | 554 if is_on_port || is_of_mail(reply.text) => Said::Proof,
            200..=599 if is_on_port => Said::Proof,
            250 | 421 | 554 => Said::Fits,
            200..=599 => Said::Neutral,
            _ => Said::Foreign,
        };
    }
    let Some((verb, argument)) = command(line) else { return Said::Foreign };
    match verb {
        _ if is_one_of(verb, &["EHLO", "HELO", "LHLO"]) => {
            found.field(Field::Host, argument);
            Said::Proof
        }
        _ if is_one_of(verb, &["STARTTLS"]) => Said::AsksForTls,
        _ if is_one_of(verb, &["MAIL", "RCPT"]) && memchr::memchr(b'<', argument).is_some() => Said::Proof,
        _ if is_one_of(verb, &["DATA", "BDAT"]) => Said::Last,
        _ if is_one_of(verb, &["AUTH", "VRFY", "EXPN", "ETRN", "XCLIENT", "XFORWARD"]) => Said::Fits,
        _ if is_one_of(verb, &["QUIT", "NOOP", "RSET", "HELP"]) => Said::Neutral,
        _ => Said::Foreign,
    }
}

/// `220 domain text`.
fn greeting(reply: &Reply<'_>, is_on_port: bool, found: &mut Found<'_>) -> Said {
    let is_of_mail = is_of_mail(reply.text);
    if contains(reply.text, "FTP") && !is_of_mail {
        return Said::Foreign;
    }
    let domain = first_word(reply.text);
    if is_domain(domain) {
        found.host(domain);
    }
    found.field(Field::ServerSoftware, reply.text);
    if is_of_mail || is_on_port { Said::Proof } else { Said::Fits }
}

fn is_of_mail(text: &[u8]) -> bool {
    ["SMTP", "LMTP", "Sendmail", "Postfix", "Exim", "mail "].iter().any(|word| contains(text, word))
}

fn is_domain(name: &[u8]) -> bool {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    name.iter().all(is_of_name) && (memchr::memchr(b'.', name).is_some() || name == b"localhost")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_either_side_or_both() {
        for exchange in [
            Exchange::tcp(2500).server("220 mx.example.org ESMTP\r\n"),
            Exchange::tcp(2500).server("220-mx.example.org hello\r\n220 ready\r\n").client("EHLO me\r\n"),
            Exchange::tcp(2500).client("helo me\r\n"),
            Exchange::tcp(25).server("250 2.1.0 Ok\r\n"),
            Exchange::tcp(25).server("554 no service\r\n"),
            Exchange::tcp(24).client("MAIL FROM:<a@example.org>\r\n"),
        ] {
            assert_named(&exchange, labels::SMTP);
            exchange.assert_cuts_do_not_matter();
        }
        assert_eq!(Exchange::tcp(25).server("220 localhost ESMTP\r\n").outcome().server_name(), "localhost");
        assert_eq!(Exchange::tcp(25).server("220 Welcome to SMTP\r\n").outcome().server_name(), "");
        let greeting = Exchange::tcp(25).server("220 MX.example.org ESMTP\r\n");
        assert_eq!(greeting.outcome().server_name(), "mx.example.org");
    }

    #[test]
    fn becomes_smtps_when_tls_is_consented_to() {
        let asked = Exchange::tcp(25).server("220 mx.example.org ESMTP\r\n").client("EHLO me\r\n");
        let asked = asked.server("250-hello\r\n250 STARTTLS\r\n").client("STARTTLS\r\n");
        let hello = b"\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03";
        assert_eq!(asked.clone().server("220 go\r\n").client(hello).name(), "SMTPS");
        assert_eq!(asked.server("454 no\r\n").client("MAIL FROM:<>\r\n").name(), "SMTP");
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["220 FTP server\r\n", "250\x00\r\n", "EHLOS x\r\n", "MAIL FROM\r\n"] {
            assert_eq!(Exchange::tcp(25).client(line).verdict_of::<Smtp>(), Verdict::Excluded, "{line}");
        }
    }
}

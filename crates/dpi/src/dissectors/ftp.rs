//! FTP: File Transfer Protocol, its control connection (RFC 959, RFC 2228, RFC 2428, RFC 3659, RFC 4217). Commands in lines,
//! and replies that begin with three digits. Gives the endpoints of the data connections to come.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::dissect::lines::{command, contains, is_one_of, number, reply};
use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::dissectors::dialogue::{Dialogue, Said};
use crate::flow::Transport;
use crate::lessons::About;
use crate::metadata::Field;
use crate::vocabulary::{Label, Risk, labels};

pub(super) struct Ftp;

const BEGINNINGS: &[&[u8]] = &[
    b"220", b"120", b"421", b"530", b"331", b"230", b"227 ", b"229 ", b"150 ", b"226 ", b"250 ", b"257 ", b"200 ",
    b"211", b"215 ", b"USER ", b"user ", b"AUTH ", b"auth ", b"FEAT\r\n", b"SYST\r\n", b"PASV\r\n", b"EPSV\r\n",
    b"PORT ", b"EPRT ", b"HOST ", b"PASS ", b"CWD ", b"TYPE ", b"LIST", b"MLSD", b"RETR ", b"STOR ", b"SIZE ",
];

/// Commands that no other protocol has.
const OWN_COMMANDS: &[&str] = &[
    "FEAT", "SYST", "PASV", "EPSV", "PORT", "EPRT", "LPRT", "LPSV", "MLSD", "MLST", "PBSZ", "PROT", "MDTM", "XPWD",
    "XCWD", "XMKD", "XRMD", "XCUP", "CDUP", "NLST",
];

const COMMANDS: &[&str] = &[
    "USER", "PASS", "ACCT", "CWD", "SMNT", "REIN", "TYPE", "STRU", "MODE", "RETR", "STOR", "STOU", "APPE", "ALLO",
    "REST", "RNFR", "RNTO", "ABOR", "DELE", "RMD", "MKD", "PWD", "LIST", "SITE", "STAT", "SIZE", "OPTS", "LANG",
    "HOST", "CLNT", "ADAT", "CCC", "CONF", "ENC", "MIC", "MFMT",
];

impl Dissector for Ftp {
    const META: Meta = Meta::tcp(labels::FTP_CONTROL)
        .also(&[labels::FTPS])
        .ports(&[21, 2121])
        .starts_with(BEGINNINGS)
        .specification("RFC 959, RFC 2228, RFC 2428, RFC 3659, RFC 4217");

    type State = Dialogue;

    fn inspect(dialogue: &mut Dialogue, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        dialogue.hear(segment, found, labels::FTPS, |line, _, found| judge(line, segment, found))
    }
}

fn judge(line: &[u8], segment: &Segment<'_>, found: &mut Found<'_>) -> Said {
    if let Some(reply) = reply(line) {
        return match reply.code {
            _ if contains(reply.text, "SMTP") || contains(reply.text, "NNTP") => Said::Foreign,
            227 => passive(reply.text, segment, found),
            229 => extended_passive(reply.text, segment, found),
            234 => Said::Consents,
            120 | 220 | 421 | 530 if contains(reply.text, "FTP") => {
                found.field(Field::ServerSoftware, reply.text);
                Said::Proof
            }
            110..=659 if segment.has_port(21) => Said::Proof,
            220 | 331 | 230 | 530 => Said::Fits,
            110..=659 => Said::Neutral,
            _ => Said::Foreign,
        };
    }
    let Some((verb, argument)) = command(line) else { return Said::Foreign };
    if verb.eq_ignore_ascii_case(b"AUTH") {
        let is_tls = is_one_of(argument, &["TLS", "SSL", "TLS-C", "TLS-P"]);
        return if is_tls { Said::AsksForTls } else { Said::Neutral };
    }
    if verb.eq_ignore_ascii_case(b"USER") {
        found.field(Field::User, argument);
        if !is_one_of(argument, &["anonymous", "ftp"]) {
            found.risk(Risk::CLEAR_TEXT_CREDENTIALS, [b"FTP: ", argument].concat());
        }
    }
    if verb.eq_ignore_ascii_case(b"PORT") {
        return announced(numbers(argument), found);
    }
    if verb.eq_ignore_ascii_case(b"EPRT") {
        return announced(extended(argument), found);
    }
    let is_listed = is_one_of(verb, COMMANDS);
    match is_one_of(verb, OWN_COMMANDS) || is_listed && segment.has_port(21) {
        true => Said::Proof,
        false if is_listed => Said::Fits,
        false if is_one_of(verb, &["QUIT", "NOOP", "HELP"]) => Said::Neutral,
        false => Said::Foreign,
    }
}

/// Keeps the endpoint of a coming data connection.
fn announced(address: Option<SocketAddr>, found: &mut Found<'_>) -> Said {
    let Some(address) = address else { return Said::Foreign };
    found.teach(About::Endpoint(Transport::Tcp, address), labels::FTP_DATA, Label::UNKNOWN);
    Said::Proof
}

/// `227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)`. Behind a NAT the host is not the one named.
fn passive(text: &[u8], segment: &Segment<'_>, found: &mut Found<'_>) -> Said {
    let start = text.iter().position(u8::is_ascii_digit).unwrap_or(text.len());
    let list = text.get(start..).unwrap_or_default();
    let is_of_list = |byte: &u8| byte.is_ascii_digit() || *byte == b',';
    let end = list.iter().position(|byte| !is_of_list(byte)).unwrap_or(list.len());
    let address = numbers(list.get(..end).unwrap_or_default());
    let seen = address.map(|address| SocketAddr::new(segment.src, address.port()));
    if seen != address {
        announced(seen, found);
    }
    announced(address, found)
}

/// `229 Entering Extended Passive Mode (|||6446|)`: the host is the one that answers (RFC 2428, section 3).
fn extended_passive(text: &[u8], segment: &Segment<'_>, found: &mut Found<'_>) -> Said {
    let Some(start) = memchr::memchr(b'(', text) else { return Said::Foreign };
    let port = text.split(|byte| byte == text.get(start + 1).unwrap_or(&b'|')).nth(3).and_then(number);
    let port = port.and_then(|port| u16::try_from(port).ok());
    announced(port.map(|port| SocketAddr::new(segment.src, port)), found)
}

/// `h1,h2,h3,h4,p1,p2`, decimal.
fn numbers(list: &[u8]) -> Option<SocketAddr> {
    let mut bytes = [0; 6];
    let mut numbers = list.split(|byte| *byte == b',');
    for byte in &mut bytes {
        *byte = u8::try_from(number(numbers.next()?.trim_ascii())?).ok()?;
    }
    let [a, b, c, d, high, low] = bytes;
    let port = u16::from_be_bytes([high, low]);
    numbers.next().is_none().then(|| SocketAddr::from((Ipv4Addr::new(a, b, c, d), port)))
}

/// `|1|132.235.1.2|6275|` (RFC 2428, section 2); any character may take the place of the bar.
fn extended(argument: &[u8]) -> Option<SocketAddr> {
    let (bar, rest) = argument.split_first()?;
    let mut parts = rest.split(|byte| byte == bar).skip(1);
    let host: IpAddr = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let port = u16::try_from(number(parts.next()?)?).ok()?;
    Some(SocketAddr::new(host, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    fn session() -> Exchange {
        Exchange::tcp(2100).server("220 Welcome\r\n").client("USER me\r\n").server("331 Password?\r\n")
    }

    #[test]
    fn recognised_by_either_side_or_both() {
        for exchange in [
            session(),
            Exchange::tcp(2100).server("220-ProFTPD\r\n220 ready\r\n"),
            Exchange::tcp(2100).client("FEAT\r\n"),
            Exchange::tcp(21).client("CWD /pub\r\n"),
            Exchange::tcp(21).server("226 Transfer complete.\r\n"),
        ] {
            assert_named(&exchange, labels::FTP_CONTROL);
            exchange.assert_cuts_do_not_matter();
        }
        assert_eq!(session().outcome().field(Field::User), "me");
    }

    #[test]
    fn says_where_data_will_be() {
        let exchange = session()
            .client("PORT 192,0,2,1,4,1\r\n")
            .server("227 Entering Passive Mode (10,0,0,9,200,10).\r\n")
            .client("EPRT |2|2001:db8::1|5282|\r\n")
            .server("229 Entering Extended Passive Mode (|||6446|)\r\n");
        let about = |address: &str| About::Endpoint(Transport::Tcp, address.parse().expect("an address"));
        let lessons: Vec<_> = exchange.outcome().lessons.iter().map(|lesson| lesson.about).collect();
        let expected = ["192.0.2.1:1025", "192.0.2.2:51210", "10.0.0.9:51210", "[2001:db8::1]:5282", "192.0.2.2:6446"];
        assert_eq!(lessons, expected.map(about));
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["220 mail ESMTP\r\n", "200 HTTP\x01\r\n", "PORT 1,2,3,4,5,600\r\n", "USERS\r\n", "220hello\r\n"] {
            assert_eq!(Exchange::tcp(21).client(line).verdict_of::<Ftp>(), Verdict::Excluded, "{line}");
        }
        let mail = Exchange::tcp(2100).server("220 host\r\n").client("EHLO me\r\n");
        assert_eq!(mail.verdict_of::<Ftp>(), Verdict::Excluded);
    }
}

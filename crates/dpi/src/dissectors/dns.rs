//! DNS: the domain name system (RFC 1035; over TCP RFC 7766). A header that counts its records, names made of labels. On other ports,
//! the message has to be complete. DNSCrypt (version 2) and Avast's variant begin with a request for a certificate: a TXT record
//! under a special name.

use super::dns_message::{Conversation, Message, TYPE_TXT};
use crate::dissect::{Dissector, Found, Meta, Segment, Short, Then, Verdict};
use crate::metadata::Field;
use crate::vocabulary::{Category, Label, labels};

const PORT: u16 = 53;
/// RFC 1002, section 4.2, has the header of DNS and other names.
const NETBIOS_NAME_SERVICE: u16 = 137;

/// Number of last bytes of a name that are kept, as in the early interface: the end shows the owner of a name.
const LONGEST_NAME: usize = 79;

/// Greatest length of a message whose end is awaited.
const LONGEST_WAIT: usize = 0x400;

/// Shortest message: a header, the root's name, type and class.
const SHORTEST: usize = 12 + 1 + 4;

pub(super) struct Dns;

impl Dissector for Dns {
    const META: Meta = Meta::tcp_udp(labels::DNS)
        .also(&[labels::DNSCRYPT, labels::AVASTSECUREDNS])
        .ports(&[PORT])
        .specification("RFC 1035");

    type State = Conversation;

    fn inspect(state: &mut Conversation, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if segment.is_tcp() {
            return over_tcp(state, segment, found);
        }
        if segment.has_port(PORT) && is_bare_response(segment.payload) {
            return Verdict::DONE;
        }
        if !segment.has_port(PORT) && (segment.has_port(NETBIOS_NAME_SERVICE) || !may_be_message(segment.payload)) {
            return Verdict::Excluded;
        }
        match Message::read(segment.payload) {
            Ok(message) => judge(state, segment, message, found),
            Err(Short) if segment.has_port(PORT) && is_cut_in_name(segment.payload) => Verdict::Matched(Then::Wait),
            Err(Short) => Verdict::Excluded,
        }
    }
}

/// Section 4.2.2: the length in two bytes, then the message.
fn over_tcp(state: &mut Conversation, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
    let mut reader = segment.reader();
    let Ok(length) = reader.u16().map(usize::from) else { return Verdict::More };
    let bytes = reader.rest().get(..length).unwrap_or(reader.rest());
    let is_whole = bytes.len() == length;
    let is_possible = if is_whole { may_be_message(bytes) } else { may_become_message(bytes) };
    if length < SHORTEST || !segment.has_port(PORT) && (reader.len() > length || !is_possible) {
        return Verdict::Excluded;
    }
    match Message::read(bytes) {
        Ok(message) if is_whole || segment.has_port(PORT) => judge(state, segment, message, found),
        _ if !is_whole && bytes.len() < LONGEST_WAIT && may_begin_message(bytes) => Verdict::More,
        _ => Verdict::Excluded,
    }
}

fn judge(state: &mut Conversation, segment: &Segment<'_>, message: Message<'_>, found: &mut Found<'_>) -> Verdict {
    if !is_plausible(&message, segment.has_port(PORT)) {
        return Verdict::Excluded;
    }
    if let Some(label) = of_certificate(&message).filter(|_| !segment.has_port(PORT)) {
        found.protocol(label);
        return Verdict::DONE;
    }
    if !segment.has_port(PORT) && !message.is_whole() {
        return Verdict::Excluded;
    }
    if segment.wire_len > segment.payload.len() && state.awaits_question() && message.is_response() {
        return Verdict::Excluded;
    }
    let Some(then) = state.after(&message) else { return Verdict::Matched(state.otherwise()) };
    tell(message, found);
    Verdict::Matched(then)
}

fn tell(message: Message<'_>, found: &mut Found<'_>) {
    // A question alone does not show the application.
    found.category(Category::NETWORK);
    found.field(Field::DnsQueryType, message.kind.to_string());
    if message.is_response() {
        found.field(Field::DnsResponseCode, message.response_code().to_string());
        if found.wants_fields() && message.counts[1] > 0 {
            found.field(Field::DnsAnswers, message.addresses());
        }
    }
    let name = message.name.host();
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return;
    }
    found.later_server_name(bytes.get(bytes.len().saturating_sub(LONGEST_NAME)..).unwrap_or(bytes));
    found.application_of_host(bytes);
}

/// Opcodes: query, inverse query, status, notify, update (RFC 6895, section 2.2). The flag between them and the response code is not
/// used. On the DNS port any class is accepted if the rest is valid.
fn is_plausible(message: &Message<'_>, is_own_port: bool) -> bool {
    let is_known = message.kind != 0 && (message.has_known_class() || is_own_port && message.is_whole());
    message.opcode() <= 5 && message.flags & 0x0040 == 0 && is_known
}

/// A response that consists only of a header: a refusal.
fn is_bare_response(payload: &[u8]) -> bool {
    matches!(payload, [_, _, flags, code, 0, 0, 0, 0, 0, 0, 0, 0] if flags & 0xf8 == 0x80 && code & 0x0f != 0)
}

/// A message with one question that ends within or after the first label of its name, as in the first fragment of a datagram.
fn is_cut_in_name(payload: &[u8]) -> bool {
    let [_, _, flags, second, 0, 1, 0, _, 0, _, 0, _, length @ 1..=63, label @ ..] = payload else { return false };
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    flags & 0x78 == 0
        && second & 0x40 == 0
        && (1..=usize::from(*length)).contains(&label.len())
        && label.iter().all(is_of_name)
}

/// On other ports: one question, a query or the answer to it.
fn may_be_message(payload: &[u8]) -> bool {
    matches!(payload, [_, _, flags, _, 0, 1, 0, _, 0, _, 0, _, rest @ ..] if flags & 0x78 == 0 && rest.len() >= 5)
}

/// Whether the available bytes may be the beginning of what [`may_be_message`] takes for a message.
fn may_become_message(bytes: &[u8]) -> bool {
    let mut message = [0; 17];
    message[5] = 1;
    message.iter_mut().zip(bytes).for_each(|(byte, read)| *byte = *read);
    may_be_message(&message)
}

/// Whether the available bytes may be the beginning of a message.
fn may_begin_message(bytes: &[u8]) -> bool {
    [4, 6, 8, 10].iter().all(|at| bytes.get(*at).is_none_or(|high| *high < 2))
}

/// Section 4.1 of the DNSCrypt protocol: the certificate is requested under `2.dnscrypt-cert.`.
fn of_certificate(message: &Message<'_>) -> Option<Label> {
    let name = message.name.as_bytes();
    let begins = |with: &[u8]| name.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
    if message.kind != TYPE_TXT {
        return None;
    }
    if begins(b"2.dnscrypt-cert.") {
        return Some(labels::DNSCRYPT);
    }
    begins(b"2.securedns.avast.com").then_some(labels::AVASTSECUREDNS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn query(name: &str, kind: u8) -> Vec<u8> {
        let mut message = hex("1234 0100 0001 0000 0000 0000");
        for label in name.split('.') {
            message.push(label.len() as u8);
            message.extend(label.bytes());
        }
        message.extend([0, 0, kind, 0, 1]);
        message
    }

    fn answer(name: &str) -> Vec<u8> {
        let mut message = query(name, 1);
        message.extend(hex("c00c 0001 0001 0000003c 0004 c0000201"));
        message.splice(2..8, hex("8180 0001 0001"));
        message
    }

    #[test]
    fn a_first_fragment_may_end_within_the_name() {
        let (query, answer) = (query("example.org", 1), answer("example.org"));
        for end in 14..=20 {
            assert_named(&Exchange::udp(53).client(&query[..end]).server(&answer[..end]), labels::DNS);
            let other = Exchange::udp(5300).client(&query[..end]);
            assert_eq!(other.verdict_of::<Dns>(), Verdict::Excluded, "{end}");
        }
        // The answer that is whole has the name.
        let whole = Exchange::udp(53).client(&query[..16]).server(&answer).outcome();
        assert_eq!((whole.classification.protocol, whole.server_name()), (labels::DNS, "example.org"));
        // No byte of the name, a byte that names do not have, two questions, an opcode that is not in use.
        let changed = |at: usize, byte: u8| {
            let mut changed = query[..16].to_vec();
            changed[at] = byte;
            changed
        };
        for other in [query[..13].to_vec(), changed(14, 0), changed(5, 2), changed(2, 0x79)] {
            assert_eq!(Exchange::udp(53).client(&other).verdict_of::<Dns>(), Verdict::Excluded, "{other:?}");
        }
    }

    fn with_length(message: &[u8]) -> Vec<u8> {
        [&(message.len() as u16).to_be_bytes()[..], message].concat()
    }

    #[test]
    fn recognised_with_its_question_and_its_answer() {
        let exchange = Exchange::udp(53).client(query("Www.Example.test", 1)).server(answer("www.example.test"));
        let outcome = exchange.outcome();
        assert_eq!((&*outcome.name, outcome.server_name()), ("DNS", "www.example.test"));
        let field = |field| outcome.field(field);
        assert_eq!(
            (field(Field::DnsQueryType), field(Field::DnsResponseCode), field(Field::DnsAnswers)),
            ("1", "0", "192.0.2.1")
        );
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::udp(53).server(hex("1234 8183 0000 0000 0000 0000")), labels::DNS);
    }

    #[test]
    fn recognised_over_tcp() {
        let exchange = Exchange::tcp(53).client(with_length(&query("a.test", 1))).server(with_length(&answer("a.test")));
        assert_named(&exchange, labels::DNS);
        exchange.assert_cuts_do_not_matter();
        let elsewhere = Exchange::tcp(5300).client(with_length(&query("a.test", 1)));
        assert_named(&elsewhere, labels::DNS);
        let message = with_length(&query("a.test", 1));
        for pieces in [&[2][..], &[1, 2, 9], &[3, 12, 14]] {
            let mut exchange = Exchange::tcp(5300);
            let ends = pieces.iter().copied().chain([message.len()]);
            let mut begin = 0;
            for end in ends {
                exchange = exchange.client(&message[begin..end]);
                begin = end;
            }
            assert_named(&exchange, labels::DNS);
            assert_eq!(exchange.outcome().server_name(), "a.test", "{pieces:?}");
        }
    }

    #[test]
    fn recognised_elsewhere_when_it_is_whole() {
        assert_named(&Exchange::udp(1053).client(query("a.test", 28)), labels::DNS);
        assert_named(&Exchange::udp(443).client(query("2.dnscrypt-cert.a.test", 16)), labels::DNSCRYPT);
        assert_named(&Exchange::udp(443).client(query("2.SecureDNS.aVast.com", 16)), labels::AVASTSECUREDNS);
        let longer = [&query("a.test", 1)[..], b"more"].concat();
        assert_eq!(Exchange::udp(1053).client(longer).verdict_of::<Dns>(), Verdict::Excluded);
    }

    #[test]
    fn names_are_shown_in_printable_characters_and_by_their_end() {
        let long = format!("{0}.{0}.a*b=c\u{1}d.test", "x".repeat(40));
        let outcome = Exchange::udp(53).client(query(&long, 1)).outcome();
        let shown = format!("{0}.{0}.a_b_c?d.test", "x".repeat(40));
        assert_eq!(outcome.server_name(), &shown[shown.len() - 79..]);
    }

    #[test]
    fn refuses_its_neighbours() {
        let no_type = query("a.test", 0);
        for payload in [no_type, hex("1234 0100 ffff 0000 0000 0000 00 0001 0001"), b"GET / HTTP/1.1\r\n\r\n".to_vec()]
        {
            assert_eq!(Exchange::udp(53).client(&payload).verdict_of::<Dns>(), Verdict::Excluded);
            assert_eq!(Exchange::tcp(80).client(&payload).verdict_of::<Dns>(), Verdict::Excluded);
        }
        let of_netbios = Exchange::udp(NETBIOS_NAME_SERVICE).client(query("a.test", 32));
        assert_eq!(of_netbios.verdict_of::<Dns>(), Verdict::Excluded);
    }
}

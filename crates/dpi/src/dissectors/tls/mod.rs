//! TLS: Transport Layer Security, SSL 2.0 to TLS 1.3 (RFC 8446, RFC 5246, RFC 6101). Records of handshake, alert, data.
//!
//! To follow TLS within another protocol (STARTTLS, CONNECT, ...): keep a [`State`] in your state. From the first
//! payload after the switch on, call `<Tls as Dissector>::inspect(&mut state.tls, segment, found)`, name your own protocol after
//! each call with `found.protocol(..)`, and return the verdict.

mod certificate;
mod findings;
pub(crate) mod handshake;
pub(crate) mod hello;
mod ja3;
mod ja4;
mod record;

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::risks;
use crate::vocabulary::{Label, labels};
use handshake::{Connection, Look};
use hello::Carrier;
use record::{Content, Read, Record};

pub(crate) use findings::client_hello;

pub(crate) struct Tls;

/// The observed state of a connection.
pub(crate) type State = Connection;

impl Dissector for Tls {
    const META: Meta = Meta::tcp(labels::TLS)
        .ports(&[443, 465, 636, 853, 993, 995, 5223, 8443])
        .starts_with(&[b"\x16\x03", b"\x17\x03", b"\x15\x03", b"\x14\x03", b"\x80"])
        .specification("RFC 8446, RFC 5246, RFC 6101");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let side = segment.from_source;
        if state.is_over(side) {
            return state.pass();
        }
        if !state.is_recognised {
            by_port(segment, found);
            if let [0x80..=0xff, _, 0x01 | 0x04, ..] = segment.payload {
                return sslv2(state, segment.reader(), side);
            }
        }
        let look = Look { connection: &mut *state, found, side, carrier: Carrier::Tls };
        match (Records { look, begun: Vec::new() }).read(segment.reader()) {
            Some(is_incomplete) => state.verdict(is_incomplete),
            None => Verdict::Excluded,
        }
    }
}

/// A client hello of SSL 2.0 counts only together with an answer: other protocols imitate it.
fn sslv2(state: &mut State, reader: Reader<'_>, side: bool) -> Verdict {
    let is_answer = record::is_sslv2_server_hello(reader);
    match record::is_sslv2_client_hello(reader) {
        _ if is_answer == Ok(true) => Verdict::DONE,
        Ok(true) => {
            state.began(side);
            Verdict::Wait
        }
        Ok(false) => Verdict::Excluded,
        Err(Short) => Verdict::More,
    }
}

/// Ports at which TLS carries a protocol with its own name (IANA).
fn by_port(segment: &Segment<'_>, found: &mut Found<'_>) {
    let protocol = |port| match port {
        465 | 587 => labels::SMTPS,
        585 | 993 => labels::IMAPS,
        990 => labels::FTPS,
        995 => labels::POPS,
        _ => Label::UNKNOWN,
    };
    for port in [segment.dst_port, segment.src_port] {
        let protocol = protocol(port);
        if protocol.is_known() {
            return found.protocol(protocol);
        }
        if port == 853 {
            return found.application(labels::DOH_DOT);
        }
    }
    // Others use this port, too: a device that connects to Apple there uses its notification service.
    if segment.dst_port == 5223 && found.owner(segment.dst) == labels::APPLE {
        found.protocol(labels::APPLEPUSH);
    }
}

/// Bytes of one direction.
struct Records<'s, 'f, 'r> {
    look: Look<'s, 'f, 'r>,
    /// The beginning of a handshake message that continues in another record.
    begun: Vec<u8>,
}

impl Records<'_, '_, '_> {
    /// Reads records until nothing more is needed from this direction. Returns whether the last is incomplete; `None` if this is
    /// not TLS.
    fn read(&mut self, mut reader: Reader<'_>) -> Option<bool> {
        while !reader.is_empty() && !self.look.is_over() {
            let record = match Record::read(&mut reader) {
                Read::Record(record) => record,
                Read::Short => return Some(true),
                Read::Malformed if !self.look.connection.is_recognised => return None,
                Read::Malformed => {
                    self.look.end();
                    return Some(false);
                }
            };
            match (record.content, record.fragment) {
                (Content::Handshake, _) => self.handshake(&record, reader)?,
                // In the middle of a connection only the lengths identify it: they must add up.
                _ if !self.look.connection.is_recognised && record.is_whole && !record.is_followed_by(reader) => {
                    return None;
                }
                (Content::ChangeCipherSpec | Content::Alert, []) => {}
                (Content::ChangeCipherSpec, rest) if rest != [1] => return None,
                (Content::Alert, [WARNING, _]) => self.look.connection.is_recognised = true,
                (Content::Alert, [level, ..]) if record.length == 2 && *level != FATAL => return None,
                (Content::Alert, [FATAL, description]) => {
                    risks::tls::fatal_alert(*description, self.look.found);
                    self.look.end();
                }
                _ => self.look.end(),
            }
            if !record.is_whole {
                return Some(true);
            }
        }
        Some(!self.begun.is_empty())
    }

    /// Handshake messages may share a record, or continue in the next. `None` if this is not TLS.
    fn handshake(&mut self, record: &Record<'_>, following: Reader<'_>) -> Option<()> {
        let mut bytes = std::mem::take(&mut self.begun);
        let is_understood = if bytes.is_empty() {
            let read = self.messages(record.fragment);
            if record.is_whole {
                self.begun = read.map(<[u8]>::to_vec).unwrap_or_default();
            }
            read.is_some()
        } else {
            bytes.extend_from_slice(record.fragment);
            if record.is_whole && !following.is_empty() && !is_whole(&bytes) {
                self.begun = bytes;
                return Some(());
            }
            let left = self.messages(&bytes).map(<[u8]>::len);
            if let Some(left) = left {
                bytes.drain(..bytes.len() - left);
                self.begun = bytes;
            }
            left.is_some()
        };
        if !is_understood {
            // Encrypted, in the middle of a connection: the lengths must add up.
            if !self.look.connection.is_recognised && !record.is_followed_by(following) {
                return None;
            }
            self.look.end();
        }
        Some(())
    }

    /// Reads handshake messages. Returns the rest, the beginning of another; `None` if these are not handshake messages.
    fn messages<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() && !self.look.is_over() {
            let start = reader.rest();
            let is_understood = match (reader.u8(), reader.block24()) {
                (Ok(kind), Ok(body)) => self.look.message(kind, body.rest()),
                (Ok(kind), Err(Short)) => {
                    let may_be = self.look.beginning(kind, start.get(4..).unwrap_or_default());
                    return may_be.then_some(start);
                }
                (Err(Short), _) => true,
            };
            if !is_understood {
                return None;
            }
        }
        Some(&[])
    }
}

/// Whether bytes begin with a complete handshake message.
fn is_whole(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    reader.skip(1).is_ok() && reader.block24().is_ok()
}

/// Alert levels (RFC 8446, section 6).
const WARNING: u8 = 0x01;
const FATAL: u8 = 0x02;

#[cfg(test)]
pub(crate) mod tests {
    use super::handshake::{CLIENT_HELLO, SERVER_HELLO};
    use super::hello::tests::{client, server};
    use super::*;
    use crate::metadata::Field;
    use crate::testing::{Exchange, assert_named, hex};
    use crate::vocabulary::Risk;

    fn record(content: u8, fragment: &[u8]) -> Vec<u8> {
        [&[content, 3, 3], &(fragment.len() as u16).to_be_bytes()[..], fragment].concat()
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 0], &(body.len() as u16).to_be_bytes()[..], body].concat()
    }

    /// A record with the hello of a client that asks for a server by name.
    pub(crate) fn hello_record(name: &str) -> Vec<u8> {
        let length = name.len() as u8;
        let list = [&[0, length + 3, 0, 0, length], name.as_bytes()].concat();
        let extensions: [(u16, &[u8]); 3] = [
            (hello::SERVER_NAME, &list),
            (hello::ALPN, b"\0\x0c\x02h2\x08http/1.1"),
            (0x002b, b"\x04\x03\x04\x03\x03"),
        ];
        record(0x16, &message(CLIENT_HELLO, &client(0x0303, &[0x1301, 0xc02f], &extensions)))
    }

    fn chosen(version: &[u8]) -> Vec<u8> {
        message(SERVER_HELLO, &server(0x0303, 0x1301, &[(0x002b, version), (hello::ALPN, b"\0\x03\x02h2")]))
    }

    fn exchange(port: u16) -> Exchange {
        Exchange::tcp(port).client(hello_record("WWW.Example.com")).server(record(0x16, &chosen(b"\x03\x04")))
    }

    #[test]
    fn recognised_by_its_hello() {
        assert_named(&exchange(1443), labels::TLS);
        let outcome = exchange(443).outcome();
        assert_eq!(outcome.server_name(), "www.example.com");
        assert_eq!(outcome.metadata.client_fingerprint.as_deref(), Some("t13d0203h2_c1929292aa6b_b9a491fefe05"));
        assert_eq!(outcome.metadata.server_fingerprint.as_deref().map(str::len), Some(32));
        let fields = [Field::AlpnOffered, Field::AlpnChosen, Field::TlsVersion, Field::TlsCipher];
        assert_eq!(fields.map(|field| outcome.field(field)), ["h2,http/1.1", "h2", "TLSv1.3", "1301"]);
        exchange(443).assert_cuts_do_not_matter();
    }

    #[test]
    fn the_fingerprint_is_of_the_whole_hello() {
        let hello = hello_record("www.example.com");
        for at in 1..hello.len() {
            let (begin, rest) = hello.split_at(at);
            let metadata = Exchange::tcp(443).client(begin).client(rest).outcome().metadata;
            assert_eq!(metadata.client_fingerprint.as_deref(), Some("t13d0203h2_c1929292aa6b_b9a491fefe05"));
        }
    }

    #[test]
    fn the_client_may_be_seen_after_the_server() {
        let reversed = Exchange::tcp(443)
            .server(record(0x16, &chosen(b"\x03\x04")))
            .server(record(0x17, &[0x5a; 100]))
            .client(hello_record("www.example.com"));
        assert_eq!(reversed.outcome().server_name(), "www.example.com");
    }

    #[test]
    fn a_hello_may_be_spread_over_records() {
        let whole = hello_record("www.example.com");
        let (first, second) = whole[5..].split_at(20);
        let spread = Exchange::tcp(443).client([record(0x16, first), record(0x16, second)].concat());
        assert_eq!(spread.outcome().server_name(), "www.example.com");
        spread.assert_cuts_do_not_matter();
    }

    /// One that takes several records, as the longest do.
    fn certificate() -> Vec<u8> {
        let der = certificate::tests::made_up("www.aaaabbbb.com", "", "www.ccccdddd.net", &[]);
        let with_length = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[1..], bytes].concat();
        let whole = message(handshake::CERTIFICATE, &with_length(&with_length(&der)));
        whole.chunks(100).flat_map(|part| record(0x16, part)).collect()
    }

    #[test]
    fn the_certificate_tells_what_the_client_does_not() {
        let old = message(SERVER_HELLO, &server(0x0303, 0xc02f, &[]));
        let flight = [record(0x16, &old), certificate(), record(0x16, &message(0x0e, b""))].concat();
        let nameless = record(0x16, &message(CLIENT_HELLO, &client(0x0303, &[0xc02f], &[])));
        let exchange = Exchange::tcp(9001).client(nameless).server(&flight);
        assert_eq!(exchange.name(), "TLS.Tor");
        assert_eq!(exchange.outcome().field(Field::CertificateSubject), "CN=www.ccccdddd.net");
        exchange.assert_cuts_do_not_matter();
        assert_eq!(Exchange::tcp(9001).server(&flight).name(), "TLS.Tor");
        assert_eq!(Exchange::tcp(9001).server(certificate()).name(), "TLS.Tor");
    }

    #[test]
    fn risks_show_in_hellos_certificates_and_alerts() {
        let hello = |extensions: &[(u16, &[u8])]| record(0x16, &message(CLIENT_HELLO, &client(0x0303, &[0xc02f], extensions)));
        let named = || Exchange::tcp(443).client(hello_record("www.example.com"));
        let answer = |version, cipher| record(0x16, &message(SERVER_HELLO, &server(version, cipher, &[])));
        assert_eq!(exchange(443).outcome().risks(), []);
        assert_eq!(named().server(answer(0x0303, 0xc02f)).outcome().risks(), []);
        let old = named().server(answer(0x0301, 0x0005)).outcome();
        assert_eq!(old.risks(), [Risk::TLS_OBSOLETE_VERSION, Risk::TLS_WEAK_CIPHER]);
        assert_eq!((old.evidence(Risk::TLS_OBSOLETE_VERSION), old.evidence(Risk::TLS_WEAK_CIPHER)), (Some("TLSv1"), Some("0005")));
        assert_eq!(named().server(record(0x15, &[2, 40])).outcome().evidence(Risk::TLS_FATAL_ALERT), Some("40"));
        assert_eq!(named().server(record(0x15, &[1, 0])).outcome().risks(), []);
        let nameless = |extensions: &[(u16, &[u8])]| Exchange::tcp(443).client(hello(extensions)).outcome().risks();
        assert_eq!(nameless(&[(0x002b, b"\x02\x03\x04")]), [Risk::TLS_MISSING_SNI]);
        assert_eq!(nameless(&[(hello::ALPN, b"\0\x03\x02h2")]), [Risk::TLS_MISSING_SNI, Risk::TLS_ALPN_SNI_MISMATCH]);
        assert_eq!(nameless(&[(0xfe0d, b"\0")]), []);
        assert_eq!(nameless(&[(hello::SERVER_NAME, b"\0\x06\0\0\x03a\x01b")]), [Risk::TLS_SUSPICIOUS_EXTENSION]);
        let name: (u16, &[u8]) = (hello::SERVER_NAME, b"\0\x0e\0\0\x0bexample.com");
        assert_eq!(nameless(&[name, (0xffce, b"\0")]), [Risk::TLS_SUSPICIOUS_ESNI_USAGE]);
        let address = Exchange::tcp(443).client(hello_record("192.0.2.7")).outcome();
        assert_eq!(address.risks(), [Risk::NUMERIC_IP_HOST]);
        assert_eq!(Exchange::tcp(443).client(hello_record("xn--bcher-kva.example")).outcome().risks(), [Risk::PUNYCODE_IDN]);
    }

    #[test]
    fn risks_show_in_certificates() {
        let with_length = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[1..], bytes].concat();
        let old = message(SERVER_HELLO, &server(0x0303, 0xc02f, &[]));
        let risks = |issuer, name, hosts: &[&str]| {
            let der = certificate::tests::made_up(issuer, "", name, hosts);
            let flight = message(handshake::CERTIFICATE, &with_length(&with_length(&der)));
            let exchange = Exchange::tcp(443).client(hello_record("www.example.com")).server([record(0x16, &old), record(0x16, &flight)].concat());
            exchange.outcome().risks()
        };
        // It is valid for ten years.
        assert_eq!(risks("CA", "a", &["*.example.com"]), [Risk::TLS_CERT_VALIDITY_TOO_LONG]);
        assert_eq!(risks("CA", "a", &["example.com"]), [Risk::TLS_CERTIFICATE_MISMATCH, Risk::TLS_CERT_VALIDITY_TOO_LONG]);
        let own = risks("www.example.com", "www.example.com", &["www.example.com"]);
        assert_eq!(own, [Risk::TLS_SELFSIGNED_CERTIFICATE, Risk::TLS_CERT_VALIDITY_TOO_LONG]);
    }

    #[test]
    fn recognised_from_the_middle() {
        let finished = record(0x16, &[&[0xc5], &[7; 39][..]].concat());
        for payload in [
            record(0x17, &[0x5a; 100]),
            record(0x17, &[0x5a; 3000])[..1400].to_vec(),
            record(0x15, &[2, 40]),
            record(0x15, &[1, 0x70]),
            record(0x15, &[0x5a; 26]),
            [record(0x14, &[1]), finished.clone()].concat(),
            finished,
        ] {
            assert_named(&Exchange::tcp(443).server(&payload), labels::TLS);
            assert_named(&Exchange::tcp(5000).client(&payload), labels::TLS);
        }
    }

    #[test]
    fn ports_have_names() {
        for (port, label) in [(993, labels::IMAPS), (465, labels::SMTPS), (995, labels::POPS)] {
            assert_named(&exchange(port), label);
        }
        assert_eq!(exchange(853).name(), "TLS.DoH_DoT");
    }

    #[test]
    fn ssl_2_counts_with_an_answer() {
        let hello = hex("802e 01 0301 0015 0000 0010 010080 0700c0 030080 060040 020080 040080 00000a
                         4ed6a8b1 4ed6a8b1 4ed6a8b1 4ed6a8b1");
        let answered = Exchange::tcp(1443).client(&hello).server(record(0x16, &chosen(b"\x03\x03")));
        assert_named(&answered, labels::TLS);
        let answer = hex("8014 04 00 01 0002 0003 0003 0003 303132 010080 303132");
        assert_named(&Exchange::tcp(1443).client(&hello).server(answer), labels::TLS);
        assert_eq!(Exchange::tcp(443).client(&hello).verdict_of::<Tls>(), Verdict::Wait);
        assert_eq!(Exchange::tcp(443).client(&hello).server(b"4ed6a8b1").verdict_of::<Tls>(), Verdict::Excluded);
    }

    #[test]
    fn tor_asks_for_random_names() {
        for (name, is_tor) in [("www.gfu7hbxpfp.com", true), ("www.example.com", false), ("www.e2esoftware.com", false)] {
            assert!(certificate::is_random_name(name, ".com"));
            assert_eq!(certificate::looks_random(name), is_tor, "{name}");
        }
    }

    #[test]
    fn in_the_middle_what_follows_a_record_is_one() {
        let data = record(0x17, &[0x5a; 40]);
        assert_named(&Exchange::tcp(5000).client([&data[..], &data[..20]].concat()), labels::TLS);
        // A length of four bytes, the low one first, looks like the head of a short record.
        let length = [&[0x17, 3, 0, 0][..], &[0x5a; 0x317]].concat();
        assert_eq!(Exchange::tcp(5000).client(length).verdict_of::<Tls>(), Verdict::Excluded);
    }

    #[test]
    fn refuses_its_neighbours() {
        for wrong in ["1603010000", "1703010000", "1603050010 01000010", "150301000203 28", "140303000102", "1703034900"] {
            assert_eq!(Exchange::tcp(443).client(hex(wrong)).verdict_of::<Tls>(), Verdict::Excluded, "{wrong}");
        }
        let mut hello = hello_record("www.example.com");
        hello[9] = 7;
        assert_eq!(Exchange::tcp(443).client([&hello[..], b"more"].concat()).verdict_of::<Tls>(), Verdict::Excluded);
    }
}

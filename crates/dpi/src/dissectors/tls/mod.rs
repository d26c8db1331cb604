//! TLS: Transport Layer Security, SSL 2.0 to TLS 1.3 (RFC 8446, RFC 5246, RFC 6101). Records of handshake, alert, data.
//!
//! To follow TLS within another protocol (STARTTLS, CONNECT, ...): keep a [`State`] in one's own, from the first payload behind
//! the change on call `<Tls as Dissector>::inspect(&mut state.tls, segment, found)`, name one's own protocol after each call
//! with `found.protocol(..)`, and return the verdict.

mod certificate;
pub(crate) mod hello;
mod record;

use crate::dissector::{Dissector, Found, Meta, Segment, Then, Verdict};
use crate::fingerprint::{ja3, ja4};
use crate::label::Label;
use crate::labels;
use crate::metadata::Field;
use crate::reader::{Reader, Short};
use hello::{ClientHello, ServerHello};
use record::{Content, Read, Record};

pub(crate) struct Tls;

/// What has been seen of a connection.
#[derive(Debug, Default)]
pub(crate) struct State {
    is_recognised: bool,
    /// By direction, that from the source last: nothing more is wanted of it.
    is_over: [bool; 2],
    /// The direction of the client hello, once there was one.
    client: Option<bool>,
    /// The server's certificate need not be read: the client has named the server.
    is_named: bool,
}

impl Dissector for Tls {
    const META: Meta = Meta::tcp(labels::TLS)
        .ports(&[443, 465, 636, 853, 993, 995, 5223, 8443])
        .starts_with(&[b"\x16\x03", b"\x17\x03", b"\x15\x03", b"\x14\x03", b"\x80"])
        .specification("RFC 8446, RFC 5246, RFC 6101");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let side = segment.from_source;
        if state.is_over[usize::from(side)] {
            return state.verdict(false);
        }
        if !state.is_recognised {
            by_port(segment, found);
            if let [0x80..=0xff, _, 0x01, ..] = segment.payload {
                return state.sslv2(segment.reader(), side);
            }
        }
        let mut look = Look { state: &mut *state, found, side, begun: Vec::new() };
        match look.records(segment.reader()) {
            Some(is_incomplete) => state.verdict(is_incomplete),
            None => Verdict::Excluded,
        }
    }
}

impl State {
    fn verdict(&self, is_incomplete: bool) -> Verdict {
        match (self.is_recognised, is_incomplete) {
            (false, true) => Verdict::More,
            (false, false) => Verdict::Wait,
            (true, _) if self.is_done() => Verdict::DONE,
            (true, true) => Verdict::Matched(Then::More),
            (true, false) => Verdict::Matched(Then::Wait),
        }
    }

    /// A client's direction may be over before the server says anything; once a server's is, or data flows in the middle of
    /// a connection, no more can come.
    fn is_done(&self) -> bool {
        let is_over = |side| self.is_over[usize::from(side)] && self.client != Some(side);
        is_over(false) || is_over(true)
    }

    /// A hello of SSL 2.0: others are known to imitate it, so it counts together with an answer.
    fn sslv2(&mut self, reader: Reader<'_>, side: bool) -> Verdict {
        match record::is_sslv2_client_hello(reader) {
            Ok(true) => {
                self.client = Some(side);
                self.is_over[usize::from(side)] = true;
                Verdict::Wait
            }
            Ok(false) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

/// Ports at which TLS carries something that has a name of its own (IANA).
fn by_port(segment: &Segment<'_>, found: &mut Found<'_>) {
    let protocol = |port| match port {
        465 | 587 => labels::SMTPS,
        585 | 993 => labels::IMAPS,
        990 => labels::FTPS,
        995 => labels::POPS,
        _ => Label::UNKNOWN,
    };
    for (port, address) in [(segment.dst_port, segment.dst), (segment.src_port, segment.src)] {
        let protocol = protocol(port);
        if protocol.is_known() {
            return found.protocol(protocol);
        }
        if port == 853 {
            return found.application(labels::DOH_DOT);
        }
        if port == 5223 && found.owner(address) == labels::APPLE {
            return found.protocol(labels::APPLEPUSH);
        }
    }
}

/// A look at bytes of one direction.
struct Look<'s, 'f, 'r> {
    state: &'s mut State,
    found: &'f mut Found<'r>,
    side: bool,
    /// The beginning of a handshake message that goes on in another record.
    begun: Vec<u8>,
}

impl Look<'_, '_, '_> {
    /// Reads records until nothing more is wanted of this direction. Says whether the last is incomplete; nothing if this
    /// is not TLS.
    fn records(&mut self, mut reader: Reader<'_>) -> Option<bool> {
        while !reader.is_empty() && !self.is_over() {
            let record = match Record::read(&mut reader) {
                Read::Record(record) => record,
                Read::Short => return Some(true),
                Read::Malformed if !self.state.is_recognised => return None,
                Read::Malformed => {
                    self.end();
                    return Some(false);
                }
            };
            match record.content {
                Content::Handshake => self.handshake(&record, reader)?,
                Content::ChangeCipherSpec if !matches!(record.fragment, [] | [1]) => return None,
                Content::Alert if record.fragment.len() == 2 && !matches!(record.fragment, [1 | 2, _]) => return None,
                _ => self.end(),
            }
            if !record.is_whole {
                return Some(true);
            }
        }
        Some(!self.begun.is_empty())
    }

    fn is_over(&self) -> bool {
        self.state.is_over[usize::from(self.side)]
    }

    /// What comes from now on in this direction is encrypted, or not wanted.
    fn end(&mut self) {
        self.state.is_recognised = true;
        self.state.is_over[usize::from(self.side)] = true;
    }

    /// Handshake messages may share a record, or go on in the next. Nothing if this is not TLS.
    fn handshake(&mut self, record: &Record<'_>, following: Reader<'_>) -> Option<()> {
        let mut bytes = std::mem::take(&mut self.begun);
        let is_understood = if bytes.is_empty() {
            self.messages(record.fragment, record.is_whole)
        } else {
            bytes.extend_from_slice(record.fragment);
            self.messages(&bytes, record.is_whole)
        };
        if !is_understood {
            // Encrypted, in the middle of a connection: the lengths must add up.
            if !self.state.is_recognised && !record.is_followed_by(following) {
                return None;
            }
            self.end();
        }
        Some(())
    }

    /// Reads handshake messages. Says whether they are some.
    fn messages(&mut self, bytes: &[u8], may_go_on: bool) -> bool {
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() && !self.is_over() {
            let start = reader.rest();
            let whole = (reader.u8(), reader.block24());
            let is_understood = match whole {
                (Ok(kind), Ok(body)) => self.message(kind, body.rest()),
                _ => self.partial_message(start),
            };
            if !is_understood {
                return false;
            }
            if whole.1.is_err() {
                if may_go_on && !self.is_over() {
                    self.begun = start.to_vec();
                }
                return true;
            }
        }
        true
    }

    /// A handshake message. Says whether it is one.
    fn message(&mut self, kind: u8, body: &[u8]) -> bool {
        match kind {
            CLIENT_HELLO => ClientHello::parse(body).is_some_and(|hello| {
                self.client_hello(&hello);
                self.end();
                true
            }),
            SERVER_HELLO => ServerHello::parse(body).is_some_and(|hello| {
                server_hello(self.found, &hello);
                self.state.is_recognised = true;
                if hello.selected_version.is_some() || self.state.is_named {
                    self.end();
                }
                true
            }),
            CERTIFICATE => self.certificate(body),
            SERVER_HELLO_DONE if body.is_empty() => {
                self.end();
                true
            }
            _ => self.state.is_recognised,
        }
    }

    /// The beginning of a message: what it says already. Says whether it may be one.
    fn partial_message(&mut self, bytes: &[u8]) -> bool {
        let [kind, _, _, _, body @ ..] = bytes else {
            return matches!(bytes, [] | [CLIENT_HELLO | SERVER_HELLO | CERTIFICATE, ..]) || self.state.is_recognised;
        };
        match *kind {
            CLIENT_HELLO => {
                if let Some(hello) = ClientHello::parse(body) {
                    self.client_hello(&hello);
                }
                self.state.is_recognised || hello::may_begin(body)
            }
            SERVER_HELLO => hello::may_begin(body),
            CERTIFICATE => {
                self.certificate(body);
                true
            }
            _ => self.state.is_recognised,
        }
    }

    fn client_hello(&mut self, hello: &ClientHello<'_>) {
        client_hello(self.found, hello, Carrier::Tls);
        let may_be_tor = self.by_name_of_tor(hello);
        self.state.is_recognised = true;
        self.state.client = Some(self.side);
        self.state.is_named = hello.host().is_some() && !may_be_tor && !self.found.wants_fields();
    }

    /// Tor's clients ask for random names, and for no protocol. Says whether the certificate is to decide.
    fn by_name_of_tor(&mut self, hello: &ClientHello<'_>) -> bool {
        let is_unknown = !self.found.known_application().is_known() && hello.alpn.is_empty();
        let name = hello.host().filter(|_| is_unknown).and_then(|name| std::str::from_utf8(name).ok());
        let Some(name) = name.filter(|name| certificate::is_random_name(name, ".com")) else { return false };
        if certificate::looks_random(name) {
            self.found.application(labels::TOR);
            return false;
        }
        true
    }

    /// Says whether the server's own certificate is there.
    fn certificate(&mut self, body: &[u8]) -> bool {
        let Ok(der) = certificate::first_of(Reader::new(body)) else { return self.state.is_recognised };
        certificate::certificate(self.found, der);
        self.end();
        true
    }
}

/// Handshake types (IANA, TLS HandshakeType).
const CLIENT_HELLO: u8 = 0x01;
const SERVER_HELLO: u8 = 0x02;
const CERTIFICATE: u8 = 0x0b;
const SERVER_HELLO_DONE: u8 = 0x0e;

/// What carries a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// Records over a stream.
    Tls,
    /// Records over datagrams.
    Dtls,
    /// CRYPTO frames.
    Quic,
}

/// Puts what a client hello says where it belongs: server name, application by it or else by ALPN, fingerprints.
pub(crate) fn client_hello(found: &mut Found<'_>, hello: &ClientHello<'_>, carrier: Carrier) {
    if let Some(name) = hello.server_name {
        found.host(name);
    }
    if !found.known_application().is_known() {
        let rules = found.rules();
        let owners = hello.alpn.iter().map(|protocol| rules.alpn(protocol));
        found.application(owners.into_iter().find(|label| label.is_known()).unwrap_or_default());
    }
    if hello.is_whole {
        found.client_fingerprint(&ja4::of_client(hello, carrier));
    }
    if found.wants_fields() {
        client_fields(found, hello);
    }
}

fn client_fields(found: &mut Found<'_>, hello: &ClientHello<'_>) {
    if hello.is_whole {
        found.field(Field::Ja3, ja3::of_client(hello));
    }
    if let Some(offered) = hello.alpn.iter().map(<[u8]>::to_vec).reduce(|all, next| [all, next].join(&b',')) {
        found.field(Field::AlpnOffered, offered);
    }
}

/// Puts what a server hello says where it belongs.
pub(crate) fn server_hello(found: &mut Found<'_>, hello: &ServerHello<'_>) {
    found.server_fingerprint(&ja3::of_server(hello));
    if let Some(protocol) = hello.alpn {
        if !found.known_application().is_known() {
            found.application(found.rules().alpn(protocol));
        }
        found.field(Field::AlpnChosen, protocol);
    }
    if found.wants_fields() {
        found.field(Field::TlsVersion, version_name(hello.selected_version.unwrap_or(hello.version)));
        found.field(Field::TlsCipher, format!("{:04x}", hello.cipher));
    }
}

/// What a version is called; one that has no name goes by its number.
fn version_name(version: u16) -> String {
    let name = match version {
        0x0002 => "SSLv2",
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLSv1.1",
        0x0303 => "TLSv1.2",
        0x0304 => "TLSv1.3",
        0x0100 => "DTLSv0.9",
        0xfeff => "DTLSv1.0",
        0xfefd => "DTLSv1.2",
        0xfefc => "DTLSv1.3",
        _ => return format!("{version:04x}"),
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use super::hello::tests::{client, server};
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn record(content: u8, fragment: &[u8]) -> Vec<u8> {
        [&[content, 3, 3], &(fragment.len() as u16).to_be_bytes()[..], fragment].concat()
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 0], &(body.len() as u16).to_be_bytes()[..], body].concat()
    }

    fn named(name: &str) -> Vec<u8> {
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
        Exchange::tcp(port).client(named("WWW.Example.com")).server(record(0x16, &chosen(b"\x03\x04")))
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
    fn a_hello_may_be_spread_over_records() {
        let whole = named("www.example.com");
        let (first, second) = whole[5..].split_at(20);
        let spread = Exchange::tcp(443).client([record(0x16, first), record(0x16, second)].concat());
        assert_eq!(spread.outcome().server_name(), "www.example.com");
        spread.assert_cuts_do_not_matter();
    }

    #[test]
    fn recognised_from_the_middle() {
        let finished = record(0x16, &[&[0xc5], &[7; 39][..]].concat());
        for payload in [
            record(0x17, &[0x5a; 100]),
            record(0x17, &[0x5a; 3000])[..1400].to_vec(),
            record(0x15, &[2, 40]),
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
    fn refuses_its_neighbours() {
        for wrong in ["1603010000", "1703010000", "1603050010 01000010", "150301000203 28", "140303000102", "1703034900"] {
            assert_eq!(Exchange::tcp(443).client(hex(wrong)).verdict_of::<Tls>(), Verdict::Excluded, "{wrong}");
        }
        let mut hello = named("www.example.com");
        hello[9] = 7;
        assert_eq!(Exchange::tcp(443).client([&hello[..], b"more"].concat()).verdict_of::<Tls>(), Verdict::Excluded);
    }
}

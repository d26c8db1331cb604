//! QUIC: a secure transport over UDP (RFC 9000, RFC 9001, RFC 9369), its drafts, and Google's before it. Long headers carry
//! a version; Initial packets are decrypted with keys that everybody can derive, to read the client hello inside.

mod crypto;
mod google;
mod header;
mod initial;

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Then, Verdict};
use crate::dissectors::tls;
use crate::dissectors::tls::hello::{Carrier, ClientHello};
use crate::metadata::Field;
use crate::vocabulary::labels;
use crypto::{Message, Stream};
use google::Sight;
use header::{Kind, Packet, Version, variable};
use initial::{Keys, derivations};

/// Number of payloads that are searched for a client hello.
const MOST_PAYLOADS: u8 = 8;
/// Number of unsuccessful decryptions before giving up.
const MOST_FAILURES: u8 = 3;
/// Number of packets in one datagram that are inspected.
const MOST_PACKETS: usize = 4;
/// Least length of a packet with a short header: a connection ID of eight bytes, a number, a tag.
const SHORTEST_SHORT: usize = 26;

pub(super) struct Quic;

#[derive(Default)]
pub(crate) struct State {
    is_recognised: bool,
    payloads: u8,
    failures: u8,
    client: Option<Client>,
    /// First bytes of the last short header of each direction.
    short_headers: [Option<[u8; 9]>; 2],
}

/// The side that opens the connection, once one of its packets was decrypted.
struct Client {
    is_source: bool,
    keys: Keys,
    stream: Stream,
}

impl Dissector for Quic {
    const META: Meta = Meta::udp(labels::QUIC)
        .also(&[labels::SNAPCHATCALL])
        .ports(&[443])
        .specification("RFC 9000, RFC 9001, RFC 9369; Google, QUIC Wire Layout Specification");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let sight = match segment.payload.first() {
            Some(0x80..) => long_headers(state, segment, found),
            Some(0x40..) if state.is_recognised => Sight::Foreign,
            Some(0x40..) => match short_header(state, segment) {
                Some(sight) => sight,
                None => return Verdict::Wait,
            },
            _ => google::public(segment, found),
        };
        if sight == Sight::Foreign && !state.is_recognised {
            // Google's servers do not send their version: the client's packet may be late.
            let may_be_answer = segment.number == 0 && segment.src_port == 443;
            return if may_be_answer { Verdict::Wait } else { Verdict::Excluded };
        }
        state.is_recognised = true;
        state.payloads = state.payloads.saturating_add(1);
        let is_over = sight == Sight::Hello || state.payloads >= MOST_PAYLOADS || state.failures >= MOST_FAILURES;
        Verdict::Matched(if is_over { Then::Done } else { Then::Wait })
    }

    fn memory(state: &State) -> usize {
        state.client.as_ref().map_or(0, |client| client.stream.memory())
    }
}

fn long_headers(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Sight {
    let mut sight = Sight::Foreign;
    let missing = segment.wire_len - segment.payload.len();
    if let Some([_, version @ ..]) = segment.payload.first_chunk::<5>() {
        let version = Version(u32::from_be_bytes(*version));
        if version.has_google_header() {
            return google_long_header(version, segment, found);
        }
    }
    let mut rest = segment.payload;
    for _ in 0..MOST_PACKETS {
        let Some((packet, behind)) = Packet::read(rest, missing) else { break };
        if sight == Sight::Foreign && packet.kind != Kind::VersionNegotiation {
            found.field(Field::QuicVersion, format!("{:08x}", packet.version.0));
        }
        sight = Sight::Recognised;
        if packet.kind == Kind::Initial && initial(state, segment, &packet, found) {
            return Sight::Hello;
        }
        rest = behind;
    }
    if sight == Sight::Foreign && segment.has_port(443) && header::is_probe(segment.payload, missing) {
        sight = Sight::Recognised;
    }
    sight
}

/// Q044 to Q049: the long header of a draft, a number, a hash, and frames in the clear.
fn google_long_header(version: Version, segment: &Segment<'_>, found: &mut Found<'_>) -> Sight {
    const Q046: Version = Version(0x5130_3436);
    found.field(Field::QuicVersion, format!("{:08x}", version.0));
    match google::handshake(segment.payload, version == Q046, found) {
        Sight::Foreign => Sight::Recognised,
        sight => sight,
    }
}

/// Returns whether the client hello is complete, or none will come.
fn initial(state: &mut State, segment: &Segment<'_>, packet: &Packet<'_>, found: &mut Found<'_>) -> bool {
    if state.client.as_ref().is_some_and(|client| client.is_source != segment.from_source) {
        return false;
    }
    let Some(frames) = open(state, segment.from_source, packet) else {
        state.failures = state.failures.saturating_add(1);
        return false;
    };
    let Some(client) = &mut state.client else { return false };
    let is_google = packet.version.is_google();
    if is_google && google::handshake(&frames, false, found) == Sight::Hello {
        return true;
    }
    // Frames that are cut off or unknown end the reading; the frames before them count.
    let _: Result<(), _> = client.stream.read_frames(&frames, is_google);
    let (body, is_whole) = match client.stream.message() {
        Message::Whole(body) => (body, true),
        Message::Part(body) => (body, false),
        Message::Other => return true,
    };
    if let Some(hello) = ClientHello::parse(body) {
        tls::client_hello(found, &hello, Carrier::Quic);
        if let Some(user_agent) = hello.quic_transport_parameters.and_then(user_agent) {
            found.user_agent(user_agent);
        }
    }
    is_whole
}

/// The frames of a client's packet. The keys are those of its first packet, until a Retry restarts with others.
fn open(state: &mut State, is_source: bool, packet: &Packet<'_>) -> Option<Vec<u8>> {
    if let Some(frames) = state.client.as_ref().and_then(|client| client.keys.open(packet)) {
        return Some(frames);
    }
    let (keys, frames) = derivations(packet.version).iter().find_map(|derivation| {
        let keys = Keys::of_client(derivation, packet.destination)?;
        let frames = keys.open(packet)?;
        Some((keys, frames))
    })?;
    state.client = Some(Client { is_source, keys, stream: Stream::default() });
    Some(frames)
}

/// Google's transport parameter `user_agent`.
fn user_agent(parameters: &[u8]) -> Option<&[u8]> {
    const USER_AGENT: u64 = 0x3129;
    let mut reader = Reader::new(parameters);
    loop {
        let name = variable(&mut reader).ok()?;
        let length = variable(&mut reader).ok()?;
        let value = reader.take(usize::try_from(length).ok()?).ok()?;
        if name == USER_AGENT {
            return Some(value);
        }
    }
}

/// In the middle of a connection only the receiver's connection ID is in the clear: two packets to the same ID, with different
/// protected bits before it (RFC 9000, section 17.3.1). `None`: the next payload may decide.
fn short_header(state: &mut State, segment: &Segment<'_>) -> Option<Sight> {
    if !segment.has_port(443) {
        return Some(Sight::Foreign);
    }
    let head = segment.payload.first_chunk::<9>().filter(|_| segment.wire_len >= SHORTEST_SHORT)?;
    let [of_source, of_destination] = &mut state.short_headers;
    let last = if segment.from_source { of_source } else { of_destination };
    let [first, id @ ..] = head;
    let agrees = last.is_some_and(|[last, last_id @ ..]| *id == last_id && *first != last);
    *last = Some(*head);
    agrees.then_some(Sight::Recognised)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const FIRST_ID: [u8; 8] = *b"original";
    const NAME: &[u8] = b"example.org";
    const USER_AGENT: &[u8] = b"Browser/1.0";

    /// A client hello with a server name, a long list of nothing, and Google's transport parameter.
    fn hello() -> Vec<u8> {
        let block16 = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes(), bytes].concat();
        let extension = |code: u16, body: &[u8]| [code.to_be_bytes().to_vec(), block16(body)].concat();
        let name = block16(&[&[0], block16(NAME).as_slice()].concat());
        let parameters = [&hex("01 02 4001 7129")[..], &[USER_AGENT.len() as u8], USER_AGENT].concat();
        let extensions = [extension(0, &name), extension(0x15, &[0; 1500]), extension(0x39, &parameters)].concat();
        let body = [&hex("0303")[..], &[7; 32], &hex("00 0002 1301 0100"), &block16(&extensions)].concat();
        [&[1, 0], &(body.len() as u16).to_be_bytes()[..], &body].concat()
    }

    fn crypto(offset: usize, data: &[u8]) -> Vec<u8> {
        let number = |value: usize| (0x4000 | value as u16).to_be_bytes();
        [&[6], &number(offset)[..], &number(data.len()), data].concat()
    }

    fn halves() -> [Vec<u8>; 2] {
        let hello = hello();
        let (first, second) = hello.split_at(900);
        [crypto(0, first), crypto(900, second)]
    }

    #[test]
    fn recognised_by_a_client_hello_in_pieces() {
        let [first, second] = halves();
        for version in [1, 0x6b33_43cf, 0xff00_001d, 0xff00_001b, 0xface_b002, 0xface_b00e, 0x0a0a_0a0a] {
            let seal = |number, frames: &[u8]| initial::tests::seal(version, &FIRST_ID, number, frames);
            let pieces = [seal(1, &second), seal(0, &first)];
            for order in [[0, 1], [1, 0]] {
                let exchange = order.iter().fold(Exchange::udp(4433), |all, at| all.client(&pieces[*at]));
                assert_named(&exchange, labels::QUIC);
                let outcome = exchange.outcome();
                assert_eq!(outcome.server_name(), "example.org", "{version:08x}");
                assert_eq!(outcome.metadata.user_agent.as_deref(), Some("Browser/1.0"));
                assert!(outcome.metadata.client_fingerprint.as_ref().is_some_and(|ja4| ja4.starts_with('q')));
                assert_eq!(outcome.field(Field::QuicVersion), format!("{version:08x}"));
            }
        }
    }

    #[test]
    fn reserved_versions_are_offered_and_listed() {
        // A short Initial packet that fills its datagram, and one whose rest makes no sense.
        let short = [&hex("c3 1a2a3a4a 08 0102030405060708 00 00 4020")[..], &[0x5a; 32]].concat();
        assert_named(&Exchange::udp(4433).client(&short), labels::QUIC);
        let probe = [&hex("c0 babababa 08 0102030405060708 00")[..], &[0; 1200]].concat();
        assert_named(&Exchange::udp(443).client(&probe), labels::QUIC);
        assert_ne!(Exchange::udp(4433).client(&probe).name(), "QUIC");
        assert_ne!(Exchange::udp(443).client(&probe[..800]).name(), "QUIC");
        let list = hex("80 00000000 04 01020304 08 0102030405060708 cadaeafa 00abcdef");
        assert_named(&Exchange::udp(4433).server(&list), labels::QUIC);
        assert_ne!(Exchange::udp(4433).server(&list[..list.len() - 8]).name(), "QUIC");
        let mut other = short;
        other[2] = 0x2b;
        assert_ne!(Exchange::udp(4433).client(&other).name(), "QUIC");
    }

    #[test]
    fn a_server_answers_in_between_and_a_retry_begins_again() {
        let [first, second] = halves();
        let piece = |id, number, frames: &[u8]| initial::tests::seal(1, id, number, frames);
        let answer = [&hex("c000000001 00 08 7365727665727321 00 4014")[..], &[9; 20]].concat();
        // The client turns to the connection ID that the server has chosen; the keys remain those of the first.
        let mut moved = piece(&FIRST_ID, 1, &second);
        let exchange = Exchange::udp(443).client(piece(&FIRST_ID, 0, &first)).server(&answer);
        assert_eq!(exchange.clone().client(&moved).outcome().server_name(), "example.org");
        moved[10] ^= 1;
        assert_named(&exchange.client(&moved), labels::QUIC);
        let retry = [&hex("f000000001 00 08 7365727665727321")[..], &[9; 40]].concat();
        let again = piece(b"server!!", 1, &crypto(0, &hello()[..900]));
        let exchange = Exchange::udp(443).client(piece(&FIRST_ID, 0, &hex("01"))).server(retry).client(again);
        assert_eq!(exchange.outcome().server_name(), "example.org");
    }

    #[test]
    fn recognised_without_a_hello() {
        let negotiation = hex("80 00000000 08 0102030405060708 00 1a2a3a4a 00000001");
        assert_named(&Exchange::udp(4433).server(negotiation), labels::QUIC);
        let handshake = [&hex("e000000001 04 01020304 00 4019")[..], &[9; 25]].concat();
        assert_named(&Exchange::udp(4433).server(handshake), labels::QUIC);
        let short = |first: u8, fill: u8| [&[first][..], b"receiver", &[fill; 20]].concat();
        let exchange = Exchange::udp(443).client(short(0x41, 3)).client(short(0x53, 4));
        assert_named(&exchange, labels::QUIC);
    }

    /// A message of Google's handshake.
    fn message(tag: &[u8; 4], entries: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut bytes = [tag, &(entries.len() as u16).to_le_bytes()[..], &[0, 0]].concat();
        let mut end = 0;
        for (tag, value) in entries {
            end += value.len() as u32;
            bytes.extend_from_slice(*tag);
            bytes.extend(end.to_le_bytes());
        }
        entries.iter().for_each(|(_, value)| bytes.extend_from_slice(value));
        bytes
    }

    #[test]
    fn recognised_as_googles() {
        let chlo = message(
            b"CHLO",
            &[(b"PAD\0", &[0x2d; 40]), (b"SNI\0", NAME), (b"VER\0", b"Q043"), (b"UAID", USER_AGENT)],
        );
        let public = hex("0d 0102030405060708 51303433 01 000102030405060708090a0b a001 0004");
        let long = hex("c3 51303436 50 0102030405060708 00000001 000102030405060708090a0b a001 0004");
        let sealed = initial::tests::seal(0x5130_3530, &FIRST_ID, 1, &[&hex("08 00 4080")[..], &chlo].concat());
        for datagram in [[public, chlo.clone()].concat(), [long, chlo].concat(), sealed] {
            let exchange = Exchange::udp(8443).client(datagram);
            assert_named(&exchange, labels::QUIC);
            assert_eq!(exchange.outcome().server_name(), "example.org");
            assert_eq!(exchange.outcome().metadata.user_agent.as_deref(), Some("Browser/1.0"));
        }
        let rejection = message(b"REJ\0", &[(b"STK\0", &[1; 20]), (b"SNO\0", &[2; 20])]);
        let head = hex("08 0102030405060708 01 000102030405060708090a0b 400103a501000600 a001025b");
        assert_named(&Exchange::udp(8443).server([head, rejection].concat()), labels::QUIC);
    }

    #[test]
    fn refuses_its_neighbours() {
        let mut datagrams = vec![
            hex("c000000001 15 01"),
            hex("80000000 00"),
            [&hex("c000000001 04 01020304 00 00 7fff")[..], &[9; 100]].concat(),
            hex("80 00000000 00 04 01020304 61626364"),
            hex("80 00000000 00 04 01020304 00000001 00000000"),
            hex("80 00000000 00 00 00000001"),
            [&[0xc1, 0x11, 0x22, 0x33, 0x44, 8][..], &[7; 1300]].concat(),
            [&hex("0c0102030405060708")[..], b"CHLOCHLOCHLOCHLO", &[1; 200]].concat(),
        ];
        datagrams.extend((0..=255_u8).map(|first| (0..1200).map(|at: u32| first ^ ((at * at * 31) >> 3) as u8).collect()));
        for datagram in datagrams {
            let verdict = Exchange::udp(5000).client(&datagram).verdict_of::<Quic>();
            assert_eq!(verdict, Verdict::Excluded, "{:02x?}", datagram.get(..12));
        }
    }
}

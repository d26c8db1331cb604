//! BitTorrent: peers over TCP (BEP 3) and uTP (BEP 29), DHT (BEP 5), UDP trackers (BEP 15), local service discovery (BEP 14).
//! One port of a peer serves them all: later flows of such an endpoint that are not recognised, above all encrypted ones, are
//! BitTorrent too.

use std::net::IpAddr;

use memchr::memmem;

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::flow::Transport;
use crate::lessons::About;
use crate::vocabulary::{Label, labels};

pub(super) struct BitTorrent;

const HANDSHAKE: &[u8] = b"\x13BitTorrent protocol";

/// Blocks are requested in pieces of this size, at multiples of it.
const BLOCK: u32 = 0x4000;

/// The data that is most often mistaken for a random key.
const TLS_HANDSHAKE: &[u8] = &[0x16, 3];

/// Greatest depth to which bencoded lists and dictionaries are read.
const DEEPEST: u8 = 6;

#[derive(Default)]
pub(super) struct State {
    /// TCP: the first payload may have been a key of Message Stream Encryption.
    encrypted: bool,
    /// The last uTP header.
    utp: Option<Utp>,
    /// Action and transaction of a possible request to a tracker.
    request: Option<(u32, u32)>,
}

impl Dissector for BitTorrent {
    const META: Meta = Meta::tcp_udp(labels::BITTORRENT)
        .ports(&[6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889, 51413, 6771])
        .max_segments(10)
        .specification("BEP 3, 5, 14, 15, 29; Message Stream Encryption");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if segment.is_tcp() { peer(state, segment, found) } else { datagram(state, segment, found) }
    }
}

/// Both transports of an endpoint.
fn teach(found: &mut Found<'_>, address: IpAddr, port: u16) {
    for transport in [Transport::Tcp, Transport::Udp] {
        let about = About::Endpoint(transport, (address, port).into());
        found.teach(about, labels::BITTORRENT, Label::UNKNOWN);
    }
}

fn teach_both(segment: &Segment<'_>, found: &mut Found<'_>) {
    teach(found, segment.src, segment.src_port);
    teach(found, segment.dst, segment.dst_port);
}

fn peer(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
    let payload = segment.payload;
    if payload.starts_with(HANDSHAKE) || (state.encrypted && memmem::find(payload, HANDSHAKE).is_some()) {
        let (address, port) = if segment.from_source {
            (segment.dst, segment.dst_port)
        } else {
            (segment.src, segment.src_port)
        };
        teach(found, address, port);
        return Verdict::DONE;
    }
    if state.encrypted {
        return Verdict::Wait;
    }
    if HANDSHAKE.starts_with(payload) {
        return Verdict::More;
    }
    if is_peer_message(payload) {
        return Verdict::DONE;
    }
    if segment.number == 0 && may_be_a_key(payload) {
        state.encrypted = true;
        return Verdict::Wait;
    }
    Verdict::Excluded
}

/// A message of a connection that began earlier: a block, a request for one, its cancellation, or a message of an extension.
fn is_peer_message(payload: &[u8]) -> bool {
    match *payload {
        [0, 0, 0, 13, 6 | 8, 0, _, _, _, ref rest @ ..] => {
            let mut reader = Reader::new(rest);
            let (begin, length) = (reader.u32(), reader.u32());
            begin.is_ok_and(|begin| begin % BLOCK == 0)
                && length.is_ok_and(|length| 0 < length && length <= 2 * BLOCK)
        }
        [0, 0, 0x40, 9, 7, 0, _, _, _, ref rest @ ..] => {
            Reader::new(rest).u32().is_ok_and(|begin| begin % BLOCK == 0)
        }
        // Extension protocol (BEP 10): a bencoded dictionary.
        [0, 0, _, _, 20, _, b'd', b'1'..=b'9', b':', b'a'..=b'z', ..]
        | [0, 0, _, _, 20, _, b'd', b'1'..=b'9', b'0'..=b'9', b':', b'a'..=b'z', ..] => true,
        _ => false,
    }
}

/// Message Stream Encryption opens with a Diffie-Hellman key of 96 bytes and up to 512 of padding. With plain text chosen
/// for what follows, the handshake comes after two more messages.
fn may_be_a_key(payload: &[u8]) -> bool {
    let Some(start) = payload.get(..96) else { return false };
    payload.len() <= 96 + 512
        && !payload.starts_with(TLS_HANDSHAKE)
        && start.iter().filter(|byte| byte.is_ascii()).count() < 72
        && start.iter().filter(|byte| **byte == 0).count() < 8
}

fn datagram(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
    let payload = segment.payload;
    match payload.first() {
        Some(b'd') if is_dht(payload) => {
            teach_both(segment, found);
            return Verdict::DONE;
        }
        Some(b'B') if payload.starts_with(b"BT-SEARCH * HTTP/1.") => {
            if let Some(port) = announced_port(payload) {
                teach(found, segment.src, port);
            }
            return Verdict::DONE;
        }
        _ => {}
    }
    if let Ok(Some(header)) = Utp::read(&mut segment.reader(), segment.from_source) {
        if header.speaks_for_itself || state.utp.is_some_and(|earlier| header.follows(&earlier)) {
            teach_both(segment, found);
            return Verdict::DONE;
        }
        state.utp = Some(header);
        return Verdict::Wait;
    }
    match tracker(state, payload) {
        Ok(verdict) => verdict,
        Err(Short) => Verdict::Excluded,
    }
}

/// KRPC: a bencoded dictionary that has a transaction, and says whether it is a query, a response or an error.
fn is_dht(payload: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 3] = [b"d1:ad2:id20:", b"d1:rd2:id20:", b"d1:eli20"];
    BEGINNINGS.iter().any(|start| payload.starts_with(start)) || krpc(payload).unwrap_or(false)
}

fn krpc(payload: &[u8]) -> Result<bool, Short> {
    let mut reader = Reader::new(payload);
    if reader.u8()? != b'd' {
        return Ok(false);
    }
    let (mut has_transaction, mut has_type) = (false, false);
    while !matches!(reader.rest(), [b'e', ..]) {
        let key = string(&mut reader)?;
        match (key, reader.rest()) {
            (b"y", [b'1', b':', b'q' | b'r' | b'e', ..]) => has_type = true,
            (b"t", [b'1'..=b'9', ..]) => has_transaction = true,
            _ => {}
        }
        skip_value(&mut reader, DEEPEST)?;
    }
    Ok(has_transaction && has_type && reader.len() == 1)
}

fn string<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Short> {
    let mut length = 0_usize;
    for _ in 0..5 {
        match reader.u8()? {
            digit @ b'0'..=b'9' => length = length * 10 + usize::from(digit - b'0'),
            b':' => return reader.take(length),
            _ => return Err(Short),
        }
    }
    Err(Short)
}

fn skip_value(reader: &mut Reader<'_>, depth: u8) -> Result<(), Short> {
    match reader.rest() {
        [b'i', rest @ ..] => {
            let end = rest.iter().take(21).position(|byte| *byte == b'e').ok_or(Short)?;
            reader.skip(end + 2)
        }
        [b'l' | b'd', ..] if depth > 0 => {
            reader.skip(1)?;
            while !matches!(reader.rest(), [b'e', ..]) {
                skip_value(reader, depth - 1)?;
            }
            reader.skip(1)
        }
        _ => string(reader).map(|_| ()),
    }
}

/// The port on which the peer listens, from a local announcement.
fn announced_port(payload: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(payload);
    while let Ok(line) = reader.line() {
        if let Some(port) = line.strip_prefix(b"Port: ") {
            return std::str::from_utf8(port).ok()?.trim().parse().ok();
        }
    }
    None
}

/// The values that packets of a uTP connection share.
#[derive(Clone, Copy)]
struct Utp {
    from_source: bool,
    /// It opens a connection, or carries the handshake of the peers.
    speaks_for_itself: bool,
    connection: u16,
    time: u32,
    sequence: u16,
    acknowledged: u16,
}

impl Utp {
    const DATA: u8 = 0;
    const SYN: u8 = 4;

    /// BEP 29: type and version, extensions, connection, two times, window, sequence and acknowledgement.
    fn read(reader: &mut Reader<'_>, from_source: bool) -> Result<Option<Self>, Short> {
        let (kind, mut extension) = match reader.u8()? {
            first if first & 0x0f == 1 && first >> 4 <= Self::SYN => (first >> 4, reader.u8()?),
            _ => return Ok(None),
        };
        let connection = reader.u16()?;
        let (time, difference, window) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let (sequence, acknowledged) = (reader.u16()?, reader.u16()?);
        if connection == 0 || !(1..1 << 27).contains(&window) {
            return Ok(None);
        }
        for _ in 0..4 {
            if extension == 0 {
                break;
            }
            let (next, value) = (reader.u8()?, reader.block8()?);
            let is_known = match extension {
                1 => value.len() % 4 == 0,
                2 => value.len() == 8,
                3 => value.len() == 4,
                _ => false,
            };
            if !is_known {
                return Ok(None);
            }
            extension = next;
        }
        if (kind == Self::DATA) == reader.is_empty() || extension != 0 {
            return Ok(None);
        }
        let opens = kind == Self::SYN && difference == 0 && acknowledged == 0 && time != 0;
        let speaks_for_itself = opens || reader.rest().starts_with(HANDSHAKE);
        Ok(Some(Self { from_source, speaks_for_itself, connection, time, sequence, acknowledged }))
    }

    /// Whether it belongs to the connection of an earlier one. The sides' connection numbers differ by one, and they
    /// acknowledge what the other has sent; one side's clock (in microseconds) advances by less than two minutes.
    fn follows(&self, earlier: &Self) -> bool {
        if self.from_source == earlier.from_source {
            let passed = self.time.wrapping_sub(earlier.time);
            let sent = self.sequence.wrapping_sub(earlier.sequence);
            let confirmed = self.acknowledged.wrapping_sub(earlier.acknowledged);
            return self.connection == earlier.connection
                && (1..1 << 27).contains(&passed)
                && sent < 0x400
                && confirmed < 0x400;
        }
        let apart = self.connection.wrapping_sub(earlier.connection);
        let unconfirmed = earlier.sequence.wrapping_sub(self.acknowledged);
        (apart == 1 || apart == u16::MAX) && unconfirmed < 0x100
    }
}

/// BEP 15. Only the connect request identifies itself; the other messages follow from earlier requests.
fn tracker(state: &mut State, payload: &[u8]) -> Result<Verdict, Short> {
    const PROTOCOL: [u8; 8] = [0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80];
    let mut reader = Reader::new(payload);
    let connection = reader.array::<8>()?;
    if connection == PROTOCOL && reader.u32()? == 0 && reader.len() >= 4 {
        return Ok(Verdict::DONE);
    }
    if let Some(request) = state.request {
        let mut answer = Reader::new(payload);
        let is_answer = (answer.u32()?, answer.u32()?) == request;
        return Ok(Verdict::matched_if(is_answer));
    }
    let (action, transaction) = (reader.u32()?, reader.u32()?);
    match action {
        1 if is_announcement(&mut reader)? => Ok(Verdict::DONE),
        2 if !reader.is_empty() && reader.len().is_multiple_of(20) && transaction != 0 => {
            state.request = Some((action, transaction));
            Ok(Verdict::Wait)
        }
        _ => Ok(Verdict::Excluded),
    }
}

fn is_announcement(reader: &mut Reader<'_>) -> Result<bool, Short> {
    reader.skip(20 + 20 + 3 * 8)?;
    let event = reader.u32()?;
    reader.skip(4 + 4)?;
    let wanted = reader.u32()?;
    let port = reader.u16()?;
    Ok(event <= 3 && (wanted == u32::MAX || wanted <= 0x1000) && port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const UTP: &str = "f82a43d2 baf0f0fc 00100000 d449 6c42";

    fn handshake() -> Vec<u8> {
        [HANDSHAKE, &[0, 0, 0, 0, 0, 0x10, 0, 5], &[0xa5; 20], b"-TR3000-abcdefghijkl"].concat()
    }

    #[test]
    fn peers_greet_each_other() {
        let exchange = Exchange::tcp(7000).client(handshake()).server(handshake());
        assert_named(&exchange, labels::BITTORRENT);
        assert_eq!(exchange.outcome().lessons.len(), 2);
        exchange.assert_cuts_do_not_matter();
        let key: Vec<u8> = (0..150_u8).map(|number| number.wrapping_mul(167)).collect();
        let plain = Exchange::tcp(7000).client(&key).server(&key).client(&key).server([&key, &handshake()[..]].concat());
        assert_named(&plain, labels::BITTORRENT);
    }

    #[test]
    fn connections_that_had_begun() {
        for message in ["0000000d 06 00000102 00004000 00004000", "00004009 07 00000102 00010000 a5a5a5a5"] {
            assert_named(&Exchange::tcp(7000).server(hex(message)), labels::BITTORRENT);
        }
        let extension = [&hex("000000c0 14 00")[..], b"d12:complete_agoi5e1:md11:lt_donthavei7eee"].concat();
        assert_named(&Exchange::tcp(7000).server(extension), labels::BITTORRENT);
        for other in ["0000000d 06 00000102 00004001 00004000", "00004009 08 00000102 00010000 a5a5", "13426974546f"] {
            let verdict = Exchange::tcp(7000).server(hex(other)).verdict_of::<BitTorrent>();
            assert!(matches!(verdict, Verdict::Excluded | Verdict::More), "{other}");
        }
    }

    #[test]
    fn transport_of_its_own() {
        let syn = hex("41 00 5302 10eeb2f0 00000000 00100000 e7f5 0000");
        assert_named(&Exchange::udp(7000).client(&syn), labels::BITTORRENT);
        let state = |connection, acknowledged| {
            hex(&format!("21 02 {connection} 06ff3f5f 7fffffff 000f0000 49c7 {acknowledged} 00 08 0000000000000000"))
        };
        let data = [hex(&format!("01 00 5303 {UTP}")), vec![0xa5; 9]].concat();
        assert_named(&Exchange::udp(7000).client(&data).server(state("5302", "d449")), labels::BITTORRENT);
        let later = hex("21 00 5303 f82a483d baf0ee42 00100000 d449 6c43");
        assert_named(&Exchange::udp(7000).client(&data).client(later), labels::BITTORRENT);
        for other in [state("5305", "d449"), state("5302", "a449"), data.clone()] {
            let exchange = Exchange::udp(7000).client(&data).server(other);
            assert_eq!(exchange.verdict_of::<BitTorrent>(), Verdict::Wait);
        }
    }

    #[test]
    fn distributed_table_trackers_and_local_discovery() {
        let tracker = "0000041727101980 00000000 a5a5a5a5";
        assert_named(&Exchange::udp(6969).client(hex(tracker)), labels::BITTORRENT);
        let announcement =
            [hex("0102030405060708 00000001 a5a5a5a5"), vec![7; 64], hex("00000002 00000000 00000001 ffffffff 1ae1")];
        assert_named(&Exchange::udp(6969).client(announcement.concat()), labels::BITTORRENT);
        let scrape = [hex("0102030405060708 00000002 a5a5a5a5"), vec![7; 20]].concat();
        let answer = hex("00000002 a5a5a5a5 00000001 00000002 00000003");
        assert_named(&Exchange::udp(6969).client(scrape).server(answer), labels::BITTORRENT);
        for dictionary in [
            "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe",
            "d2:ip6:abcdef1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:v4:UT001:y1:re",
            "d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee",
        ] {
            assert_named(&Exchange::udp(7000).server(dictionary), labels::BITTORRENT);
        }
        let announced = "BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: 00\r\n\r\n";
        let outcome = Exchange::udp(6771).client(announced).outcome();
        let about = About::Endpoint(Transport::Tcp, ([192, 0, 2, 1], 6881).into());
        assert_eq!((&*outcome.name, outcome.lessons[0].about), ("BitTorrent", about));
        for other in ["d1:a1:b1:t2:aae", "d1:y1:q1:t2:aae.", "d9999999:", "dlllllllllllll", "d1:ai"] {
            assert_eq!(Exchange::udp(7000).client(other).verdict_of::<BitTorrent>(), Verdict::Excluded, "{other}");
        }
    }
}

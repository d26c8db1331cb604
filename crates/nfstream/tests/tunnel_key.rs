//! `tunnel_key` all: ids that each direction of a tunnel has for itself tell flows apart. For every number of meters and every
//! size of blocks, and packet by packet.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "packets here are in tunnels")]
mod synthetic;

use std::io::{self, Read};
use std::time::Duration;

use nfstream::{Direction, Event, Input, Opener, Profile, Record, Streamer, StreamerBuilder, TunnelKey};
use proptest::prelude::*;
use synthetic::{header, record};
use tempfile::NamedTempFile;

const UP: bool = true;
const DOWN: bool = false;
const START_MS: u64 = 1_000_000_000_000;

/// A packet of a user in GTP-U. All users have the address 10.0.0.1 and talk to 10.0.0.2.
#[derive(Clone, Copy, Debug)]
struct User {
    time_ms: u64,
    is_up: bool,
    teid: u32,
    /// Port of the user.
    port: u16,
    /// TCP flags and sequence number; UDP without.
    tcp: Option<(u8, u32)>,
}

fn user(time_ms: u64, is_up: bool, teid: u32) -> User {
    User { time_ms, is_up, teid, port: 4000, tcp: None }
}

impl User {
    fn record(self) -> Vec<u8> {
        let [src, dst] = if self.is_up { [1, 2] } else { [2, 1] };
        let ports = if self.is_up { [self.port, 4999] } else { [4999, self.port] };
        let ports = ports.map(u16::to_be_bytes).concat();
        let (protocol, transport) = match self.tcp {
            None => (17, [&ports[..], &[0, 8, 0, 0]].concat()),
            Some((flags, sequence)) => {
                let numbers = [sequence.to_be_bytes(), [0; 4]].concat();
                (6, [&ports[..], &numbers, &[0x50, flags, 0xff, 0xff, 0, 0, 0, 0]].concat())
            }
        };
        self.carries(&ip(protocol, [10, 0, 0, src], [10, 0, 0, dst], &transport))
    }

    /// The same with another packet in the tunnel.
    fn carries(self, inner: &[u8]) -> Vec<u8> {
        let [src, dst] = if self.is_up { [1, 2] } else { [2, 1] };
        let length = (inner.len() as u16).to_be_bytes();
        let gtp = [&[0x30, 255], &length[..], &self.teid.to_be_bytes(), inner].concat();
        let udp =
            [&[0x08, 0x68, 0x08, 0x68], &(8 + gtp.len() as u16).to_be_bytes()[..], &[0, 0], &gtp].concat();
        let outer = ip(17, [192, 0, 2, src], [192, 0, 2, dst], &udp);
        let ethernet = [2, 0, 0, 0, 0, dst, 2, 0, 0, 0, 0, src, 8, 0];
        record((START_MS + self.time_ms) * 1000, &[&ethernet, &outer[..]].concat())
    }
}

fn ip(protocol: u8, src: [u8; 4], dst: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = (20 + payload.len() as u16).to_be_bytes();
    [&[0x45, 0], &length[..], &[0, 0, 0, 0, 64, protocol, 0, 0], &src, &dst, payload].concat()
}

fn bytes(packets: &[User]) -> Vec<u8> {
    packets.iter().fold(header(), |bytes, packet| [bytes, packet.record()].concat())
}

/// A capture that gives a few bytes at a time.
struct Slowly(io::Cursor<Vec<u8>>);

impl Read for Slowly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(250);
        self.0.read(&mut buffer[..most])
    }
}

/// Port of the source, packets of each direction, times of the first and the last packet, reason of the end.
type Row = (u16, u64, u64, u64, u64, &'static str);

fn row(record: &Record) -> Row {
    let flow = record.flow();
    let [up, down] = [Direction::SrcToDst, Direction::DstToSrc].map(|way| flow.totals(way).packets);
    let all = flow.bidirectional();
    let [first, last] = [all.first_seen, all.last_seen].map(|time| time.milliseconds() - START_MS);
    (flow.src_port, up, down, first, last, record.expiration_reason().unwrap().name())
}

fn accurate() -> StreamerBuilder {
    Streamer::builder().profile(Profile::Accurate).n_dissections(0).tunnel_key(TunnelKey::All)
}

fn flows(packets: &[User], builder: &StreamerBuilder) -> Vec<Row> {
    flows_of(&bytes(packets), builder)
}

/// The flows of a capture, which must be the same for every number of meters and in every way to read it.
fn flows_of(bytes: &[u8], builder: &StreamerBuilder) -> Vec<Row> {
    let file = NamedTempFile::with_suffix(".pcap").unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let records = |input: Input, meters: usize| -> Vec<Row> {
        let streamer = builder.clone().source(input).n_meters(meters).build().unwrap();
        streamer.records().unwrap().map(|record| row(&record.unwrap())).collect()
    };
    let expected = records(file.path().into(), 1);
    for meters in [1, 2, 3, 8] {
        assert_eq!(records(file.path().into(), meters), expected, "{meters} meters");
        let bytes = bytes.to_vec();
        let open = move || Ok(Box::new(Slowly(io::Cursor::new(bytes.clone()))) as Box<dyn Read + Send>);
        let slow = records(Input::Reader(Opener::new("slow", open)), meters);
        assert_eq!(slow, expected, "{meters} meters, in small blocks");
        let streamer = builder.clone().source(file.path()).n_meters(meters).build().unwrap();
        assert_eq!(packet_by_packet(&streamer), expected, "{meters} meters, packet by packet");
    }
    expected
}

fn packet_by_packet(streamer: &Streamer) -> Vec<Row> {
    let (mut packets, mut rows) = (streamer.packets().unwrap(), Vec::new());
    while packets.receive().unwrap() {
        while let Some(event) = packets.next() {
            if let Event::Ended { record, .. } = event {
                rows.push(row(&record));
            }
        }
    }
    rows
}

/// Packets of both directions of each flow.
fn counts(packets: &[User], builder: &StreamerBuilder) -> Vec<(u64, u64)> {
    flows(packets, builder).into_iter().map(|(_, up, down, ..)| (up, down)).collect()
}

#[test]
fn users_with_the_same_addresses_and_ports_have_flows_of_their_own() {
    // The users have TEIDs 1 and 11, 2 and 12.
    let packets = [
        user(0, UP, 1),
        user(1, DOWN, 11),
        user(2, UP, 2),
        user(3, UP, 1),
        user(4, DOWN, 12),
        user(5, DOWN, 11),
        user(6, DOWN, 12),
        user(7, UP, 2),
        user(8, DOWN, 12),
    ];
    assert_eq!(counts(&packets, &accurate()), [(2, 2), (2, 3)]);
    assert_eq!(counts(&packets, &accurate().tunnel_key(TunnelKey::Shared)), [(4, 5)]);
    let nfstream = accurate().profile(Profile::Nfstream).connection_columns(true);
    assert_eq!(counts(&packets, &nfstream), [(2, 2), (2, 3)]);
    assert_eq!(counts(&packets, &nfstream.tunnel_key(TunnelKey::None)), [(4, 5)]);
}

#[test]
fn each_direction_has_ids_of_its_own() {
    // One user's TEID upwards is the other's downwards.
    let packets = [
        user(0, UP, 1),
        user(1, DOWN, 2),
        user(2, UP, 2),
        user(3, DOWN, 1),
        user(4, UP, 1),
        user(5, DOWN, 2),
    ];
    assert_eq!(counts(&packets, &accurate()), [(2, 2), (1, 1)]);
}

#[test]
fn a_handover_splits_a_flow() {
    // Downwards first, upwards later, while another user goes on.
    let packets = [
        user(0, UP, 1),
        user(0, DOWN, 11),
        user(1, UP, 2),
        user(1, DOWN, 12),
        user(2, DOWN, 31),
        user(3, UP, 2),
        user(4, UP, 3),
        user(5, DOWN, 31),
        user(6, DOWN, 12),
        user(7, DOWN, 11),
    ];
    assert_eq!(counts(&packets, &accurate()), [(1, 2), (2, 2), (2, 1)]);
    let sources = flows(&packets, &accurate()).iter().map(|row| row.0).collect::<Vec<_>>();
    assert_eq!(sources, [4000, 4000, 4999]);
}

#[test]
fn the_newest_flow_without_answers_takes_an_answer() {
    let packets = [
        user(0, UP, 1),
        user(1, UP, 2),
        user(2, UP, 3),
        user(3, DOWN, 12),
        user(4, DOWN, 11),
        user(5, DOWN, 10),
    ];
    let rows = flows(&packets, &accurate());
    assert_eq!(rows.iter().map(|row| (row.3, row.4)).collect::<Vec<_>>(), [(0, 5), (1, 4), (2, 3)]);
    // A flow that is over takes none, whether or not its end was noticed.
    let late = [user(0, UP, 1), user(900, UP, 2), user(950, UP, 1), user(1901, DOWN, 5)];
    let idle = accurate().idle_timeout(Duration::from_secs(1));
    assert_eq!(counts(&late, &idle), [(1, 0), (2, 1)]);
}

#[test]
fn the_next_part_of_a_flow_keeps_its_ids() {
    let packets = [
        user(0, UP, 1),
        user(1, DOWN, 11),
        user(2, UP, 2),
        user(3, DOWN, 12),
        // Both have lasted for their timeout.
        user(1500, UP, 1),
        user(1501, DOWN, 12),
        user(1502, DOWN, 11),
        user(1503, UP, 2),
    ];
    let active = accurate().active_timeout(Duration::from_secs(1));
    let expected = [
        (4000, 1, 1, 0, 1, "active"),
        (4000, 1, 1, 2, 3, "active"),
        (4000, 1, 1, 1500, 1502, "end_of_input"),
        (4000, 1, 1, 1501, 1503, "end_of_input"),
    ];
    assert_eq!(flows(&packets, &active), expected);
}

#[test]
fn a_new_connection_keeps_its_ids() {
    let tcp = |time_ms, is_up, teid, flags, sequence| User {
        tcp: Some((flags, sequence)),
        ..user(time_ms, is_up, teid)
    };
    let (syn, reset, ack) = (0x02, 0x14, 0x10);
    let packets = [
        tcp(0, UP, 1, syn, 100),
        tcp(1, DOWN, 11, reset, 0),
        tcp(2, UP, 2, syn, 200),
        tcp(3, DOWN, 12, reset, 0),
        tcp(4, UP, 1, syn, 300),
        tcp(5, UP, 2, syn, 400),
        tcp(6, DOWN, 11, ack, 1),
    ];
    let reasons: Vec<_> = flows(&packets, &accurate()).iter().map(|row| (row.1, row.2, row.5)).collect();
    let reuse = "port_reuse";
    assert_eq!(reasons, [(1, 1, reuse), (1, 1, reuse), (1, 1, "end_of_input"), (1, 0, "end_of_input")]);
}

#[test]
fn fragments_belong_to_the_flow_of_their_tunnel() {
    // Both users send a datagram of two fragments with the same identification.
    let datagram = [&[0x0f, 0xa0, 0x13, 0x87, 0, 24, 0, 0][..], &[7; 16]].concat();
    let fragment = |flags: u8, offset: u8, data: &[u8]| {
        let mut packet = ip(17, [10, 0, 0, 1], [10, 0, 0, 2], data);
        packet[4..8].copy_from_slice(&[0, 9, flags, offset]);
        packet
    };
    let [first, later] = [fragment(0x20, 0, &datagram[..16]), fragment(0, 2, &datagram[16..])];
    let records = [(1, &later), (2, &first), (1, &first), (2, &later)]
        .map(|(teid, inner)| user(teid.into(), UP, teid).carries(inner));
    let answers = [user(5, DOWN, 12).record(), user(6, DOWN, 11).record(), user(7, DOWN, 12).record()];
    let bytes = [header(), records.concat(), answers.concat()].concat();
    let rows = flows_of(&bytes, &accurate());
    assert_eq!(
        rows.iter().map(|row| (row.0, row.1, row.2)).collect::<Vec<_>>(),
        [(4000, 2, 2), (4000, 2, 1)]
    );
}

/// A flow of the model.
#[derive(Clone, Debug)]
struct Modelled {
    port: u16,
    is_source_up: bool,
    /// Ids upwards and downwards.
    ids: [Option<u32>; 2],
    packets: [u64; 2],
    first_ms: u64,
    last_ms: u64,
}

impl Modelled {
    fn begin(packet: &User, is_source_up: bool, ids: [Option<u32>; 2]) -> Self {
        let User { time_ms, port, .. } = *packet;
        let mut flow = Self { port, is_source_up, ids, packets: [0, 0], first_ms: time_ms, last_ms: time_ms };
        flow.add(packet);
        flow
    }

    fn add(&mut self, packet: &User) {
        let way = usize::from(!packet.is_up);
        self.ids[way] = Some(packet.teid);
        self.packets[way] += 1;
        self.last_ms = packet.time_ms;
    }

    fn row(&self, reason: &'static str) -> Row {
        let [up, down] = self.packets;
        let (port, own, other) = if self.is_source_up { (self.port, up, down) } else { (4999, down, up) };
        (port, own, other, self.first_ms, self.last_ms, reason)
    }
}

const IDLE_MS: u64 = 1000;
const ACTIVE_MS: u64 = 3000;

/// The flows of packets, by a list of the flows alive, the newest last.
fn modelled(packets: &[User], most: usize) -> Vec<Row> {
    let (mut alive, mut rows) = (Vec::<Modelled>::new(), Vec::new());
    let end_idle = |alive: &mut Vec<Modelled>, rows: &mut Vec<Row>, now: u64| {
        rows.extend(alive.iter().filter(|flow| flow.last_ms + IDLE_MS <= now).map(|flow| flow.row("idle")));
        alive.retain(|flow| flow.last_ms + IDLE_MS > now);
    };
    for packet in packets {
        let way = usize::from(!packet.is_up);
        end_idle(&mut alive, &mut rows, packet.time_ms);
        let with = |alive: &[Modelled], id| {
            alive.iter().rposition(|flow| flow.port == packet.port && flow.ids[way] == id)
        };
        let found = with(&alive, Some(packet.teid)).or_else(|| with(&alive, None));
        match found {
            Some(at) if packet.time_ms - alive[at].first_ms >= ACTIVE_MS => {
                let before = alive.remove(at);
                rows.push(before.row("active"));
                alive.push(Modelled::begin(packet, before.is_source_up, before.ids));
            }
            Some(at) => alive[at].add(packet),
            None => {
                if alive.len() == most {
                    let oldest = (0..most).min_by_key(|&at| (alive[at].last_ms, alive[at].first_ms)).unwrap();
                    rows.push(alive.remove(oldest).row("resource"));
                }
                alive.push(Modelled::begin(packet, packet.is_up, [None; 2]));
            }
        }
    }
    end_idle(&mut alive, &mut rows, packets.last().map_or(0, |last| last.time_ms));
    rows.extend(alive.iter().map(|flow| flow.row("end_of_input")));
    rows.sort_unstable();
    rows
}

fn packets() -> impl Strategy<Value = Vec<User>> {
    let gap = prop_oneof![8 => 1..40_u64, 1 => 300..1200_u64];
    prop::collection::vec((gap, any::<bool>(), 0..5_u32, 0..3_u16), 1..120).prop_map(|packets| {
        let mut time_ms = 0;
        let packet = |(gap, is_up, teid, port)| {
            time_ms += gap;
            User { port: 4000 + port, ..user(time_ms, is_up, teid) }
        };
        packets.into_iter().map(packet).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn flows_are_those_of_a_list(packets in packets()) {
        let builder = accurate()
            .idle_timeout(Duration::from_millis(IDLE_MS))
            .active_timeout(Duration::from_millis(ACTIVE_MS));
        let mut found = flows(&packets, &builder);
        found.sort_unstable();
        prop_assert_eq!(found, modelled(&packets, usize::MAX));
    }

    #[test]
    fn flows_are_those_of_a_list_where_room_is_short(packets in packets(), most in 1..6_usize) {
        let file = NamedTempFile::with_suffix(".pcap").unwrap();
        std::fs::write(file.path(), bytes(&packets)).unwrap();
        let builder = accurate()
            .idle_timeout(Duration::from_millis(IDLE_MS))
            .active_timeout(Duration::from_millis(ACTIVE_MS));
        let streamer = builder.source(file.path()).n_meters(1).max_active_flows(most).build().unwrap();
        let mut found: Vec<_> = streamer.records().unwrap().map(|record| row(&record.unwrap())).collect();
        found.sort_unstable();
        prop_assert_eq!(found, modelled(&packets, most));
    }
}

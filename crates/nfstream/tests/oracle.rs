//! The engine against a slow reading of what a flow is: every column of every flow, whatever the number of meters.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod synthetic;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;
use std::time::Duration;

use nfstream::{AccountingMode, Event, Profile, Record, Streamer, StreamerBuilder};
use proptest::prelude::*;

use synthetic::{Packet, capture};

/// What the oracle remembers of a flow: everything.
struct Remembered {
    /// Of each packet: milliseconds, direction, size, flags.
    packets: Vec<(u64, usize, u64, u8)>,
    first: Packet,
    /// The number of its first packet.
    began: usize,
    expiration_id: i64,
}

/// When a flow ended, as docs/architecture.md has it: the time, a packet, and what comes first where both are equal.
type Moment = (u64, usize, u8);

const ACTIVE: u8 = 0;
const OUT_OF_ROOM: u8 = 1;
const IDLE: u8 = 2;

impl Remembered {
    fn last_ms(&self) -> u64 {
        self.packets[self.packets.len() - 1].0
    }

    fn idle_moment(&self, idle_ms: u64) -> Moment {
        (self.last_ms().saturating_add(idle_ms), self.began, IDLE)
    }
}

/// Packets that SPLT keeps.
const SPLT: usize = 5;

/// The values of a flow, of the columns that the oracle reads and in their order.
type Row = Vec<String>;

type Key = (bool, u16, [(u8, u16); 2]);

fn key(packet: &Packet) -> Key {
    let mut ends = [(packet.hosts.0, packet.ports.0), (packet.hosts.1, packet.ports.1)];
    ends.sort_unstable();
    (packet.v6, packet.vlan, ends)
}

/// The rows of all flows, in the order in which they end. There is no bound to the number of flows when `most` is 0.
fn oracle(packets: &[Packet], idle_ms: u64, active_ms: u64, most: usize) -> Vec<Row> {
    let mut live: HashMap<Key, Remembered> = HashMap::new();
    // When each had its last packet, and when it began: microseconds, number of the packet.
    let mut times: HashMap<Key, (u64, usize)> = HashMap::new();
    let mut ended: Vec<(Moment, Remembered)> = Vec::new();
    let mut newest_us = 0;
    for (number, packet) in packets.iter().enumerate() {
        newest_us = packet.time_us.max(newest_us);
        let newest = newest_us / 1000;
        let key = key(packet);
        if let Some(flow) = live.get(&key) {
            if newest - flow.last_ms() >= idle_ms {
                ended.push((flow.idle_moment(idle_ms), live.remove(&key).unwrap()));
            } else if newest - flow.packets[0].0 >= active_ms {
                let flow = live.remove(&key).unwrap();
                ended.push(((newest, number, ACTIVE), Remembered { expiration_id: 1, ..flow }));
            }
        }
        if most > 0 && !live.contains_key(&key) && live.len() >= most {
            let idle = live.extract_if(|_, flow| newest - flow.last_ms() >= idle_ms);
            ended.extend(idle.map(|(_, flow)| (flow.idle_moment(idle_ms), flow)));
            while live.len() >= most {
                let oldest = *live.keys().min_by_key(|key| times[*key]).unwrap();
                let flow = Remembered { expiration_id: 2, ..live.remove(&oldest).unwrap() };
                ended.push(((newest, number, OUT_OF_ROOM), flow));
            }
        }
        let began = if live.contains_key(&key) { times[&key].1 } else { number };
        times.insert(key, (newest_us, began));
        let flow = live.entry(key).or_insert_with(|| Remembered {
            packets: Vec::new(),
            first: packet.clone(),
            began: number,
            expiration_id: 0,
        });
        let from_source = (flow.first.hosts, flow.first.ports) == (packet.hosts, packet.ports);
        let size = packet.frame().len() as u64;
        let flags = if packet.ports == (0, 0) { 0 } else { packet.flags };
        flow.packets.push((newest, usize::from(!from_source), size, flags));
    }
    let newest = newest_us / 1000;
    ended.extend(live.into_values().map(|flow| {
        let is_idle = newest - flow.last_ms() >= idle_ms;
        (if is_idle { flow.idle_moment(idle_ms) } else { (u64::MAX, flow.began, u8::MAX) }, flow)
    }));
    ended.sort_by_key(|(moment, _)| *moment);
    ended.iter().map(|(_, flow)| in_order(row(flow))).collect()
}

/// The values of a flow by the names of their columns, without its id: read slowly from all its packets.
fn row(flow: &Remembered) -> BTreeMap<String, String> {
    let mut row = BTreeMap::new();
    let mut put = |name: &str, value: String| assert!(row.insert(name.to_owned(), value).is_none(), "{name}");
    let first = &flow.first;
    let address = |host: u8| if first.v6 { format!("fd00::{host:x}") } else { format!("10.0.0.{host}") };
    let protocol = match (first.ports, first.v6) {
        ((0, 0), false) => 1,
        ((0, 0), true) => 58,
        _ => 6,
    };
    put("expiration_id", flow.expiration_id.to_string());
    for (end, host, port) in [("src", first.hosts.0, first.ports.0), ("dst", first.hosts.1, first.ports.1)] {
        put(&format!("{end}_ip"), address(host));
        put(&format!("{end}_mac"), format!("02:00:00:00:00:{host:02x}"));
        put(&format!("{end}_oui"), "02:00:00".to_owned());
        put(&format!("{end}_port"), port.to_string());
    }
    put("protocol", protocol.to_string());
    put("ip_version", if first.v6 { 6 } else { 4 }.to_string());
    put("vlan_id", first.vlan.to_string());
    put("tunnel_id", "0".to_owned());

    for (scope, wanted) in [("bidirectional", None), ("src2dst", Some(0)), ("dst2src", Some(1))] {
        let packets: Vec<_> =
            flow.packets.iter().filter(|(_, direction, ..)| wanted.is_none_or(|w| w == *direction)).collect();
        let (first, last) = (packets.first().map_or(0, |p| p.0), packets.last().map_or(0, |p| p.0));
        let sizes: Vec<u64> = packets.iter().map(|p| p.2).collect();
        put(&format!("{scope}_first_seen_ms"), first.to_string());
        put(&format!("{scope}_last_seen_ms"), last.to_string());
        put(&format!("{scope}_duration_ms"), (last - first).to_string());
        put(&format!("{scope}_packets"), packets.len().to_string());
        put(&format!("{scope}_bytes"), sizes.iter().sum::<u64>().to_string());
        let piats: Vec<u64> = packets.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        for (what, values) in [("ps", &sizes), ("piat_ms", &piats)] {
            for (which, value) in ["min", "mean", "stddev", "max"].into_iter().zip(moments(values)) {
                put(&format!("{scope}_{which}_{what}"), value);
            }
        }
        for (flag, bit) in FLAGS {
            let count = packets.iter().filter(|p| p.3 & bit != 0).count();
            put(&format!("{scope}_{flag}_packets"), count.to_string());
        }
    }
    let mut lists = [[-1_i64; SPLT]; 3];
    let mut last = flow.packets[0].0;
    for (place, &(time, direction, size, _)) in flow.packets.iter().take(SPLT).enumerate() {
        lists[0][place] = direction as i64;
        lists[1][place] = size as i64;
        lists[2][place] = (time - last) as i64;
        last = time;
    }
    for (name, list) in ["splt_direction", "splt_ps", "splt_piat_ms"].into_iter().zip(lists) {
        put(name, format!("{list:?}"));
    }
    row
}

const FLAGS: [(&str, u8); 8] = [
    ("syn", 0x02),
    ("cwr", 0x80),
    ("ece", 0x40),
    ("urg", 0x20),
    ("ack", 0x10),
    ("psh", 0x08),
    ("rst", 0x04),
    ("fin", 0x01),
];

/// By the textbook, in two passes.
fn moments(values: &[u64]) -> [String; 4] {
    let count = values.len() as f64;
    let mean = if values.is_empty() { 0.0 } else { values.iter().sum::<u64>() as f64 / count };
    let squares: f64 = values.iter().map(|&value| (value as f64 - mean).powi(2)).sum();
    let stddev = if values.len() < 2 { 0.0 } else { (squares / (count - 1.0)).sqrt() };
    let (min, max) = (values.iter().min().unwrap_or(&0), values.iter().max().unwrap_or(&0));
    [min.to_string(), rounded(mean), rounded(stddev), max.to_string()]
}

/// Two ways of computing differ in the last digits.
fn rounded(number: f64) -> String {
    format!("{number:.6}")
}

/// The record as the oracle writes it. Columns that the oracle does not read are told by a test of their own.
fn as_row(record: &Record) -> Row {
    let shown = |value| match value {
        nfstream::Value::Float(number) => rounded(number),
        value => value.to_string(),
    };
    let values = COLUMNS.iter().zip(record.values());
    values.filter(|(column, _)| READ.contains(*column)).map(|(_, value)| shown(value)).collect()
}

fn in_order(mut row: BTreeMap<String, String>) -> Row {
    COLUMNS.iter().filter_map(|column| row.remove(column)).collect()
}

/// The columns of records.
static COLUMNS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let streamer = parameters().source("none.pcap").build().unwrap();
    streamer.schema().columns().iter().map(|column| column.name.to_string()).collect()
});

/// The columns that the oracle reads.
static READ: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let first = Packet { hosts: (1, 2), ports: (1, 2), v6: false, vlan: 0, time_us: 0, payload: 0, flags: 0 };
    row(&Remembered { packets: vec![(0, 0, 0, 0)], first, began: 0, expiration_id: 0 }).into_keys().collect()
});

fn parameters() -> StreamerBuilder {
    // The oracle counts as nfstream does.
    Streamer::builder()
        .profile(Profile::Nfstream)
        .n_dissections(0)
        .accounting_mode(AccountingMode::Raw)
        .statistical_analysis(true)
        .splt_analysis(SPLT)
}

#[test]
fn the_oracle_reads_every_column() {
    let columns: BTreeSet<_> = COLUMNS.iter().cloned().collect();
    let unread: Vec<_> = columns.difference(&READ).filter(|name| *name != "id").collect();
    assert!(
        unread.is_empty(),
        "the oracle does not read {unread:?}: say in `row` of tests/oracle.rs how they follow from all packets of a flow"
    );
    let gone: Vec<_> = READ.difference(&columns).collect();
    assert!(gone.is_empty(), "the oracle reads {gone:?} in `row` of tests/oracle.rs, which are no columns");
}

/// Reads the packets from several captures, so that they come in several blocks; also packet by packet.
fn run(packets: &[Packet], idle_ms: u64, active_ms: u64, most: usize, n_meters: usize) -> Vec<Row> {
    let files: Vec<_> = packets.chunks(17).map(capture).chain([capture(&[])]).collect();
    let streamer = parameters()
        .sources(files.iter().map(tempfile::NamedTempFile::path))
        .idle_timeout(Duration::from_millis(idle_ms))
        .active_timeout(Duration::from_millis(active_ms))
        .max_active_flows(most)
        .n_meters(n_meters)
        .build()
        .unwrap();
    let mut run = streamer.records().unwrap();
    let records: Vec<Record> = run.by_ref().map(Result::unwrap).collect();
    let out_of_room = records.iter().filter(|record| record.flow().expiration_id == 2).count();
    assert_eq!(run.report().out_of_room, out_of_room as u64);
    for (place, record) in records.iter().enumerate() {
        assert_eq!(record.id(), place as u64);
    }
    let rows: Vec<_> = records.iter().map(as_row).collect();
    assert_eq!(packet_by_packet(&streamer).iter().map(as_row).collect::<Vec<_>>(), rows);
    rows
}

fn packet_by_packet(streamer: &Streamer) -> Vec<Record> {
    let mut packets = streamer.packets().unwrap();
    let mut records = Vec::new();
    while packets.receive().unwrap() {
        while let Some(event) = packets.next() {
            if let Event::Ended { record, .. } = event {
                assert_eq!(record.id(), records.len() as u64);
                records.push(record);
            }
        }
    }
    records
}

prop_compose! {
    /// Few hosts and ports, so that flows meet; steps back in time now and then; now and then a long pause.
    fn packets()(steps in prop::collection::vec(
        ((1..4_u8, 1..4_u8), prop::sample::select(vec![(1, 2), (2, 1), (1, 1), (0, 0)]), any::<bool>(), 0..2_u16,
         prop_oneof![8 => 0..40_000_i64, 1 => -50_000..0_i64, 1 => 0..5_000_000_i64], 0..1400_usize, any::<u8>()),
        0..120)) -> Vec<Packet> {
        let mut time = 1_700_000_000_000_000_i64;
        let mut packets = Vec::new();
        for (hosts, ports, v6, vlan, step, payload, flags) in steps {
            time += step;
            packets.push(Packet { hosts, ports, v6, vlan, time_us: time as u64, payload, flags });
        }
        packets
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_oracle(packets in packets(), idle in prop::sample::select(vec![0, 1, 50, 1000, 120_000]),
                              active in prop::sample::select(vec![0, 100, 1_800_000])) {
        let one = run(&packets, idle, active, 0, 1);
        for n_meters in [2, 3, 8] {
            prop_assert_eq!(&run(&packets, idle, active, 0, n_meters), &one);
        }
        prop_assert_eq!(one, oracle(&packets, idle, active, 0));
    }

    #[test]
    fn agrees_with_the_oracle_where_room_is_short(
        packets in packets(), idle in prop::sample::select(vec![0, 1, 50, 1000, 120_000, u64::MAX]),
        active in prop::sample::select(vec![100, 1_800_000]), most in 1..9_usize,
    ) {
        prop_assert_eq!(run(&packets, idle, active, most, 1), oracle(&packets, idle, active, most));
    }
}

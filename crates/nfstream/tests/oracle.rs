//! The engine against a slow reading of what a flow is: every column of every flow, whatever the number of meters.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod synthetic;

use std::collections::HashMap;
use std::time::Duration;

use nfstream::{AccountingMode, Event, Record, Streamer};
use proptest::prelude::*;

use synthetic::{Packet, capture};

/// What the oracle remembers of a flow: everything.
struct Remembered {
    /// Of each packet: milliseconds, direction, size, flags.
    packets: Vec<(u64, usize, u64, u8)>,
    first: Packet,
    expiration_id: i64,
}

type Key = (bool, u16, [(u8, u16); 2]);

fn key(packet: &Packet) -> Key {
    let mut ends = [(packet.hosts.0, packet.ports.0), (packet.hosts.1, packet.ports.1)];
    ends.sort_unstable();
    (packet.v6, packet.vlan, ends)
}

fn oracle(packets: &[Packet], idle_ms: u64, active_ms: u64) -> Vec<Vec<String>> {
    let mut live: HashMap<Key, Remembered> = HashMap::new();
    let mut ended = Vec::new();
    let mut newest = 0;
    for packet in packets {
        newest = newest.max(packet.time_us / 1000);
        let key = key(packet);
        if let Some(flow) = live.get(&key) {
            let (first, last) = (flow.packets[0].0, flow.packets[flow.packets.len() - 1].0);
            let why =
                if newest - last >= idle_ms { Some(0) } else { (newest - first >= active_ms).then_some(1) };
            if let Some(expiration_id) = why {
                let flow = live.remove(&key).unwrap();
                ended.push(Remembered { expiration_id, ..flow });
            }
        }
        let flow = live.entry(key).or_insert_with(|| Remembered {
            packets: Vec::new(),
            first: packet.clone(),
            expiration_id: 0,
        });
        let from_source = (flow.first.hosts, flow.first.ports) == (packet.hosts, packet.ports);
        let size = packet.frame().len() as u64;
        let flags = if packet.ports == (0, 0) { 0 } else { packet.flags };
        flow.packets.push((newest, usize::from(!from_source), size, flags));
    }
    ended.extend(live.into_values());
    let mut rows: Vec<_> = ended.iter().map(row).collect();
    rows.sort();
    rows
}

fn row(flow: &Remembered) -> Vec<String> {
    let first = &flow.first;
    let address = |host: u8| if first.v6 { format!("fd00::{host:x}") } else { format!("10.0.0.{host}") };
    let protocol = match (first.ports, first.v6) {
        ((0, 0), false) => 1,
        ((0, 0), true) => 58,
        _ => 6,
    };
    let mut row = vec![flow.expiration_id.to_string()];
    for (host, port) in [(first.hosts.0, first.ports.0), (first.hosts.1, first.ports.1)] {
        row.extend([
            address(host),
            format!("02:00:00:00:00:{host:02x}"),
            "02:00:00".to_owned(),
            port.to_string(),
        ]);
    }
    row.extend([protocol.to_string(), if first.v6 { 6 } else { 4 }.to_string()]);
    row.extend([first.vlan.to_string(), "0".to_owned()]);

    let scopes: [Vec<(u64, u64, u8)>; 3] = [None, Some(0), Some(1)].map(|wanted| {
        let of_scope =
            flow.packets.iter().filter(|(_, direction, ..)| wanted.is_none_or(|w| w == *direction));
        of_scope.map(|&(time, _, size, flags)| (time, size, flags)).collect()
    });
    for packets in &scopes {
        let (first, last) = (packets.first().map_or(0, |p| p.0), packets.last().map_or(0, |p| p.0));
        let bytes: u64 = packets.iter().map(|p| p.1).sum();
        row.extend([first, last, last - first, packets.len() as u64, bytes].map(|n| n.to_string()));
    }
    for packets in &scopes {
        row.extend(moments(&packets.iter().map(|p| p.1).collect::<Vec<_>>()));
    }
    for packets in &scopes {
        row.extend(moments(&packets.windows(2).map(|pair| pair[1].0 - pair[0].0).collect::<Vec<_>>()));
    }
    for packets in &scopes {
        for bit in [0x02, 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x01] {
            row.push(packets.iter().filter(|p| p.2 & bit != 0).count().to_string());
        }
    }
    let mut lists = [[-1_i64; 5]; 3];
    let mut last = flow.packets[0].0;
    for (place, &(time, direction, size, _)) in flow.packets.iter().take(5).enumerate() {
        lists[0][place] = direction as i64;
        lists[1][place] = size as i64;
        lists[2][place] = (time - last) as i64;
        last = time;
    }
    row.extend(lists.map(|list| format!("{list:?}")));
    row
}

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

/// The record as the oracle writes it: without its id.
fn as_row(record: &Record) -> Vec<String> {
    let shown = |value| match value {
        nfstream::Value::Float(number) => rounded(number),
        value => value.to_string(),
    };
    record.values().skip(1).map(shown).collect()
}

/// Reads the packets from several captures, so that they come in several blocks; also packet by packet.
fn run(packets: &[Packet], idle_ms: u64, active_ms: u64, n_meters: usize) -> Vec<Vec<String>> {
    let files: Vec<_> = packets.chunks(17).map(capture).chain([capture(&[])]).collect();
    let streamer = Streamer::builder()
        .n_dissections(0)
        .sources(files.iter().map(tempfile::NamedTempFile::path))
        .idle_timeout(Duration::from_millis(idle_ms))
        .active_timeout(Duration::from_millis(active_ms))
        .accounting_mode(AccountingMode::Raw)
        .statistical_analysis(true)
        .splt_analysis(5)
        .n_meters(n_meters)
        .build()
        .unwrap();
    let records: Vec<Record> = streamer.records().unwrap().map(Result::unwrap).collect();
    for (place, record) in records.iter().enumerate() {
        assert_eq!(record.flow().id, place as u64);
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
                assert_eq!(record.flow().id, records.len() as u64);
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
        let one = run(&packets, idle, active, 1);
        for n_meters in [2, 3, 8] {
            prop_assert_eq!(&run(&packets, idle, active, n_meters), &one);
        }
        let mut sorted = one;
        sorted.sort();
        prop_assert_eq!(sorted, oracle(&packets, idle, active));
    }
}

//! The flows of every recorded capture, as nfstream 6.6.0 printed them, add up from the packets that [`decode`] counts.
//!
//! The captures are not part of the repository: they are looked for in the folder that the environment variable
//! `NFSTREAM_CORPUS` names, then in `../shared/corpus` beside it. Without them the test says so and passes.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "captures/mod.rs"]
mod captures;

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use captures::for_each_frame;
use nfstream_decode::{Reading, decode};

/// Captures of link types that are read here and not by nfstream 6.6.0, with the packets that count in them.
const READ_HERE_ONLY: [(&str, u64); 1] = [("someip_sd_sample.pcap", 6)];

/// What both directions of a flow share. Flows that timeouts cut apart fall together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    endpoints: [(IpAddr, u16); 2],
    protocol: u8,
    ip_version: u8,
    vlan_id: u16,
    tunnel_id: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sum {
    packets: u64,
    bytes: u64,
    /// Source and destination of the first packet.
    macs: [String; 2],
}

type Flows = BTreeMap<Key, Sum>;

impl Key {
    fn new(
        src: (IpAddr, u16),
        dst: (IpAddr, u16),
        protocol: u8,
        ip_version: u8,
        vlan_id: u16,
        tunnel_id: u8,
    ) -> Self {
        Self { endpoints: [src.min(dst), src.max(dst)], protocol, ip_version, vlan_id, tunnel_id }
    }
}

#[test]
fn every_capture_adds_up() {
    let Some(corpus) = nfstream_skip::corpus() else { return };
    let mut captures: Vec<PathBuf> =
        fs::read_dir(corpus.join("pcap")).unwrap().map(|entry| entry.unwrap().path()).collect();
    captures.sort();
    assert!(!captures.is_empty(), "{} holds no captures", corpus.display());
    let mut wrong = Vec::new();
    for capture in &captures {
        let name = capture.file_name().unwrap().to_str().unwrap();
        let found = found(capture);
        if let Some((_, packets)) = READ_HERE_ONLY.iter().find(|(capture, _)| *capture == name) {
            assert_eq!(found.values().map(|sum| sum.packets).sum::<u64>(), *packets, "{name}");
            continue;
        }
        let expected = expected(&corpus.join("expected").join(format!("{name}.csv")));
        wrong.extend(differences(&expected, &found).map(|difference| format!("{name}: {difference}")));
    }
    assert!(wrong.is_empty(), "{} flows differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn differences<'a>(expected: &'a Flows, found: &'a Flows) -> impl Iterator<Item = String> + 'a {
    let missing = expected
        .iter()
        .filter(|(key, sum)| found.get(key) != Some(sum))
        .map(move |(key, sum)| format!("{key:?}\n  expected {sum:?}\n  found    {:?}", found.get(key)));
    let extra = found.iter().filter(|(key, _)| !expected.contains_key(key));
    missing.chain(extra.map(|(key, sum)| format!("{key:?}\n  unexpected {sum:?}")))
}

/// Sums up the rows of a flow table.
fn expected(path: &Path) -> Flows {
    let table = fs::read_to_string(path).unwrap();
    let mut lines = table.lines();
    let columns: Vec<&str> = lines.next().map(|header| header.split(',').collect()).unwrap_or_default();
    let column = |name: &str| columns.iter().position(|column| *column == name).unwrap();
    let mut flows = Flows::new();
    for line in lines {
        // Only the last columns hold quoted commas.
        let fields: Vec<&str> = line.split(',').collect();
        let number = |name: &str| fields[column(name)].parse::<u64>().unwrap();
        let endpoint =
            |address: &str, port: &str| (fields[column(address)].parse().unwrap(), number(port) as u16);
        let key = Key::new(
            endpoint("src_ip", "src_port"),
            endpoint("dst_ip", "dst_port"),
            number("protocol") as u8,
            number("ip_version") as u8,
            number("vlan_id") as u16,
            number("tunnel_id") as u8,
        );
        let macs = ["src_mac", "dst_mac"].map(|name| fields[column(name)].to_owned());
        let sum = flows.entry(key).or_insert_with(|| Sum { macs, ..Sum::default() });
        sum.packets += number("bidirectional_packets");
        sum.bytes += number("bidirectional_bytes");
    }
    flows
}

/// Sums up the packets of a capture.
fn found(path: &Path) -> Flows {
    let mut flows = Flows::new();
    for_each_frame(path, |link, wire_len, frame| {
        let Ok(headers) = decode(link, frame, Reading::REFERENCE) else { return };
        let version = headers.ip_version;
        let key = Key::new(
            (headers.src.to_ip(version), headers.src_port),
            (headers.dst.to_ip(version), headers.dst_port),
            headers.protocol,
            version,
            headers.vlan_id,
            headers.tunnel as u8,
        );
        let sum = flows
            .entry(key)
            .or_insert_with(|| Sum { macs: [headers.src_mac, headers.dst_mac].map(mac), ..Sum::default() });
        sum.packets += 1;
        sum.bytes += u64::from(wire_len & 0xffff);
    });
    flows
}

fn mac(address: [u8; 6]) -> String {
    address.map(|byte| format!("{byte:02x}")).join(":")
}

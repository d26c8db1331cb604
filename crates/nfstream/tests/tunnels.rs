//! Flows in tunnels: the same as those of the packets by themselves, told apart by shared ids, and described by columns.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the packets are those of captures")]
mod synthetic;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nfstream::{Notice, Profile, Record, Records, Report, Streamer, StreamerBuilder, Value};
use nfstream_capture::{Block, Captures, Input, Source};
use synthetic::{header, record};
use tempfile::NamedTempFile;

/// A tunnel's name, and the outer frame around a frame, given whether it goes to the server.
type Tunnel = (&'static str, fn(&[u8], bool) -> Vec<u8>);

const TUNNELS: [Tunnel; 6] = [
    ("VXLAN", |frame, to_server| over_udp(4789, &[&[8, 0, 0, 0, 0, 0, 7, 0], frame].concat(), to_server)),
    ("Geneve", |frame, to_server| {
        over_udp(6081, &[&[1, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 0], frame].concat(), to_server)
    }),
    ("GTP-U", |frame, to_server| {
        let packet = &frame[14..];
        let [high, low] = (packet.len() as u16).to_be_bytes();
        let teid = if to_server { 1 } else { 2 };
        over_udp(2152, &[&[0x30, 255, high, low, 0, 0, 0, teid], packet].concat(), to_server)
    }),
    ("GRE", |frame, to_server| {
        over_ip(47, &[&[0, 0, frame[12], frame[13]], &frame[14..]].concat(), to_server)
    }),
    ("ERSPAN", |frame, to_server| {
        over_ip(
            47,
            &[&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0, 3, 0, 0, 0, 0], frame].concat(),
            to_server,
        )
    }),
    ("L2TPv2", |frame, to_server| {
        let ppp = if frame[12] == 8 { [0, 0x21] } else { [0, 0x57] };
        let session = if to_server { 9 } else { 8 };
        over_udp(1701, &[&[0, 2, 0, 7, 0, session], &ppp[..], &frame[14..]].concat(), to_server)
    }),
];

/// From 192.0.2.1 to 192.0.2.2, or back.
fn over_ip(protocol: u8, payload: &[u8], to_server: bool) -> Vec<u8> {
    let [high, low] = (20 + payload.len() as u16).to_be_bytes();
    let [src, dst] = if to_server { [1, 2] } else { [2, 1] };
    let ethernet = [2, 0, 0, 0, 9, dst, 2, 0, 0, 0, 9, src, 8, 0];
    let ip = [0x45, 0, high, low, 0, 0, 0, 0, 64, protocol, 0, 0, 192, 0, 2, src, 192, 0, 2, dst];
    [&ethernet, &ip[..], payload].concat()
}

fn over_udp(port: u16, payload: &[u8], to_server: bool) -> Vec<u8> {
    let [high, low] = port.to_be_bytes();
    let [length, rest] = (8 + payload.len() as u16).to_be_bytes();
    over_ip(17, &[&[0xc0, 1, high, low, length, rest, 0, 0], payload].concat(), to_server)
}

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

/// Times in microseconds and frames of a capture.
fn frames(name: &str) -> Vec<(u64, Vec<u8>)> {
    let mut captures = Captures::open([Input::from(testdata(name).as_path())]).unwrap();
    let (mut block, mut frames) = (Block::default(), Vec::new());
    while captures.fill(&mut block).unwrap() {
        let times =
            block.frames().map(|frame| (frame.time.nanoseconds() as u64 / 1000, frame.bytes.to_vec()));
        frames.extend(times);
    }
    frames
}

fn capture(frames: impl IntoIterator<Item = (u64, Vec<u8>)>) -> NamedTempFile {
    let records = frames.into_iter().flat_map(|(time, frame)| record(time, &frame));
    let file = NamedTempFile::with_suffix(".pcap").unwrap();
    std::fs::write(file.path(), header().into_iter().chain(records).collect::<Vec<_>>()).unwrap();
    file
}

/// The capture inside a tunnel. The server is the endpoint with the lower port.
fn tunneled(name: &str, wrap: fn(&[u8], bool) -> Vec<u8>) -> NamedTempFile {
    let to_server = |frame: &[u8]| {
        let ports = if frame[12] == 8 { 34 } else { 54 };
        let port = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
        port(ports) > port(ports + 2)
    };
    capture(frames(name).into_iter().map(|(time, frame)| (time, wrap(&frame, to_server(&frame)))))
}

fn run(builder: StreamerBuilder) -> (Vec<Record>, Report) {
    let mut run: Records = builder.build().unwrap().records().unwrap();
    let records = run.by_ref().map(Result::unwrap).collect();
    (records, run.report())
}

fn noticed(report: &Report, notice: Notice) -> u64 {
    report.noticed().find(|(other, _)| *other == notice).map_or(0, |(_, count)| count)
}

/// Sizes are those of the IP packet, which the tunnel does not change.
fn builder(path: &Path) -> StreamerBuilder {
    let builder = Streamer::builder().source(path).accounting_mode(nfstream::AccountingMode::Ip);
    builder.profile(Profile::Accurate).statistical_analysis(true).splt_analysis(5)
}

/// The values of a record but for the number of the tunnel, and for MAC addresses, which a packet without a frame has
/// from the outer frame.
fn without_tunnel(record: &Record) -> Vec<(String, String)> {
    let columns = record.schema().columns().iter().zip(record.values());
    let values = columns.map(|(column, value)| (column.name.to_string(), value.to_string()));
    values
        .filter(|(name, _)| name != "tunnel_id" && !name.ends_with("_mac") && !name.ends_with("_oui"))
        .collect()
}

#[test]
fn flows_in_tunnels_are_those_of_the_packets_by_themselves() {
    for name in ["web.pcap", "dns.pcap", "tls13.pcap", "quic.pcap", "ssh.pcap", "http-ipv6.pcap"] {
        let (alone, _) = run(builder(&testdata(name)));
        let alone: Vec<_> = alone.iter().map(without_tunnel).collect();
        assert!(!alone.is_empty());
        for (tunnel, wrap) in TUNNELS {
            let file = tunneled(name, wrap);
            for meters in [1, 3] {
                let (found, report) = run(builder(file.path()).n_meters(meters));
                let found: Vec<_> = found.iter().map(without_tunnel).collect();
                assert_eq!(found, alone, "{name} in {tunnel}, {meters} meters");
                assert_eq!(noticed(&report, Notice::Tunneled), report.packets, "{name} in {tunnel}");
            }
            // By the rules of nfstream, what is not entered is noticed.
            let (_, report) = run(builder(file.path()).profile(Profile::Nfstream));
            let (entered, closed) = if tunnel == "GTP-U" { (true, false) } else { (false, true) };
            let packets = |is: bool| if is { report.packets } else { 0 };
            assert_eq!(noticed(&report, Notice::Tunneled), packets(entered), "{name} in {tunnel}");
            assert_eq!(noticed(&report, Notice::TunnelsNotEntered), packets(closed), "{name} in {tunnel}");
        }
    }
}

const TUNNEL_COLUMNS: [&str; 10] = [
    "tunnel_type",
    "tunnel_depth",
    "src2dst_tunnel_id",
    "dst2src_tunnel_id",
    "src2dst_tunnel_id_changes",
    "dst2src_tunnel_id_changes",
    "src2dst_outer_src_ip",
    "src2dst_outer_dst_ip",
    "dst2src_outer_src_ip",
    "dst2src_outer_dst_ip",
];

fn value(record: &Record, name: &str) -> String {
    record.get(name).as_ref().map(Value::to_string).unwrap()
}

#[test]
fn columns_describe_the_tunnel_of_each_direction() {
    let columns = |path: &Path| {
        let (records, _) = run(builder(path).tunnel_columns(true).n_dissections(0));
        let row = |record: &Record| TUNNEL_COLUMNS.map(|name| value(record, name)).join(" ");
        records.iter().map(row).collect::<Vec<_>>()
    };
    let expected = [
        "VXLAN 1 7 7 0 0",
        "Geneve 1 7 7 0 0",
        "GTP-U 1 1 2 0 0",
        "GRE 1 0 0 0 0",
        "ERSPAN 1 3 3 0 0",
        "L2TPv2 1 458761 458760 0 0",
    ];
    for ((_, wrap), expected) in TUNNELS.into_iter().zip(expected) {
        let expected = format!("{expected} 192.0.2.1 192.0.2.2 192.0.2.2 192.0.2.1");
        let found = columns(tunneled("ssh.pcap", wrap).path());
        assert!(!found.is_empty() && found.iter().all(|row| *row == expected), "{expected}: {found:?}");
    }
    let plain = columns(&testdata("ssh.pcap"));
    assert!(plain.iter().all(|row| *row == " 0 0 0 0 0    "), "{plain:?}");
    // A handover: the second half of the packets towards the server has another id.
    let packets = frames("ssh.pcap");
    let half = packets.len() / 2;
    let handover = packets.iter().enumerate().map(|(number, (time, frame))| {
        let [high, low] = (frame.len() as u16 - 14).to_be_bytes();
        let teid = if number < half { 5 } else { 6 };
        (*time, over_udp(2152, &[&[0x30, 255, high, low, 0, 0, 0, teid], &frame[14..]].concat(), true))
    });
    let found = columns(capture(handover).path());
    assert_eq!(found, ["GTP-U 1 5 5 1 1 192.0.2.1 192.0.2.2 192.0.2.1 192.0.2.2"]);
}

/// Captures of `testdata/tunnels`, and what the tunnel columns say of them: type, depth, ids to the server and to the client,
/// and changes of these; then the version of IP outside.
const RECORDED: [(&str, &[&str], u8); 14] = [
    ("vxlan", &["VXLAN 1 42 42 0 0"], 4),
    ("vxlan-over-ipv6", &["VXLAN 1 42 42 0 0"], 6),
    ("vxlan-gpe", &["VXLAN-GPE 1 42 42 0 0"], 4),
    ("geneve", &["Geneve 1 42 42 0 0"], 4),
    ("geneve-over-ipv6", &["Geneve 1 42 42 0 0"], 6),
    ("geneve-options", &["Geneve 1 42 42 0 0"], 4),
    ("gre", &["GRE 1 42 42 0 0"], 4),
    ("gre-frames", &["GRE 1 42 42 0 0"], 4),
    ("gre-over-ipv6", &["GRE 1 1 2 0 0"], 6),
    ("nvgre", &["NVGRE 1 5000 5000 0 0"], 4),
    ("mpls-in-gre", &["MPLS in GRE 1 100 100 0 0", "MPLS in GRE 1 200 200 0 0"], 4),
    ("erspan-2", &["ERSPAN 1 42 42 0 0"], 4),
    ("erspan-3", &["ERSPAN 1 42 42 0 0"], 4),
    ("erspan-over-ipv6", &["ERSPAN 1 42 42 0 0"], 6),
];

/// The values of a record that two captures of the same packets agree on.
fn without_time(record: &Record) -> Vec<(String, String)> {
    // Packets that cross each other may come in another order, in which a mean of both directions is rounded otherwise.
    let rounded = ["bidirectional_mean_ps", "bidirectional_stddev_ps"];
    let mut values = without_tunnel(record);
    values.retain(|(name, _)| {
        let is_of_tunnel =
            name.starts_with("tunnel_") || name.contains("_tunnel_") || name.contains("_outer_");
        !name.ends_with("_ms") && !is_of_tunnel && !rounded.contains(&name.as_str())
    });
    values
}

#[test]
fn recorded_tunnels_hold_the_flows_recorded_inside() {
    let files = std::fs::read_dir(testdata("tunnels")).unwrap();
    let files: BTreeSet<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let names = RECORDED.iter().flat_map(|(name, ..)| ["", "-inside"].map(|end| format!("{name}{end}.pcap")));
    assert_eq!(files, names.collect());
    for (name, tunnels, ip_version) in RECORDED {
        let flows = |end: &str, n_meters| {
            let path = testdata(&format!("tunnels/{name}{end}.pcap"));
            run(builder(&path).splt_analysis(0).tunnel_columns(true).n_meters(n_meters))
        };
        let (inside, inside_report) = flows("-inside", 1);
        let expected: Vec<_> = inside.iter().map(without_time).collect();
        for n_meters in [1, 3] {
            let (outside, report) = flows("", n_meters);
            let found: Vec<_> = outside.iter().map(without_time).collect();
            assert_eq!(found, expected, "{name}, {n_meters} meters");
            assert_eq!(report.packets, inside_report.packets, "{name}");
            assert_eq!(noticed(&report, Notice::Tunneled), report.packets, "{name}");
            let row = |record: &Record| TUNNEL_COLUMNS.map(|name| value(record, name)).join(" ");
            let found: BTreeSet<_> = outside.iter().map(row).collect();
            let [client, server] =
                if ip_version == 4 { ["10.0.3.1", "10.0.3.2"] } else { ["fd00:3::1", "fd00:3::2"] };
            let ends = format!("{client} {server} {server} {client}");
            let expected = tunnels.iter().map(|tunnel| format!("{tunnel} {ends}")).collect();
            assert_eq!(found, expected, "{name}, {n_meters} meters");
        }
    }
}

/// Two tenants may have the same addresses and ports.
#[test]
fn ids_that_are_the_same_both_ways_tell_flows_apart() {
    let vxlan = |vni: u8, frame: &[u8]| over_udp(4789, &[&[8, 0, 0, 0, 0, 0, vni, 0], frame].concat(), true);
    let twice =
        frames("ssh.pcap").into_iter().flat_map(|(time, frame)| [1, 2].map(|vni| (time, vxlan(vni, &frame))));
    let file = capture(twice);
    let flows = |key| run(builder(file.path()).n_dissections(0).tunnel_key(key)).0.len();
    let [shared, all, none] =
        [nfstream::TunnelKey::Shared, nfstream::TunnelKey::All, nfstream::TunnelKey::None].map(flows);
    assert_eq!((shared, all, none), (2 * none, 2 * none, none));
}

/// With a length of 0, as offloading leaves it, packets count whole; by the rules of nfstream they are ignored, and noticed.
#[test]
fn lengths_of_0_are_mended() {
    let zero = frames("web.pcap").into_iter().map(|(time, mut frame)| {
        if frame[12] == 8 && frame.len() > 60 {
            frame[16..18].fill(0);
        }
        (time, frame)
    });
    let file = capture(zero);
    let (alone, _) = run(builder(&testdata("web.pcap")));
    let (mended, accurate) = run(builder(file.path()));
    let rows = |records: &[Record]| records.iter().map(without_tunnel).collect::<Vec<_>>();
    assert_eq!(rows(&mended), rows(&alone));
    let (_, ignoring) = run(builder(file.path()).profile(Profile::Nfstream));
    let counts =
        [&accurate, &ignoring].map(|report| (noticed(report, Notice::MendedLengths), report.ignored()));
    assert!(counts[0].0 > 0);
    assert_eq!(counts, [(counts[0].0, 0), (counts[0].0, counts[0].0)]);
}

/// The same for IPv6, of which the rules of nfstream count the header.
#[test]
fn lengths_of_0_in_ipv6_are_mended() {
    const HEADER: [u8; 54] = {
        let mut header = [2; 54];
        [header[12], header[13], header[14]] = [0x86, 0xdd, 0x60];
        // Payload length 0, UDP.
        [header[18], header[19], header[20]] = [0, 0, 17];
        header
    };
    let datagram = [&[4, 0, 8, 0, 0, 0, 0, 0][..], &[b'x'; 3000]].concat();
    let file = capture([(1_700_000_000_000_000, [&HEADER[..], &datagram].concat())]);
    let flow = |profile| {
        let (records, report) = run(builder(file.path()).profile(profile));
        let value =
            |name| without_tunnel(&records[0]).into_iter().find(|(column, _)| column == name).unwrap().1;
        let columns = ["src_port", "dst_port", "bidirectional_bytes"].map(value);
        (columns, records.len(), report.ignored(), noticed(&report, Notice::MendedLengths))
    };
    let row = |columns: [&str; 3]| (columns.map(str::to_owned), 1, 0, 1);
    assert_eq!(flow(Profile::Accurate), row(["1024", "2048", "3048"]));
    assert_eq!(flow(Profile::Nfstream), row(["0", "0", "40"]));
}

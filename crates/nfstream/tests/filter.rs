//! Packet filters: what is not wanted might as well not be in the capture.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use nfstream::{Error, FilterError, Ignored, Report, Streamer};
use nfstream_capture::{Block, Captures, Filter, Input, Source};

/// Whether filters can be used here; says so if not.
fn has_libpcap() -> bool {
    match Filter::new("tcp") {
        Err(error @ FilterError::NoLibpcap) => nfstream_skip::skip(error),
        Err(error) => panic!("{error}"),
        Ok(_) => return true,
    }
    false
}

fn captures() -> Vec<PathBuf> {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    let mut captures: Vec<PathBuf> =
        fs::read_dir(testdata).unwrap().map(|entry| entry.unwrap().path()).collect();
    captures.retain(|path| path.extension().is_some_and(|extension| extension == "pcap"));
    captures.sort();
    captures
}

/// Every record in full, the run's counters, and why it ended early.
fn run(path: &Path, filter: &str, n_meters: usize) -> (Vec<String>, Report, Option<Error>) {
    let streamer = Streamer::builder()
        .source(path)
        .bpf_filter(filter)
        .n_dissections(0)
        .statistical_analysis(true)
        .splt_analysis(5)
        .n_meters(n_meters)
        .build()
        .unwrap();
    let (mut records, mut rows, mut failure) = (streamer.records().unwrap(), Vec::new(), None);
    for record in records.by_ref() {
        match record {
            Ok(record) => rows.push(format!("{record:?}")),
            Err(error) => failure = Some(error),
        }
    }
    (rows, records.report(), failure)
}

/// A capture with the frames of another that a filter takes, and how many it does not.
fn only(path: &Path, filter: &str, to: &Path) -> u64 {
    let mut captures = Captures::open([Input::from(path)]).unwrap();
    let (mut filter, mut block, mut left_out) = (Filter::new(filter).unwrap(), Block::default(), 0);
    let mut bytes = Vec::new();
    while captures.fill(&mut block).unwrap() {
        if bytes.is_empty() {
            // Nanoseconds, version 2.4.
            let link_type = block.frame(0).unwrap().link_type.into();
            bytes.extend([0xa1b2_3c4d, 0x0004_0002, 0, 0, 262_144, link_type].map(u32::to_le_bytes).concat());
        }
        left_out += filter.apply(&mut block).packets;
        for frame in block.frames() {
            let nanoseconds = frame.time.nanoseconds();
            let [s, ns] = [nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000].map(|part| part as u32);
            bytes.extend([s, ns, frame.bytes.len() as u32, frame.wire_len].map(u32::to_le_bytes).concat());
            bytes.extend(frame.bytes);
        }
    }
    fs::write(to, bytes).unwrap();
    left_out
}

#[test]
fn flows_are_those_of_a_capture_without_the_other_packets() {
    if !has_libpcap() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let filtered = folder.path().join("filtered.pcap");
    let (mut flows, mut packets) = (0, 0);
    for path in captures() {
        for filter in ["tcp", "udp port 53 or icmp", "less 200", "ip[8] & 1 = 0", "tcp port 443"] {
            let left_out = only(&path, filter, &filtered);
            let (expected, without, _) = run(&filtered, "", 1);
            let (rows, report, failure) = run(&path, filter, 3);
            assert!(failure.is_none(), "{failure:?}");
            assert!(rows == expected, "{}: {filter}", path.display());
            assert_eq!((report.filtered, report.packets), (left_out, without.packets + left_out));
            assert_eq!(report.ignored_by_reason, without.ignored_by_reason);
            flows += expected.len();
            packets += left_out;
        }
    }
    assert!(flows > 500 && packets > 500, "{flows}, {packets}");
}

#[test]
fn packets_that_are_filtered_do_not_say_what_time_it_is() {
    if !has_libpcap() {
        return;
    }
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/web.pcap");
    let mut bytes = fs::read(&testdata).unwrap();
    // The first packet, one of DNS, gets the time of the year 2033.
    bytes[24..28].copy_from_slice(&2_000_000_000_u32.to_le_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.pcap");
    fs::write(&path, bytes).unwrap();
    assert_eq!(run(&path, "tcp", 1).0, run(&testdata, "tcp", 1).0);
    assert_ne!(run(&path, "", 1).0, run(&testdata, "", 1).0);
}

#[test]
fn frames_of_a_link_type_that_a_filter_says_nothing_of_are_ignored() {
    if !has_libpcap() {
        return;
    }
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    let [ethernet, raw] = ["web.pcap", "raw-ip.pcap"].map(|name| testdata.join(name));
    for n_meters in [1, 3] {
        let streamer = Streamer::builder()
            .sources([ethernet.as_path(), &raw])
            .bpf_filter("ether host 02:00:00:00:00:01 or tcp")
            .n_dissections(0)
            .n_meters(n_meters);
        let mut records = streamer.build().unwrap().records().unwrap();
        let flows = records.by_ref().map(Result::unwrap).count();
        let alone = run(&ethernet, "ether host 02:00:00:00:00:01 or tcp", 1);
        assert_eq!(flows, alone.0.len());
        let report = records.report();
        let (_, of_raw, _) = run(&raw, "", 1);
        assert_eq!(report.packets, alone.1.packets + of_raw.packets);
        assert_eq!(report.ignored_reasons().collect::<Vec<_>>(), [(Ignored::Filter, of_raw.packets)]);
        assert_eq!(report.not_judged, BTreeMap::from([(101, of_raw.packets)]));
    }
}

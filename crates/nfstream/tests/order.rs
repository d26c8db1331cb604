//! Packets out of order, copies, and clocks that run ahead: the same for every number of meters and every size of blocks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the captures here are bytes")]
mod synthetic;

use std::io::{self, Read};
use std::time::Duration;

use nfstream::{
    Checksums, ClockSteps, Ignored, Input, Notice, Opener, Profile, Report, Streamer, StreamerBuilder,
};

use synthetic::{Packet, header, record};

const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3600 * SECOND;
/// The year 2106.
const FUTURE: u64 = 4_294_967_295 * SECOND;

/// A packet of the flow of a client's port, recognisable by its size.
fn packet(port: u16, time_us: u64, payload: usize) -> Packet {
    Packet { hosts: (1, 2), ports: (port, 80), v6: false, vlan: 0, time_us, payload, flags: 0x10 }
}

/// A capture that gives a few bytes at a time.
struct Slowly(io::Cursor<Vec<u8>>, usize);

impl Read for Slowly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.1);
        self.0.read(&mut buffer[..most])
    }
}

fn bytes(packets: &[Packet]) -> Vec<u8> {
    let records = packets.iter().flat_map(|packet| record(packet.time_us, &packet.frame()));
    header().into_iter().chain(records).collect()
}

/// The columns of flows that are compared.
const COLUMNS: [&str; 5] = [
    "src_port",
    "bidirectional_first_seen_ms",
    "bidirectional_last_seen_ms",
    "bidirectional_packets",
    "splt_ps",
];

/// The flows, and the counters.
type Run = (Vec<String>, Report);

fn run(
    input: impl Into<Input>,
    meters: usize,
    parameters: &dyn Fn(StreamerBuilder) -> StreamerBuilder,
) -> Run {
    let builder = Streamer::builder().source(input).n_meters(meters).splt_analysis(9).n_dissections(0);
    let streamer = parameters(builder).build().unwrap().selected(COLUMNS).unwrap();
    let mut records = streamer.records().unwrap();
    let row = |record: nfstream::Record| {
        record.values().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(" ")
    };
    let flows = records.by_ref().map(|record| row(record.unwrap())).collect();
    (flows, records.report())
}

/// Runs over bytes with every number of meters, as a file and in pieces of several sizes; all must give the same.
fn every_run(bytes: &[u8], parameters: &dyn Fn(StreamerBuilder) -> StreamerBuilder) -> Run {
    let mut file = tempfile::NamedTempFile::with_suffix(".pcap").unwrap();
    io::Write::write_all(&mut file, bytes).unwrap();
    let expected = run(file.path(), 1, parameters);
    let counters = |report: &Report| {
        let Report { packets, bytes, notices, steps_back, jumps_ahead, latest, clock_mended, .. } = *report;
        (packets, bytes, notices, steps_back, jumps_ahead, latest, clock_mended, report.ignored_by_reason)
    };
    for meters in [1, 2, 3, 8] {
        for size in [usize::MAX, 1, 77, 1000] {
            let whole = bytes.to_vec();
            let open =
                move || Ok(Box::new(Slowly(io::Cursor::new(whole.clone()), size)) as Box<dyn Read + Send>);
            let input = if size == usize::MAX {
                Input::from(file.path())
            } else {
                Input::Reader(Opener::new("slow", open))
            };
            let (flows, report) = run(input, meters, parameters);
            assert_eq!(flows, expected.0, "{meters} meters, {size} bytes");
            assert_eq!(counters(&report), counters(&expected.1), "{meters} meters, {size} bytes");
        }
    }
    expected
}

fn nothing(builder: StreamerBuilder) -> StreamerBuilder {
    builder
}

fn sorted(builder: StreamerBuilder) -> StreamerBuilder {
    builder.reorder(Duration::from_millis(50))
}

#[test]
fn frames_are_sorted_within_the_window() {
    // Three flows, every packet up to 50 ms late; then one that is later than that.
    let times: Vec<u64> =
        (0..1_500).map(|number| SECOND + number * 3_000 - (number * 7_919) % 17 * 3_125).collect();
    let packets: Vec<_> = times
        .iter()
        .zip(0..)
        .map(|(&time, number)| packet(number % 3 + 1, time, (number % 1_300).into()))
        .collect();
    let mut in_order = packets.clone();
    in_order.sort_by_key(|packet| packet.time_us);
    let (flows, report) = every_run(&bytes(&packets), &nothing);
    assert!(report.steps_back.count > 200);
    let window = report.reorder_ms() as u64;
    assert!((10..=50).contains(&window), "{window}");
    let expected = every_run(&bytes(&in_order), &nothing);
    assert_ne!(flows, expected.0);
    let (flows, report) = every_run(&bytes(&packets), &sorted);
    assert_eq!(
        (flows, report.steps_back, report.latest),
        (expected.0, ClockSteps::default(), Duration::ZERO)
    );
    let told = |builder: StreamerBuilder| builder.reorder(Duration::from_millis(window));
    assert_eq!(every_run(&bytes(&packets), &told).1.steps_back.count, 0);
    let less = |builder: StreamerBuilder| builder.reorder(Duration::from_millis(window / 2));
    assert_ne!(every_run(&bytes(&packets), &less).1.steps_back.count, 0);
    let late = [packets, vec![packet(9, SECOND, 0), packet(9, 60 * SECOND, 0)]].concat();
    let (_, report) = every_run(&bytes(&late), &sorted);
    assert_eq!(
        (report.packets, report.steps_back.count, report.notices[Notice::CutReorder as usize]),
        (1_502, 1, 0)
    );
}

#[test]
fn copies_are_left_out_and_counted() {
    let distinct = |number: u64| {
        let mut frame = packet(1 + (number % 5) as u16, number * 700, 40).frame();
        frame[18..20].copy_from_slice(&(number as u16).to_be_bytes());
        frame
    };
    let mut twice = header();
    for number in 0..1_000 {
        let frame = distinct(number);
        let mut copy = frame.clone();
        (copy[0], copy[22]) = (6, 63);
        twice.extend(record(SECOND + number * 700, &frame));
        twice.extend(record(SECOND + number * 700 + 10, &copy));
    }
    let once = (0..1_000).flat_map(|number| record(SECOND + number * 700, &distinct(number)));
    let once: Vec<u8> = header().into_iter().chain(once).collect();
    let (flows, report) = every_run(&twice, &|builder| builder.dedup(Duration::from_millis(1)));
    let expected = every_run(&once, &nothing);
    assert_eq!(flows, expected.0);
    assert_eq!((report.packets, report.notices[Notice::Duplicates as usize]), (2_000, 1_000));
    assert!(report.performance_line().contains("\"packets_processed\": 1000"));
}

fn nfstream(builder: StreamerBuilder) -> StreamerBuilder {
    builder.profile(Profile::Nfstream)
}

/// A capture of ten hours with a packet each minute, in which packets of a clock that runs ahead are put before these numbers.
fn with_future(before: &[(u64, usize)]) -> (Vec<u8>, Vec<u8>) {
    let (mut damaged, mut mended) = (Vec::new(), Vec::new());
    for number in 0..600 {
        for &(_, count) in before.iter().filter(|(at, _)| *at == number) {
            for _ in 0..count {
                let time = if number == 0 { 0 } else { number - 1 };
                damaged.push(packet(7, FUTURE, 9));
                mended.push(packet(7, 1_000 * HOUR + time * 60 * SECOND, 9));
            }
        }
        let usual = packet(1 + (number % 2) as u16, 1_000 * HOUR + number * 60 * SECOND, number as usize);
        damaged.push(usual.clone());
        mended.push(usual);
    }
    (bytes(&damaged), bytes(&mended))
}

#[test]
fn packets_of_a_clock_that_runs_ahead_do_not_hold_the_clock() {
    for before in [&[(0, 1)][..], &[(300, 1)], &[(1, 1), (2, 2), (590, 4), (599, 1)], &[(0, 4), (5, 3)]] {
        let (damaged, mended) = with_future(before);
        let (flows, report) = every_run(&damaged, &nothing);
        let expected = every_run(&mended, &nfstream);
        assert_eq!(flows, expected.0, "{before:?}");
        let count = before.iter().map(|(_, count)| *count as u64).sum();
        assert_eq!((report.clock_mended.count, report.steps_back.count), (count, 0), "{before:?}");
        let (unmended, report) = every_run(&damaged, &nfstream);
        assert_ne!(unmended, expected.0);
        assert_eq!((report.clock_mended.count, report.steps_back.count), (0, before.len() as u64));
    }
}

#[test]
fn a_real_gap_and_the_last_packets_keep_their_time() {
    // More packets in a row than are put right; a gap of two hours; packets of the future at the end.
    let usual = |number: u64, time_us| packet(1 + (number % 3) as u16, time_us, number as usize);
    let mut packets: Vec<_> = (0..50).map(|number| usual(number, 1_000 * HOUR + number * SECOND)).collect();
    packets.extend((50..100).map(|number| usual(number, 1_002 * HOUR + number * SECOND)));
    packets.extend((0..4).map(|number| usual(number, FUTURE)));
    let with_gap = bytes(&packets);
    let (flows, report) = every_run(&with_gap, &nothing);
    assert_eq!(report.clock_mended, ClockSteps::default());
    assert_eq!(flows, every_run(&with_gap, &nfstream).0);
    packets.extend((100..200).map(|number| usual(number, 1_002 * HOUR + number * SECOND)));
    assert_eq!(every_run(&bytes(&packets), &nothing).1.clock_mended.count, 4);
    packets.splice(150..150, (0..5).map(|number| usual(number, FUTURE)));
    assert_eq!(every_run(&bytes(&packets), &nothing).1.clock_mended.count, 4);
}

#[test]
fn frames_that_do_not_count_are_no_neighbours() {
    let arp = |time_us| record(time_us, &[&[2; 12], &[8, 6][..], &[0; 46]].concat());
    let mut frames = header();
    for number in 0..20 {
        frames.extend(record(SECOND * (1 + number), &packet(1, 0, number as usize).frame()));
        frames.extend(arp(FUTURE));
        frames.extend(arp(0));
    }
    let (flows, report) = every_run(&frames, &nothing);
    assert_eq!((flows.len(), report.clock_mended.count, report.steps_back.count), (1, 0, 0));
    let (sorted, _) = every_run(&frames, &sorted);
    assert_eq!(sorted, flows);
}

#[test]
fn a_wrong_fraction_of_a_second_is_damage_unless_it_is_read() {
    let usual = |time_us| packet(1, time_us, 0);
    let mut frames = bytes(&[usual(SECOND), usual(2 * SECOND), usual(3 * SECOND)]);
    let at = frames.len() - usual(0).frame().len() - 12;
    frames[at..at + 4].copy_from_slice(&1_500_000_u32.to_le_bytes());
    let (flows, report) = every_run(&frames, &nothing);
    assert_eq!((flows.len(), report.packets, report.damages.len()), (1, 2, 1));
    let told = report.damages[0].to_string();
    assert!(told.contains("1500000 microseconds, which is a second or more"), "{told}");
    let (flows, report) = every_run(&frames, &nfstream);
    assert_eq!((report.packets, report.damages.len()), (3, 0));
    assert!(flows[0].contains("4500"), "{flows:?}");
}

#[test]
fn packets_with_a_wrong_checksum_are_counted_and_dropped() {
    let mut frames = header();
    for number in 0..100_u64 {
        let mut frame = packet(1, 0, 10).frame();
        if number % 10 == 3 {
            // Neither right nor left to the interface.
            frame[50] = 1;
        }
        // Those that are dropped do not tell the time.
        frames.extend(record(if number % 10 == 3 { FUTURE } else { SECOND + number }, &frame));
    }
    for checksums in [Checksums::Count, Checksums::Drop] {
        let (_, report) = every_run(&frames, &|builder| builder.checksums(checksums));
        let notices = [Notice::WrongIpChecksums, Notice::WrongTransportChecksums, Notice::OffloadedChecksums];
        assert_eq!(notices.map(|notice| report.notices[notice as usize]), [0, 10, 100]);
        let is_dropped = checksums == Checksums::Drop;
        assert_eq!(report.ignored_by_reason[Ignored::Checksum.index()], if is_dropped { 10 } else { 0 });
        assert_eq!(report.clock_mended.count, if is_dropped { 0 } else { 10 });
        assert_eq!(report.steps_back.count, 0);
    }
}

#[test]
fn packets_of_an_interface_are_not_sorted() {
    let built = sorted(Streamer::builder().interface("lo")).build();
    let told = built.err().unwrap().to_string();
    assert!(told.starts_with("interface lo and reorder"), "{told}");
}

/// Flows may end at the very time of packets that are still to come: with `linger` 0, or with an idle timeout of 0.
#[test]
fn flows_that_end_at_once_come_in_the_order_of_their_packets() {
    const FIN: u8 = 0x11;
    let close = |port: u16, time_us: u64| {
        let there = Packet { flags: FIN, ..packet(port, time_us, 0) };
        [there.clone(), Packet { hosts: (2, 1), ports: (80, port), ..there }]
    };
    // Flows begin in one order and end in another, several in each millisecond.
    let begin = (1..40).map(|port| packet(port, SECOND + u64::from(port / 20), 0));
    let end = (1..40).rev().flat_map(|port| close(port, SECOND + 1000 * u64::from(8 - port / 5) + 9));
    let packets: Vec<Packet> = begin.chain(end).collect();
    let (flows, _) = every_run(&bytes(&packets), &|builder| builder.tcp_close(true).linger(Duration::ZERO));
    let sources: Vec<String> = flows.iter().map(|flow| flow.split(' ').next().unwrap().to_owned()).collect();
    let expected: Vec<String> = (1..40).rev().map(|port| format!("Int({port})")).collect();
    assert_eq!(sources, expected);
    every_run(&bytes(&packets), &|builder| builder.tcp_close(true).linger(Duration::from_millis(1)));
    let (flows, _) = every_run(&bytes(&packets), &|builder| builder.idle_timeout(Duration::ZERO));
    assert_eq!(flows.len(), packets.len());
}

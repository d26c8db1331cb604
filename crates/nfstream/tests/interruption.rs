//! Runs that are stopped: what was metered comes out, and the report says whether there was more to read.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod synthetic;

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use nfstream::{Records, Report, Streamer, StreamerBuilder};
use tempfile::NamedTempFile;

/// Far more than may be read ahead of a thread that does not ask for records.
fn large_capture() -> NamedTempFile {
    let packet = |number: u64| synthetic::Packet {
        hosts: (1, 2),
        ports: (1024 + (number % 60_000) as u16, 443),
        v6: false,
        vlan: 0,
        time_us: number * 1000,
        payload: 1400,
        flags: 0x10,
    };
    synthetic::capture(&(0..40_000).map(packet).collect::<Vec<_>>())
}

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

fn begin(path: &Path, parameters: impl FnOnce(StreamerBuilder) -> StreamerBuilder) -> Records {
    let builder = Streamer::builder().source(path).n_dissections(0);
    parameters(builder).build().unwrap().records().unwrap()
}

/// The records that come yet, and what the run has to report then.
fn rest(mut records: Records) -> (u64, Report) {
    let count = records.by_ref().map(Result::unwrap).count();
    (count as u64, records.report())
}

#[test]
fn a_run_that_is_stopped_gives_what_was_metered_and_says_so() {
    let capture = large_capture();
    for n_meters in [1, 2, 4] {
        let records = begin(capture.path(), |builder| builder.n_meters(n_meters));
        records.stop_handle().stop();
        let (count, report) = rest(records);
        assert!(report.interrupted, "{report:?}");
        assert_eq!((report.flows, report.packets), (count, count), "every packet is a flow");
        assert!(count < 40_000, "{report:?}");
    }
}

#[test]
fn a_run_that_is_at_its_end_is_not_interrupted() {
    for capture in ["web.pcap", "containers/http.pcap.zst"] {
        let path = testdata(capture);
        let (whole, report) = rest(begin(&path, |builder| builder));
        assert!(!report.interrupted);
        // All has been read; whether the end of it has been seen, too, depends on the threads.
        let records = begin(&path, |builder| builder);
        while records.report().packets < report.packets {
            thread::sleep(Duration::from_millis(1));
        }
        records.stop_handle().stop();
        let (count, report) = rest(records);
        assert!(!report.interrupted, "{report:?}");
        assert_eq!(count, whole);
    }
}

#[test]
fn what_has_all_that_was_wanted_is_not_interrupted() {
    let capture = large_capture();
    let mut records = begin(capture.path(), |builder| builder.idle_timeout(Duration::ZERO).max_nflows(5));
    let stop = records.stop_handle();
    assert!(records.next().unwrap().is_ok());
    stop.stop();
    let (count, report) = rest(records);
    assert_eq!((count, report.flows, report.interrupted), (4, 5, false));
}

/// Flows end all along the capture, which is many blocks long.
#[test]
fn the_first_records_are_the_same_for_every_number_of_meters() {
    let capture = large_capture();
    let first = |n_meters, most| {
        let records = begin(capture.path(), |builder| {
            builder.idle_timeout(Duration::from_millis(20)).n_meters(n_meters).max_nflows(most)
        });
        records.map(|record| format!("{:?}", record.unwrap())).collect::<Vec<_>>()
    };
    let all = first(1, 0);
    assert_eq!(all.len(), 40_000);
    for n_meters in [1, 2, 3, 8] {
        for most in [1, 777, 20_000] {
            assert!(first(n_meters, most as u64) == all[..most], "{n_meters} meters, {most} records");
        }
    }
}

/// Waits until no thread of this process is a worker.
#[cfg(target_os = "linux")]
#[test]
fn workers_end_when_records_are_dropped_midway() {
    let workers = || {
        let threads = fs::read_dir("/proc/self/task").unwrap();
        let names = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("comm")).ok());
        names.filter(|name| name.starts_with("meter-")).count()
    };
    let capture = large_capture();
    for n_meters in [1, 2, 4] {
        let mut records =
            begin(capture.path(), |builder| builder.idle_timeout(Duration::ZERO).n_meters(n_meters));
        assert!(records.next().unwrap().is_ok());
        assert!(workers() > 0);
        drop(records);
        while workers() > 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_run_packet_by_packet_says_so_too() {
    let capture = large_capture();
    let streamer = Streamer::builder().source(capture.path()).n_dissections(0).build().unwrap();
    let mut packets = streamer.packets().unwrap();
    packets.stop_handle().stop();
    while packets.receive().unwrap() {
        while packets.next().is_some() {}
    }
    assert!(packets.report().interrupted);
}

/// Otherwise a run that begins afterwards would miss packets.
#[test]
fn a_run_that_ended_early_takes_no_more_from_its_fifo() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    // All of it fits in the pipe.
    let capture = fs::read(testdata("web.pcap")).unwrap();
    for n_meters in [1, 2, 4] {
        for keeps in [true, false] {
            let streamer =
                Streamer::builder().source(&*path).n_dissections(0).n_meters(n_meters).build().unwrap();
            let mut packets = streamer.packets().unwrap();
            let mut fifo = File::options().write(true).open(&path).unwrap();
            fifo.write_all(&capture).unwrap();
            while packets.next().is_none() {
                assert!(packets.receive().unwrap());
            }
            let kept = if keeps {
                packets.cut();
                Some(packets)
            } else {
                drop(packets);
                None
            };
            let broken = fifo.write_all(b"more").unwrap_err();
            assert_eq!(broken.kind(), ErrorKind::BrokenPipe, "{n_meters} meters");
            drop(kept);
        }
    }
}

/// An interface has no end of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_capture_from_an_interface_ends_by_being_interrupted() {
    let streamer = Streamer::builder().interface("lo").n_meters(2).build().unwrap();
    let mut records = match streamer.records() {
        Ok(records) => records,
        Err(error) => return nfstream_skip::skip(error),
    };
    let stop = records.stop_handle();
    assert!(records.next_batch().unwrap().is_ok());
    assert!(!records.report().interrupted);
    stop.stop();
    assert!(rest(records).1.interrupted);
}

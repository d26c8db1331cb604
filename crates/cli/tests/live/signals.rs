//! Signals in the middle of a capture.

use std::fs;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::capture::{Capture, OUTPUT, packets_in};
use crate::filters::libpcap_is_there;
use crate::namespaces::{FAR, NEAR, Wire};
use crate::recordings::{ETHERNET, make_sendable, replay, replay_often, testdata};
use crate::records::{number, records, text};
use crate::waiting::wait_until;

#[test]
fn what_is_alive_is_written_before_the_end() {
    let Some(wire) = Wire::with(&["ping"]) else { return };
    wire.address();
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 0)] {
        let live = Capture::start(&wire.near, &["--output", OUTPUT]);
        wire.far.run("ping", ["-n", "-c", "2", "-i", "0.2", NEAR[0]]);
        live.signal(signal);
        let ran = live.wait();
        assert_eq!(ran.status.code(), Some(status), "{ran:?}");
        assert!(ran.stderr.starts_with("1 flow from "), "{}", ran.stderr);
        let flows = records(&ran.output);
        assert_eq!(flows.len(), 1);
        assert_eq!((text(&flows[0], "src_ip"), number(&flows[0], "bidirectional_packets")), (FAR[0], 4));
    }
}

#[test]
fn files_are_whole_in_every_format() {
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("sendable.pcap");
    make_sendable(&testdata().join("web.pcap"), ETHERNET, &file);
    for (name, start, end) in
        [("flows.csv", "id,", "\n"), ("flows.arrow", "ARROW1", "ARROW1"), ("flows.parquet", "PAR1", "PAR1")]
    {
        let live = Capture::start(&wire.near, &["--output", name]);
        replay(&wire.far, &file);
        live.signal(Signal::TERM);
        wait_until("the end", || live.is_over());
        let bytes = fs::read(live.directory().join(name)).unwrap();
        assert!(bytes.starts_with(start.as_bytes()) && bytes.ends_with(end.as_bytes()), "{name}");
        assert!(live.stderr().starts_with("12 flows from 126 packets"), "{}", live.stderr());
    }
}

#[test]
fn a_table_is_shown_at_the_end() {
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("sendable.pcap");
    make_sendable(&testdata().join("dns.pcap"), ETHERNET, &file);
    let live = Capture::start(&wire.near, &[]);
    replay(&wire.far, &file);
    let ran = live.interrupt();
    assert!(ran.stdout.starts_with("source "), "{}", ran.stdout);
    assert!(ran.stdout.contains("www.example.org"), "{}", ran.stdout);
}

#[test]
fn a_process_that_is_killed_leaves_no_half_of_a_file() {
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("sendable.pcap");
    make_sendable(&testdata().join("web.pcap"), ETHERNET, &file);
    // Every packet is a flow, so there is something to write at once.
    let live = Capture::start(&wire.near, &["--output", OUTPUT, "--idle-timeout=0"]);
    let written = || {
        let files = fs::read_dir(live.directory()).unwrap().map(|entry| entry.unwrap());
        files
            .filter(|file| !["stdout", "stderr"].iter().any(|name| file.file_name() == *name))
            .map(|file| file.metadata().unwrap().len())
            .sum::<u64>()
    };
    wait_until("something to be written", || {
        replay(&wire.far, &file);
        written() > 0
    });
    live.signal(Signal::KILL);
    wait_until("the end", || live.is_over());
    assert!(!live.directory().join(OUTPUT).exists());
}

/// More than a block of the reader has. The process sees the signal before it has read anything of it.
#[test]
fn what_came_before_the_signal_is_read() {
    const TIMES: usize = 400;
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("sendable.pcap");
    let sendable = make_sendable(&testdata().join("web.pcap"), ETHERNET, &file);
    let through_libpcap: &[&[&str]] = if libpcap_is_there() { &[&[], &["--libpcap"]] } else { &[&[]] };
    for through in through_libpcap {
        let arguments = ["--socket-buffer-size=268435456", "--n-meters=1", "--output", OUTPUT];
        let live = Capture::start(&wire.near, &[&arguments[..], through].concat());
        live.signal(Signal::STOP);
        assert_eq!(replay_often(&wire.far, &file, TIMES), sendable.packets * TIMES);
        live.signal(Signal::INT);
        live.signal(Signal::CONT);
        let ran = live.wait();
        assert_eq!(ran.status.code(), Some(130), "{}", ran.stderr);
        assert_eq!(packets_in(&ran.stderr), (sendable.packets * TIMES) as u64, "{through:?}: {}", ran.stderr);
    }
}

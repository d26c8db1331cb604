//! Which guesses are marked as such.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "packets here are UDP")]
mod synthetic;

use std::io::Write;

use nfstream::{Profile, Record, Streamer, StreamerBuilder};
use synthetic::{header, record};

/// A datagram to RADIUS's port that is not RADIUS.
fn datagram(src_port: u16) -> Vec<u8> {
    let payload = [0xff; 9];
    let length = 8 + payload.len() as u16;
    let ports = [src_port, 1812].map(u16::to_be_bytes).concat();
    let udp = [&ports[..], &length.to_be_bytes(), &[0, 0], &payload].concat();
    let ethernet = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    let lengths = (20 + length).to_be_bytes();
    let ip = [0x45, 0, lengths[0], lengths[1], 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    [&ethernet[..], &ip, &udp].concat()
}

#[test]
fn guesses_about_long_udp_flows_are_marked_unless_asked_otherwise() {
    let mut capture = tempfile::NamedTempFile::with_suffix(".pcap").unwrap();
    capture.write_all(&header()).unwrap();
    for (src_port, packets) in [(40007, 7), (40008, 8)] {
        for number in 0..packets {
            capture.write_all(&record(1_000_000 * number, &datagram(src_port))).unwrap();
        }
    }
    let marks = |builder: StreamerBuilder| -> Vec<String> {
        let streamer = builder.source(capture.path()).build().unwrap();
        let value = |record: &Record, column| record.get(column).unwrap().to_string();
        let values = |record| {
            ["application_name", "application_is_guessed"].map(|column| value(&record, column)).join(" ")
        };
        streamer.records().unwrap().map(|record| values(record.unwrap())).collect()
    };
    let of = |profile| Streamer::builder().profile(profile);
    assert_eq!(marks(of(Profile::Accurate)), ["Radius 1", "Radius 1"]);
    assert_eq!(marks(of(Profile::Accurate).mark_guesses(false)), ["Radius 1", "Radius 0"]);
    assert_eq!(marks(of(Profile::Nfstream)), ["Radius 1", "Radius 0"]);
    assert_eq!(marks(of(Profile::Nfstream).mark_guesses(true)), ["Radius 1", "Radius 1"]);
}

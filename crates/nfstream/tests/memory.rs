//! Memory of a run that a flood meets, as the operating system tells it: alone in this file, because it is of the whole process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the capture is made as it is read")]
mod synthetic;

use std::fs;
use std::io::Read;

use nfstream::{Input, Opener, Streamer};

/// SYNs of a flood, each of a flow of its own, as a capture that is made as it is read.
struct Flood {
    rest: Vec<u8>,
    sent: u32,
    wanted: u32,
}

impl Read for Flood {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() && self.sent < self.wanted {
            let most = (self.sent + 1000).min(self.wanted);
            self.rest = (self.sent..most).flat_map(syn).collect();
            self.sent = most;
        }
        let length = self.rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.rest[..length]);
        self.rest.drain(..length);
        Ok(length)
    }
}

/// A record of a pcap file: a SYN that differs from all others in its addresses, and comes 10 µs after the one before.
fn syn(number: u32) -> Vec<u8> {
    let packet = synthetic::Packet {
        hosts: (1, 2),
        ports: (40000, 80),
        v6: false,
        vlan: 0,
        time_us: 1_700_000_000_000_000 + u64::from(number) * 10,
        payload: 0,
        flags: 0x02,
    };
    let mut frame = packet.frame();
    frame[26..30].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
    synthetic::record(packet.time_us, &frame)
}

/// The most memory that this process had, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

/// Without the bound, these flows take more than twice as much.
#[test]
fn a_flood_takes_no_more_than_it_may() {
    const FLOWS: u32 = 500_000;
    const MOST: u64 = 80_000_000;
    let open = || {
        let rest = synthetic::header();
        Ok(Box::new(Flood { rest, sent: 0, wanted: FLOWS }) as Box<dyn Read + Send>)
    };
    let streamer = Streamer::builder().source(Input::Reader(Opener::new("flood", open)));
    let mut records = streamer.n_meters(1).max_memory(MOST).build().unwrap().records().unwrap();
    let (mut count, mut early) = (0_u32, 0_u64);
    for record in records.by_ref() {
        early += u64::from(record.unwrap().flow().expiration_id == 2);
        count += 1;
    }
    let report = records.report();
    assert_eq!((count, report.flows, report.out_of_room), (FLOWS, u64::from(FLOWS), early));
    assert!(early > u64::from(FLOWS) / 2, "{early}");
    assert!(peak() < MOST, "{} of {MOST} bytes", peak());
}

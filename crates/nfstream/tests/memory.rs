//! Memory of a run that a flood meets, as the operating system tells it: alone in this file, because it is of the whole process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the capture is made as it is read")]
mod synthetic;

use std::fs;
use std::io::Read;

use nfstream::{Input, Opener, Streamer, TunnelKey};

/// Packets of a flood, each of a flow of its own, as a capture that is made as it is read.
struct Flood {
    rest: Vec<u8>,
    sent: u32,
    wanted: u32,
    packet: fn(u32) -> Vec<u8>,
}

impl Read for Flood {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() && self.sent < self.wanted {
            let most = (self.sent + 1000).min(self.wanted);
            self.rest = (self.sent..most).flat_map(self.packet).collect();
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

/// A packet that differs from all others in nothing but the id of its tunnel.
fn tunneled(number: u32) -> Vec<u8> {
    let inner = [
        &[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2][..],
        &[0x9c, 0x40, 0x9c, 0x41, 0, 8, 0, 0],
    ];
    let gtp = [&[0x30, 255, 0, 28][..], &number.to_be_bytes(), &inner.concat()].concat();
    let outer = [
        &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0][..],
        &[0x45, 0, 0, 64, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2],
        &[0x08, 0x68, 0x08, 0x68, 0, 44, 0, 0],
    ];
    synthetic::record(1_700_000_000_000_000 + u64::from(number) * 10, &[&outer.concat()[..], &gtp].concat())
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
    let plain: fn(u32) -> Vec<u8> = syn;
    for (packet, key) in [(plain, TunnelKey::Shared), (tunneled, TunnelKey::All)] {
        meter(packet, key);
    }
}

fn meter(packet: fn(u32) -> Vec<u8>, key: TunnelKey) {
    const FLOWS: u32 = 500_000;
    const MOST: u64 = 80_000_000;
    let open = move || {
        let rest = synthetic::header();
        Ok(Box::new(Flood { rest, sent: 0, wanted: FLOWS, packet }) as Box<dyn Read + Send>)
    };
    let streamer = Streamer::builder().source(Input::Reader(Opener::new("flood", open)));
    let mut records =
        streamer.n_meters(1).tunnel_key(key).max_memory(MOST).build().unwrap().records().unwrap();
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

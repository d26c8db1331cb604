//! Recorded payloads, cut at every length and with bytes changed: no panic, and a verdict that stays.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod recorded;

use std::collections::HashSet;

use recorded::{Flow, Recorded, engine, flows, verdict};

/// Packets of a flow that are looked at.
const PACKETS: usize = 12;

/// Pseudo-random numbers (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

#[test]
fn payloads_cut_anywhere_are_stood() {
    let engine = engine();
    // One payload of each beginning is enough; they are many.
    let mut seen = HashSet::new();
    for flow in flows(PACKETS) {
        for packet in flow.packets.iter().filter(|packet| !packet.payload.is_empty()) {
            let beginning = packet.payload.get(..8).unwrap_or(&packet.payload).to_vec();
            if !seen.insert((flow.endpoints.protocol, flow.endpoints.dst.port().min(2048), beginning)) {
                continue;
            }
            for length in 0..packet.payload.len().min(600) {
                let cut = Recorded { payload: packet.payload[..length].to_vec(), ..packet.clone() };
                verdict(&engine, &Flow { packets: vec![cut], ..flow.clone() });
            }
        }
    }
    assert!(seen.len() > 20, "{} payloads", seen.len());
}

#[test]
fn payloads_with_bytes_changed_are_stood() {
    let engine = engine();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for mut flow in flows(PACKETS) {
        verdict(&engine, &flow);
        for _ in 0..4 {
            for packet in flow.packets.iter_mut().filter(|packet| !packet.payload.is_empty()) {
                for _ in 0..=random.below(4) {
                    let at = random.below(packet.payload.len().min(200));
                    packet.payload[at] = [0, 0xff, 0x7f, 0x80, random.below(256) as u8][random.below(5)];
                }
            }
            verdict(&engine, &flow);
        }
    }
}

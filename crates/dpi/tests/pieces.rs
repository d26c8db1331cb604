//! Recorded TCP connections whose payloads come in small segments: what they are does not depend on where segments end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod recorded;

use std::collections::BTreeMap;

use nfstream_dpi::{Engine, Rules};
use recorded::{Flow, Recorded, flows, shown};

const PACKETS: usize = 20;
const TCP: u8 = 6;

fn cut(flow: &Flow, size: usize) -> Vec<Recorded> {
    let pieces = |packet: &Recorded| -> Vec<Recorded> {
        if packet.payload.is_empty() {
            return vec![packet.clone()];
        }
        let mut sequence = packet.sequence;
        let piece = |(number, payload): (usize, &[u8])| {
            let syn = packet.syn && number == 0;
            let cut = Recorded { from_source: packet.from_source, sequence, syn, payload: payload.to_vec() };
            sequence = sequence.wrapping_add(payload.len() as u32 + u32::from(syn));
            cut
        };
        packet.payload.chunks(size).enumerate().map(piece).collect()
    };
    flow.packets.iter().flat_map(pieces).collect()
}

fn twice(packets: Vec<Recorded>) -> Vec<Recorded> {
    packets.into_iter().flat_map(|packet| [packet.clone(), packet]).collect()
}

fn acknowledged(packets: Vec<Recorded>) -> Vec<Recorded> {
    let mut next = [0; 2];
    let each = |packet: Recorded| {
        let side = usize::from(packet.from_source);
        next[side] = packet.sequence.wrapping_add(packet.payload.len() as u32 + u32::from(packet.syn));
        let acknowledgement = Recorded {
            from_source: !packet.from_source,
            sequence: next[1 - side],
            syn: false,
            payload: Vec::new(),
        };
        let has_payload = !packet.payload.is_empty();
        std::iter::once(packet).chain(has_payload.then_some(acknowledgement))
    };
    packets.into_iter().flat_map(each).collect()
}

fn swapped(mut packets: Vec<Recorded>) -> Vec<Recorded> {
    let first = packets.iter().position(|packet| !packet.payload.is_empty()).unwrap_or_default();
    packets[first..].chunks_exact_mut(2).for_each(|pair| {
        if pair[0].from_source == pair[1].from_source {
            pair.swap(0, 1);
        }
    });
    packets
}

fn begins_with_syn(flow: &Flow) -> bool {
    let has_syn = |from_source| flow.packets.iter().any(|p| p.from_source == from_source && p.syn);
    has_syn(true) && has_syn(false)
}

#[test]
fn measure() {
    let engine = Engine::new(Rules::builtin(), 20);
    let changes: [(&str, fn(&Flow) -> Vec<Recorded>); 10] = [
        ("1", |flow| cut(flow, 1)),
        ("8", |flow| cut(flow, 8)),
        ("50", |flow| cut(flow, 50)),
        ("300", |flow| cut(flow, 300)),
        ("8 twice", |flow| twice(cut(flow, 8))),
        ("50 twice", |flow| twice(cut(flow, 50))),
        ("8 acked", |flow| acknowledged(cut(flow, 8))),
        ("50 acked", |flow| acknowledged(cut(flow, 50))),
        ("50 swapped", |flow| swapped(cut(flow, 50))),
        ("300 swapped", |flow| swapped(cut(flow, 300))),
    ];
    let mut counts = BTreeMap::<&str, [usize; 3]>::new();
    let mut bad = BTreeMap::<(&str, String, String), Vec<String>>::new();
    for flow in flows(PACKETS) {
        if flow.endpoints.protocol != TCP || !begins_with_syn(&flow) || flow.packets.iter().all(|p| p.payload.is_empty()) {
            continue;
        }
        let (whole, metadata) = shown(&engine, &flow);
        for (change, of) in changes {
            let (now, other) = shown(&engine, &Flow { packets: of(&flow), ..flow.clone() });
            let count = counts.entry(change).or_default();
            count[0] += 1;
            count[1] += usize::from(engine.name(&whole) == engine.name(&now) && whole.is_guessed == now.is_guessed);
            count[2] += usize::from(metadata == other);
            for (name, a, b) in [("server_name", &metadata.server_name, &other.server_name), ("client_fp", &metadata.client_fingerprint, &other.client_fingerprint), ("server_fp", &metadata.server_fingerprint, &other.server_fingerprint), ("agent", &metadata.user_agent, &other.user_agent), ("type", &metadata.content_type, &other.content_type)] {
                if a != b && change == "8" { eprintln!("META {change} {name} {} {:?} {:?} {}", engine.name(&whole), a, b, flow.capture); }
            }
            let name = |v: &nfstream_dpi::Classification, m: &nfstream_dpi::Metadata| format!("{}{}/{}", engine.name(v), if v.is_guessed {"?"} else {""}, m.server_name.as_deref().unwrap_or_default());
            if engine.name(&whole) != engine.name(&now) || whole.is_guessed != now.is_guessed || metadata.server_name != other.server_name {
                bad.entry((change, name(&whole, &metadata), name(&now, &other))).or_default().push(format!("{} {}", flow.capture, flow.endpoints.src.port()));
            }
        }
    }
    for ((change, whole, now), places) in &bad {
        eprintln!("{change:12} {whole} -> {now} {}x {}", places.len(), places[0]);
    }
    for (change, [all, labels, metadata]) in counts {
        eprintln!("{change:12} {all} flows, labels {:.4}, metadata {:.4}", labels as f64 / all as f64, metadata as f64 / all as f64);
    }
}

//! Recorded TCP connections whose payloads come in small segments: what they are does not depend on where segments end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod recorded;

use std::collections::BTreeMap;

use nfstream_dpi::{Classification, Engine, Metadata, Rules};
use recorded::{Flow, Recorded, flows, shown};

/// Packets of a flow that are looked at, as by default.
const PACKETS: u16 = 20;

const TCP: u8 = 6;

/// Connections that may be lost beyond the share.
const FEW: u8 = 5;

/// What becomes of a connection; and the least share of flows that stay what they are, and keep all values that were read.
type Change = (&'static str, fn(&Flow) -> Vec<Recorded>, [f64; 2]);

/// What is lost: the first payload of Message Stream Encryption is recognised whole only, early segments wait for a missing one
/// by number, and small segments that belong to no message that is awaited count as packets.
const CHANGES: [Change; 7] = [
    ("in bytes", |flow| cut(flow, 1), [0.96, 0.94]),
    ("in pieces of 8 bytes", |flow| cut(flow, 8), [0.985, 0.975]),
    ("in pieces of 50 bytes", |flow| cut(flow, 50), [0.995, 0.99]),
    ("in pieces of 300 bytes", |flow| cut(flow, 300), [0.998, 0.995]),
    ("in pieces of 50 bytes, each twice", |flow| twice(cut(flow, 50)), [0.985, 0.985]),
    ("in pieces of 50 bytes, each acknowledged", |flow| acknowledged(cut(flow, 50)), [0.985, 0.97]),
    ("in pieces of 50 bytes, in pairs the other way round", |flow| swapped(cut(flow, 50)), [0.995, 0.99]),
];

/// A connection with its payloads in segments of a size.
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

/// With an acknowledgement after each segment.
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

/// With each pair of segments of one side in other order.
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

/// What a flow is: name, whether it is a guess, and the values that were read.
fn result(engine: &Engine, flow: &Flow) -> (String, Metadata) {
    let (verdict, metadata): (Classification, Metadata) = shown(engine, flow);
    let guess = if verdict.is_guessed { " (guess)" } else { "" };
    (format!("{}{guess}", engine.name(&verdict)), metadata)
}

#[test]
fn the_size_of_segments_does_not_matter() {
    let engine = Engine::new(Rules::builtin(), PACKETS).skip_padding(true);
    let is_meant = |flow: &Flow| {
        let has_payload = flow.packets.iter().any(|packet| !packet.payload.is_empty());
        flow.endpoints.protocol == TCP && begins_with_syn(flow) && has_payload
    };
    let flows: Vec<_> = flows(PACKETS.into()).filter(is_meant).collect();
    assert!(flows.len() > 20, "{} connections", flows.len());
    let whole: Vec<_> = flows.iter().map(|flow| result(&engine, flow)).collect();
    for (change, of, least) in &CHANGES {
        let (mut same, mut other) = ([0_u32; 2], BTreeMap::<_, Vec<_>>::new());
        for (flow, (name, metadata)) in flows.iter().zip(&whole) {
            let (now, read) = result(&engine, &Flow { packets: of(flow), ..flow.clone() });
            same[0] += u32::from(now == *name);
            same[1] += u32::from(read == *metadata);
            if now != *name {
                other.entry((name, now)).or_default().push((&flow.capture, flow.endpoints.src));
            }
        }
        let shares = same.map(|count| f64::from(count) / flows.len() as f64);
        eprintln!("{change}: {:.4} of labels, {:.4} of all values", shares[0], shares[1]);
        // Of few connections, a few more.
        let is_enough = |(share, least): (&f64, &f64)| (least - share) * flows.len() as f64 <= f64::from(FEW);
        assert!(shares.iter().zip(least).all(is_enough), "{change}: {shares:?}\n{other:#?}");
    }
}

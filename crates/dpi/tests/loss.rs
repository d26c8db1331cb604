//! Recorded flows of which something is missing, late, or there twice: a verdict may become weaker, never another one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod recorded;

use std::collections::BTreeMap;

use nfstream_dpi::{Classification, Label, labels};
use recorded::{Flow, Recorded, engine, flows, verdict};

/// What can become of a flow: each time what it is, and the packets that are left.
type Changes = fn(&Flow) -> Vec<(String, Vec<Recorded>)>;

/// Packets of a flow that are looked at.
const PACKETS: usize = 20;

const TCP: u8 = 6;
const UDP: u8 = 17;

/// Names that one flow may rightly have, as more or less of it is seen.
const SHARED: [(&[Label], &str); 8] = [
    (
        &[labels::STUN, labels::DTLS, labels::SRTP, labels::RTP, labels::RTCP, labels::DISCORD],
        "calls: they share a pair of ports (RFC 7983), and what came before tells whose media it is",
    ),
    (
        &[labels::HTTP, labels::HTTP_PROXY, labels::HTTP_CONNECT, labels::SOCKS],
        "a proxy: once it was asked, it passes on what others speak",
    ),
    (
        &[labels::QUIC, labels::RTP, labels::RTCP],
        "a call that goes on with media on the ports of its handshake",
    ),
    (&[labels::FTP_CONTROL, labels::FTPS], "a command changes to TLS"),
    (&[labels::POP3, labels::POPS], "a command changes to TLS"),
    (&[labels::TLS, labels::POSTGRESQL, labels::RDP], "what is within TLS is told by what comes before it"),
    (&[labels::TLS, labels::APPLEPUSH], "named by who is seen to speak first to a port of Apple's"),
    (&[labels::WIREGUARD, labels::TAILSCALE], "its discovery goes before the tunnel"),
];

/// The protocol or carrier, or the application where that is known alone; nothing where it is only a guess.
fn master(classification: &Classification) -> Option<Label> {
    let Classification { protocol, application, is_guessed, .. } = *classification;
    let master = if protocol.is_known() { protocol } else { application };
    (master.is_known() && !is_guessed).then_some(master)
}

fn is_wrong(whole: &Classification, now: &Classification) -> bool {
    let (Some(whole), Some(now)) = (master(whole), master(now)) else { return false };
    let are_shared = || SHARED.iter().any(|(labels, _)| labels.contains(&whole) && labels.contains(&now));
    whole != now && !are_shared()
}

fn is_other(whole: &Classification, now: &Classification) -> bool {
    let what = |verdict: &Classification| (verdict.protocol, verdict.application, verdict.is_guessed);
    what(whole) != what(now)
}

/// Whether the beginning of a TCP connection was recorded, in both directions: otherwise what comes first is taken for it.
/// Where TCP carries the padding of short frames as data, its order is not that of the connection either.
fn begins_with_syn(flow: &Flow) -> bool {
    let is_padding = |packet: &Recorded| {
        !packet.payload.is_empty()
            && packet.payload.len() <= 6
            && packet.payload.iter().all(|byte| *byte == 0)
    };
    let has_syn = |from_source| flow.packets.iter().any(|p| p.from_source == from_source && p.syn);
    has_syn(true) && has_syn(false) && !flow.packets.iter().any(is_padding)
}

/// Compares the verdicts on changed flows with those on the whole ones.
fn assert_none(
    changes: &[Changes],
    is_meant: impl Fn(&Flow) -> bool,
    is_bad: fn(&Classification, &Classification) -> bool,
) {
    let engine = engine();
    let name = |verdict: &Classification| {
        let guess = if verdict.is_guessed { " (guess)" } else { "" };
        format!("{}{guess}", engine.name(verdict))
    };
    let mut bad = BTreeMap::<(String, String), Vec<String>>::new();
    let mut count = 0;
    for flow in flows(PACKETS).filter(is_meant) {
        let whole = verdict(&engine, &flow);
        for (change, packets) in changes.iter().flat_map(|changes| changes(&flow)) {
            count += 1;
            let changed = Flow { packets, ..flow.clone() };
            let now = verdict(&engine, &changed);
            if is_bad(&whole, &now) {
                let nfstream_dpi::Endpoints { src, dst, .. } = flow.endpoints;
                let place = format!("{}, {src} to {dst}, {change}", flow.capture);
                bad.entry((name(&whole), name(&now))).or_default().push(place);
            }
        }
    }
    assert!(count > 100, "{count} changes");
    let list = bad.iter().map(|((whole, now), places)| {
        let some: Vec<_> = places.iter().take(3).map(String::as_str).collect();
        format!("{whole} became {now} {} times: {}\n", places.len(), some.join("; "))
    });
    assert!(bad.is_empty(), "of {count} changes:\n{}", list.collect::<String>());
}

#[test]
fn order_and_repetition_do_not_matter_to_tcp() {
    let is_meant = |flow: &Flow| flow.endpoints.protocol == TCP && begins_with_syn(flow);
    assert_none(&[swapped, repeated], is_meant, is_other);
}

#[test]
fn order_and_repetition_make_nothing_wrong() {
    let is_meant = |flow: &Flow| matches!(flow.endpoints.protocol, TCP | UDP);
    assert_none(&[swapped, repeated], is_meant, is_wrong);
}

#[test]
fn loss_makes_nothing_wrong() {
    let is_meant = |flow: &Flow| matches!(flow.endpoints.protocol, TCP | UDP);
    assert_none(&[first_payload_lost, one_lost, one_direction, late_start], is_meant, is_wrong);
}

/// Many recorded flows of four frequent protocols, each seen from a random byte on.
#[test]
fn a_beginning_at_any_byte_makes_nothing_wrong() {
    const CUTS: usize = 10_000;
    /// Packets of a flow among which the beginning is chosen.
    const CHOICE: usize = 60;
    let protocols = [labels::TLS, labels::QUIC, labels::SSH, labels::BITTORRENT];
    let engine = engine();
    let flows: Vec<_> = flows(CHOICE)
        .filter(|flow| flow.packets.iter().any(|packet| packet.payload.len() > 1))
        .map(|flow| (verdict(&engine, &flow), flow))
        .filter(|(whole, _)| master(whole).is_some_and(|master| protocols.contains(&master)))
        .collect();
    for protocol in protocols.iter().take(3) {
        assert!(flows.iter().any(|(whole, _)| master(whole) == Some(*protocol)), "{protocol:?}");
    }
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |end: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 32) as usize % end
    };
    let mut bad = BTreeMap::<(String, String), Vec<String>>::new();
    for _ in 0..CUTS {
        let (whole, flow) = &flows[below(flows.len())];
        let with_payload: Vec<_> =
            (0..flow.packets.len()).filter(|at| !flow.packets[*at].payload.is_empty()).collect();
        let at = with_payload[below(with_payload.len())];
        let mut packets = flow.packets[at..].to_vec();
        let bytes = below(packets[0].payload.len());
        packets[0].payload.drain(..bytes);
        packets[0].sequence = packets[0].sequence.wrapping_add(bytes as u32);
        let now = verdict(&engine, &Flow { packets, ..flow.clone() });
        if is_wrong(whole, &now) {
            let names = (engine.name(whole).into_owned(), engine.name(&now).into_owned());
            let place = format!("{}, {:?}, packet {at}, byte {bytes}", flow.capture, flow.endpoints);
            bad.entry(names).or_default().push(place);
        }
    }
    let list = bad.iter().map(|((whole, now), places)| {
        format!("{whole} became {now} {} times: {:?}\n", places.len(), &places[..places.len().min(3)])
    });
    assert!(bad.is_empty(), "of {CUTS} cuts in {} flows:\n{}", flows.len(), list.collect::<String>());
}

fn without(packets: &[Recorded], at: usize) -> Vec<Recorded> {
    [&packets[..at], &packets[at + 1..]].concat()
}

fn first_payload_lost(flow: &Flow) -> Vec<(String, Vec<Recorded>)> {
    let first = flow.packets.iter().position(|packet| !packet.payload.is_empty());
    first.map(|at| ("without its first payload".into(), without(&flow.packets, at))).into_iter().collect()
}

fn one_lost(flow: &Flow) -> Vec<(String, Vec<Recorded>)> {
    let most = flow.packets.len().min(6);
    (0..most).map(|at| (format!("without packet {at}"), without(&flow.packets, at))).collect()
}

fn one_direction(flow: &Flow) -> Vec<(String, Vec<Recorded>)> {
    let (from_source, to_source) = flow.packets.iter().cloned().partition(|packet| packet.from_source);
    vec![("from the source only".into(), from_source), ("to the source only".into(), to_source)]
}

fn late_start(flow: &Flow) -> Vec<(String, Vec<Recorded>)> {
    let most = flow.packets.len().min(5);
    (1..most).map(|count| (format!("without the first {count}"), flow.packets[count..].to_vec())).collect()
}

fn swapped(flow: &Flow) -> Vec<(String, Vec<Recorded>)> {
    let swap = |at: usize| {
        let mut packets = flow.packets.clone();
        packets.swap(at, at + 1);
        (format!("packets {at} and {} in other order", at + 1), packets)
    };
    (0..flow.packets.len().saturating_sub(1)).map(swap).collect()
}

fn repeated(flow: &Flow) -> Vec<(String, Vec<Recorded>)> {
    let twice = flow.packets.iter().flat_map(|packet| [packet.clone(), packet.clone()]).collect();
    let up_to = |at: usize| {
        let packets = [&flow.packets[..=at], &flow.packets[..=at], &flow.packets[at + 1..]].concat();
        (format!("all up to packet {at} twice"), packets)
    };
    let mut all = vec![("each packet twice".into(), twice)];
    all.extend((0..flow.packets.len()).map(up_to));
    all
}

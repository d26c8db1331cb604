//! Connections, orientation and slices of time: which packets are one flow, and which endpoint is its source.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "its packets have no sequence numbers")]
mod synthetic;

use nfstream::{Event, Notice, Orientation, Profile, Record, Streamer, StreamerBuilder};
use std::time::Duration;
use synthetic::{Packet, header, record};
use tempfile::NamedTempFile;

const FIN: u8 = 0x11;
const SYN: u8 = 0x02;
const RST: u8 = 0x14;
const ACK: u8 = 0x10;
const SYN_ACK: u8 = 0x12;

/// A TCP segment between hosts 1 (port 1000) and 2 (port 80): sender, flags, sequence and acknowledgment numbers.
#[derive(Clone, Copy, Debug)]
struct Segment(u8, u8, u32, u32);

impl Segment {
    fn frame(self, vlan: u16) -> Vec<u8> {
        let Self(sender, flags, sequence, acknowledgment) = self;
        let receiver = 3 - sender;
        let mut frame = vec![2, 0, 0, 0, 0, receiver, 2, 0, 0, 0, 0, sender];
        if vlan > 0 {
            frame.extend([0x81, 0]);
            frame.extend(vlan.to_be_bytes());
        }
        frame.extend([8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, sender, 10, 0, 0, receiver]);
        let ports: [u16; 2] = if sender == 1 { [1000, 80] } else { [80, 1000] };
        frame.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
        frame.extend(sequence.to_be_bytes());
        frame.extend(acknowledgment.to_be_bytes());
        frame.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        frame
    }
}

/// A capture of frames, each with its time in milliseconds.
fn capture(frames: impl IntoIterator<Item = (u64, Vec<u8>)>) -> NamedTempFile {
    let mut bytes = header();
    for (time_ms, frame) in frames {
        bytes.extend(record(1_000_000_000_000_000 + time_ms * 1000, &frame));
    }
    let file = NamedTempFile::with_suffix(".pcap").unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

fn segments(segments: &[(u64, Segment)]) -> NamedTempFile {
    capture(segments.iter().map(|(time, segment)| (*time, segment.frame(0))))
}

fn records(capture: &NamedTempFile, builder: &StreamerBuilder) -> Vec<Record> {
    let streamer = builder.clone().source(capture.path()).n_dissections(0).build().unwrap();
    streamer.records().unwrap().map(Result::unwrap).collect()
}

/// Source port, packets of both directions, reason of each flow.
fn flows(capture: &NamedTempFile, builder: &StreamerBuilder) -> Vec<(u16, u64, u64, &'static str)> {
    let flows = [1, 2, 3, 8].map(|n_meters| {
        let records = records(capture, &builder.clone().n_meters(n_meters));
        records
            .iter()
            .map(|record| {
                let flow = record.flow();
                let packets = |direction| flow.totals(direction).packets;
                let [up, down] = [nfstream::Direction::SrcToDst, nfstream::Direction::DstToSrc].map(packets);
                (flow.src_port, up, down, record.expiration_reason().unwrap().name())
            })
            .collect::<Vec<_>>()
    });
    assert!(flows.iter().all(|other| *other == flows[0]), "{flows:?}");
    flows.into_iter().next().unwrap()
}

fn accurate() -> StreamerBuilder {
    Streamer::builder().profile(Profile::Accurate)
}

fn nfstream() -> StreamerBuilder {
    Streamer::builder().profile(Profile::Nfstream)
}

/// A handshake, and the end of the connection by FIN of both sides.
fn connection(time: u64, sequence: u32) -> [(u64, Segment); 6] {
    [
        (time, Segment(1, SYN, sequence, 0)),
        (time + 1, Segment(2, SYN_ACK, 9, sequence + 1)),
        (time + 2, Segment(1, ACK, sequence + 1, 10)),
        (time + 3, Segment(1, FIN, sequence + 1, 10)),
        (time + 4, Segment(2, FIN, 10, sequence + 2)),
        (time + 5, Segment(1, ACK, sequence + 2, 11)),
    ]
}

#[test]
fn a_new_connection_on_old_ports_is_a_flow() {
    let twice = segments(&[connection(0, 100), connection(50, 5000)].concat());
    assert_eq!(flows(&twice, &accurate()), [(1000, 4, 2, "port_reuse"), (1000, 4, 2, "end_of_input")]);
    assert_eq!(flows(&twice, &accurate().split_connections(false)), [(1000, 8, 4, "end_of_input")]);
    assert_eq!(flows(&twice, &nfstream()), [(1000, 8, 4, "end_of_input")]);
    assert_eq!(flows(&twice, &nfstream().split_connections(true)).len(), 2);
    for builder in [accurate(), nfstream()] {
        let streamer = builder.source(twice.path()).n_dissections(0).build().unwrap();
        let mut records = streamer.records().unwrap();
        assert!(records.by_ref().all(|record| record.is_ok()));
        assert_eq!(records.report().noticed().collect::<Vec<_>>(), [(Notice::ReusedPorts, 1)]);
    }
}

#[test]
fn only_another_sequence_number_after_the_end_is_a_new_connection() {
    // The same SYN again, after everything was over.
    let again = segments(&[&connection(0, 100)[..], &[(50, Segment(1, SYN, 100, 0))]].concat());
    assert_eq!(flows(&again, &accurate()), [(1000, 5, 2, "end_of_input")]);
    // Nobody answers a flood of SYNs.
    let flood = segments(&(0..20).map(|i| (i.into(), Segment(1, SYN, i * 1000, 0))).collect::<Vec<_>>());
    assert_eq!(flows(&flood, &accurate()), [(1000, 20, 0, "end_of_input")]);
    // One side has closed, the other has not.
    let half = segments(&[&connection(0, 100)[..4], &[(50, Segment(1, SYN, 700, 0))]].concat());
    assert_eq!(flows(&half, &accurate()), [(1000, 4, 1, "end_of_input")]);
    // A reset ends a connection.
    let reset = [(0, Segment(1, SYN, 1, 0)), (1, Segment(2, RST, 0, 2)), (2, Segment(1, SYN, 900, 0))];
    assert_eq!(
        flows(&segments(&reset), &accurate()),
        [(1000, 1, 1, "port_reuse"), (1000, 1, 0, "end_of_input")]
    );
}

#[test]
fn a_late_packet_of_the_connection_before_is_not_of_the_new_one() {
    // The server's FIN again, the client's last ACK, and data of the server.
    let late = [Segment(2, FIN, 900_000, 102), Segment(1, ACK, 4_000_000, 11), Segment(2, ACK, 70_000, 102)];
    for late in late {
        let port = if late.0 == 1 { 1000 } else { 80 };
        let packets = [&[(0, late)][..], &connection(50, 900_000_000)].concat();
        let ports = [(port, 1, 0, "port_reuse"), (1000, 4, 2, "end_of_input")];
        assert_eq!(flows(&segments(&packets), &accurate()), ports, "{late:?}");
        // Only the answer to the SYN was captured.
        let answered = [&[(0, late)][..], &connection(50, 900_000_000)[1..]].concat();
        assert_eq!(flows(&segments(&answered), &accurate()).len(), 2, "{late:?}");
        assert_eq!(flows(&segments(&packets), &accurate().split_connections(false)).len(), 1);
        assert_eq!(flows(&segments(&packets), &nfstream()).len(), 1);
    }
    // A connection has ended its flow, and its last acknowledgment comes too late.
    let first = connection(0, 100);
    let packets = [&first[..], &connection(50, 900_000_000)[..]].concat();
    let ended = flows(&segments(&packets), &accurate().tcp_close(true).linger(Duration::ZERO));
    let ports = [(1000, 3, 2, "close"), (1000, 1, 0, "port_reuse"), (1000, 3, 2, "close")];
    assert_eq!(ended[..3], ports);
}

#[test]
fn packets_of_a_handshake_in_any_order_are_one_flow() {
    for sequence in [100, u32::MAX - 1, 0x7fff_ffff] {
        let whole = [(0, Segment(1, ACK, sequence.wrapping_add(1), 10)), (1, Segment(1, SYN, sequence, 0))];
        assert_eq!(flows(&segments(&whole), &accurate()), [(1000, 2, 0, "end_of_input")]);
        let data = [(0, Segment(2, ACK, 700, sequence.wrapping_add(900))), (1, Segment(1, SYN, sequence, 0))];
        assert_eq!(flows(&segments(&data), &accurate()).len(), 1);
    }
}

#[test]
fn connections_seen_one_way_only_are_flows() {
    for side in [1, 2] {
        let one_way =
            |time, sequence| connection(time, sequence).into_iter().filter(move |(_, s)| s.0 == side);
        let twice: Vec<_> = one_way(0, 100).chain(one_way(50, 5000)).collect();
        let n_packets = twice.len() as u64 / 2;
        let found = flows(&segments(&twice), &accurate());
        let packets: Vec<_> = found.iter().map(|flow| (flow.0, flow.1 + flow.2, flow.3)).collect();
        assert_eq!(packets, [(1000, n_packets, "port_reuse"), (1000, n_packets, "end_of_input")]);
    }
}

#[test]
fn a_new_connection_may_be_seen_by_its_answer_first() {
    let mut second = connection(50, 5000);
    second.swap(0, 1);
    let swapped = segments(&[connection(0, 100), second].concat());
    assert_eq!(flows(&swapped, &accurate()), [(1000, 4, 2, "port_reuse"), (1000, 4, 2, "end_of_input")]);
}

#[test]
fn a_flow_ends_with_its_connection_and_late_packets() {
    let late = |time| (time, Segment(2, ACK, 11, 102));
    let mut packets = connection(0, 100).to_vec();
    packets.extend([late(1500), late(2003), late(2004), (60_000, Segment(1, SYN, 7, 0))]);
    let capture = segments(&packets);
    let ended = flows(&capture, &accurate().tcp_close(true));
    // The second FIN came after 4 ms; the packet after 2004 ms is too late.
    assert_eq!(ended, [(1000, 4, 4, "close"), (80, 1, 1, "end_of_input")]);
    let ended = flows(&capture, &accurate().tcp_close(true).linger(Duration::ZERO));
    assert_eq!(ended[0], (1000, 3, 2, "close"));
    let reset = [(0, Segment(1, SYN, 1, 0)), (1, Segment(2, RST, 0, 2)), (90_000, Segment(1, SYN, 1, 0))];
    let ended = flows(&segments(&reset), &accurate().tcp_close(true));
    assert_eq!(ended, [(1000, 1, 1, "reset"), (1000, 1, 0, "end_of_input")]);
    // Neither another connection nor the end of the input comes before the end of a connection.
    let twice = segments(&[connection(0, 100), connection(50, 5000)].concat());
    assert_eq!(flows(&twice, &accurate().tcp_close(true)), [(1000, 4, 2, "close"), (1000, 4, 2, "close")]);
    assert_eq!(flows(&segments(&reset[..2]), &accurate().tcp_close(true)), [(1000, 1, 1, "reset")]);
}

#[test]
fn the_opener_is_the_source_whatever_came_first() {
    let mut packets = connection(0, 100);
    (packets[0].1, packets[1].1) = (packets[1].1, packets[0].1);
    let capture = segments(&packets);
    assert_eq!(flows(&capture, &accurate()), [(1000, 4, 2, "end_of_input")]);
    assert_eq!(flows(&capture, &nfstream()), [(80, 2, 4, "end_of_input")]);
    for (builder, is_turned) in [(accurate(), true), (nfstream(), false)] {
        let record = &records(&capture, &builder)[0];
        assert_eq!(record.flow().is_turned(), is_turned);
        assert_eq!(record.flow().src_mac[5], if is_turned { 1 } else { 2 });
        let first_seen = record.get("bidirectional_first_seen_ms").unwrap().to_string();
        assert_eq!(first_seen, "1000000000000");
    }
    // A capture that begins in the middle says nothing.
    let middle = segments(&[(0, Segment(2, ACK, 1, 1)), (1, Segment(1, ACK, 1, 2))]);
    assert_eq!(flows(&middle, &accurate())[0].0, 80);
    assert_eq!(flows(&middle, &accurate().orientation(Orientation::Service))[0].0, 1000);
    let local = |network: &str| Orientation::Local(vec![network.parse().unwrap()]);
    assert_eq!(flows(&middle, &accurate().orientation(local("10.0.0.1/32")))[0].0, 1000);
    assert_eq!(flows(&capture, &accurate().orientation(local("10.0.0.2/32")))[0].0, 80);
    assert_eq!(flows(&capture, &accurate().orientation(local("10.0.0.0/24")))[0].0, 1000);
}

#[test]
fn the_next_part_of_a_flow_keeps_its_source() {
    let packets = [(0, Segment(1, SYN, 1, 0)), (900, Segment(2, ACK, 1, 2)), (1100, Segment(2, ACK, 1, 2))];
    let capture = segments(&packets);
    let parts = |builder: StreamerBuilder| flows(&capture, &builder.active_timeout(Duration::from_secs(1)));
    assert_eq!(parts(accurate()), [(1000, 1, 1, "active"), (1000, 0, 1, "end_of_input")]);
    assert_eq!(parts(nfstream()), [(1000, 1, 1, "active"), (80, 1, 0, "end_of_input")]);
}

#[test]
fn slices_cut_every_flow_at_the_same_times() {
    let times = [0, 900, 1100, 1500, 4200];
    let capture = segments(&times.map(|time| (time, Segment(1, ACK, 1, 1))));
    let sliced = |builder: StreamerBuilder| flows(&capture, &builder.slice(Duration::from_secs(1)));
    let expected = [(1000, 2, 0, "slice"), (1000, 2, 0, "slice"), (1000, 1, 0, "end_of_input")];
    assert_eq!(sliced(accurate()), expected);
    assert_eq!(sliced(nfstream()), expected);
    let idle = accurate().idle_timeout(Duration::from_millis(300));
    assert_eq!(
        sliced(idle).iter().map(|flow| (flow.1, flow.3)).collect::<Vec<_>>(),
        [(1, "idle"), (1, "slice"), (1, "idle"), (1, "idle"), (1, "end_of_input")]
    );
}

#[test]
fn a_slice_knows_nothing_of_the_one_before() {
    let packets = [(0, Segment(1, SYN, 1, 0)), (900, Segment(2, ACK, 1, 2)), (1100, Segment(2, ACK, 1, 2))];
    let (capture, builder) = (segments(&packets), accurate().slice(Duration::from_secs(1)));
    assert_eq!(flows(&capture, &builder), [(1000, 1, 1, "slice"), (80, 1, 0, "end_of_input")]);
    assert_eq!(sources_packet_by_packet(&capture, &builder), [1000, 80]);
}

#[test]
fn timeouts_have_fractions() {
    let capture = segments(&[0, 400, 900].map(|time| (time, Segment(1, ACK, 1, 1))));
    let half = accurate().idle_timeout(Duration::from_millis(450));
    assert_eq!(flows(&capture, &half), [(1000, 2, 0, "idle"), (1000, 1, 0, "end_of_input")]);
}

#[test]
fn a_conversation_that_is_tagged_one_way_is_one_flow_on_request() {
    let packets = connection(0, 100);
    let tagged = |(time, segment): (u64, Segment)| (time, segment.frame(if segment.0 == 2 { 7 } else { 0 }));
    let capture = capture(packets.map(tagged));
    assert_eq!(flows(&capture, &accurate()).len(), 2);
    assert_eq!(flows(&capture, &accurate().vlan_in_key(false)), [(1000, 4, 2, "end_of_input")]);
}

/// A TCP packet from an endpoint to another: host and port of each.
fn segment(flags: u8, (from, from_port): (u8, u16), (to, to_port): (u8, u16)) -> Vec<u8> {
    let (hosts, ports) = ((from, to), (from_port, to_port));
    Packet { hosts, ports, v6: false, vlan: 0, time_us: 0, payload: 0, flags }.frame()
}

/// Ports of the sources of flows, in a run packet by packet.
fn sources_packet_by_packet(capture: &NamedTempFile, builder: &StreamerBuilder) -> Vec<u16> {
    let streamer = builder.clone().source(capture.path()).n_dissections(0).n_meters(3).build().unwrap();
    let (mut packets, mut sources) = (streamer.packets().unwrap(), Vec::new());
    while packets.receive().unwrap() {
        while let Some(event) = packets.next() {
            if let Event::Ended { record, .. } = event {
                sources.push(record.flow().src_port);
            }
        }
    }
    sources
}

#[test]
fn an_earlier_handshake_shows_the_server() {
    const SERVERS: u16 = 4000;
    let service = accurate().orientation(Orientation::Service);
    let sources = |capture: &NamedTempFile, builder: &StreamerBuilder| {
        let sources: Vec<_> = flows(capture, builder).into_iter().map(|flow| flow.0).collect();
        assert_eq!(sources_packet_by_packet(capture, builder), sources);
        sources
    };
    // For each server: a flow that it goes on with, a handshake, and two more flows that go on, one from either side.
    let packets = |server: u16| {
        let server = (2, 20_000 + server);
        [
            segment(ACK, server, (1, 61_001)),
            segment(SYN, (1, 61_002), server),
            segment(SYN_ACK, server, (1, 61_002)),
            segment(ACK, server, (1, 61_003)),
            segment(ACK, (1, 61_004), server),
        ]
    };
    let whole = capture((0..SERVERS).flat_map(packets).map(|frame| (0, frame)));
    // By the ports alone.
    let alone = |number: usize| capture((0..SERVERS).map(|server| (0, packets(server)[number].clone())));
    let before = sources(&alone(0), &service);
    assert!(before.iter().filter(|port| **port == 61_001).count() < 200);
    let after = sources(&alone(3), &service);
    assert!(after.iter().filter(|port| **port == 61_003).count() < 200);
    let expected: Vec<u16> = before.iter().flat_map(|port| [*port, 61_002, 61_003, 61_004]).collect();
    assert_eq!(sources(&whole, &service), expected);
    let by_handshake: Vec<u16> =
        (0..SERVERS).flat_map(|server| [20_000 + server, 61_002, 20_000 + server, 61_004]).collect();
    assert_eq!(sources(&whole, &accurate()), by_handshake);
}

#[test]
fn what_a_handshake_showed_says_more_than_ports() {
    let service = accurate().orientation(Orientation::Service);
    let (server, known_port) = ((2, 47_777), (1, 443));
    let sources = |packets: &[Vec<u8>]| {
        let capture = capture(packets.iter().map(|frame| (0, frame.clone())));
        flows(&capture, &service).iter().map(|flow| flow.0).collect::<Vec<_>>()
    };
    let shown = segment(SYN_ACK, server, (1, 61_000));
    assert_eq!(sources(&[shown.clone(), segment(ACK, server, known_port)]), [61_000, 443]);
    assert_eq!(sources(&[shown.clone(), segment(ACK, known_port, server)]), [61_000, 443]);
    assert_eq!(sources(&[segment(ACK, known_port, server), shown.clone()]), [47_777, 61_000]);
    // Neither another host at the port, nor a reset, nor two servers.
    assert_eq!(sources(&[shown.clone(), segment(ACK, (3, 47_777), (1, 61_001))]), [61_000, 47_777]);
    let refused = segment(SYN_ACK | RST, server, (1, 61_000));
    assert_eq!(sources(&[refused, segment(ACK, server, (1, 61_001))]), [61_000, 47_777]);
    let other = segment(SYN_ACK, (3, 47_777), (1, 61_001));
    assert_eq!(sources(&[shown.clone(), other, segment(ACK, server, (3, 47_777))]), [61_000, 61_001, 47_777]);
    // Ports of known services say more than low ports.
    assert_eq!(sources(&[segment(ACK, (1, 102), (2, 49_154))]), [49_154]);
    assert_eq!(sources(&[segment(ACK, (1, 2049), (2, 800))]), [800]);
    assert_eq!(
        sources(&[segment(ACK, (1, 2049), (2, 44_800)), segment(ACK, (1, 800), (2, 700))]),
        [44_800, 800]
    );
    // A server may be a client: the handshake of a flow comes first.
    let asks = [shown, segment(SYN, server, (4, 30_000)), segment(ACK, (4, 30_000), server)];
    assert_eq!(sources(&asks), [61_000, 47_777]);
}

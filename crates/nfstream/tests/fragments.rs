//! IP fragments: captures cut into fragments have the flows of the captures as they are.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the frames of these tests are other ones")]
mod synthetic;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nfstream::{Event, Notice, Orientation, Profile, Report, Streamer, StreamerBuilder};
use synthetic::{header, record};
use tempfile::NamedTempFile;

/// A generator of random numbers (xorshift), the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn shuffle<T>(&mut self, things: &mut [T]) {
        (1..things.len()).for_each(|at| things.swap(at, self.below(at + 1)));
    }
}

/// How packets are cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// Bytes of data in a fragment.
    size: usize,
    is_shuffled: bool,
    is_doubled: bool,
}

/// The records of a classic pcap file of Ethernet frames with little-endian headers: time in microseconds and frame;
/// `None` for other files, and for captures that are cut short.
fn frames(path: &Path) -> Option<Vec<(u64, Vec<u8>)>> {
    let bytes = fs::read(path).unwrap();
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let unit = match word(0)? {
        0xa1b2_c3d4 => 1,
        0xa1b2_3c4d => 1000,
        _ => return None,
    };
    if word(20)? != 1 {
        return None;
    }
    let (mut at, mut frames) = (24, Vec::new());
    while at < bytes.len() {
        let (captured, on_wire) = (word(at + 8)? as usize, word(at + 12)? as usize);
        if captured < on_wire {
            return None;
        }
        let time = u64::from(word(at)?) * 1_000_000 + u64::from(word(at + 4)? / unit);
        frames.push((time, bytes.get(at + 16..at + 16 + captured)?.to_vec()));
        at += 16 + captured;
    }
    Some(frames)
}

/// Cuts the packet of a frame into fragments. A frame without an IP packet that can be cut stays as it is.
fn fragments(frame: &[u8], identification: u32, size: usize) -> Vec<Vec<u8>> {
    fragments_of_v4(frame, identification, size)
        .or_else(|| fragments_of_v6(frame, identification, size))
        .unwrap_or_else(|| vec![frame.to_vec()])
}

fn fragments_of_v4(frame: &[u8], identification: u32, size: usize) -> Option<Vec<Vec<u8>>> {
    let packet = frame.get(14..)?;
    let (header_len, total) =
        (usize::from(packet.first()? & 15) * 4, usize::from(packet[2]) << 8 | usize::from(packet[3]));
    let is_whole = frame[12..14] == [8, 0] && packet[0] >> 4 == 4 && (packet[6] & 0x3f, packet[7]) == (0, 0);
    let data = packet.get(header_len..total)?;
    if !is_whole || header_len < 20 || data.len() <= size {
        return None;
    }
    let pieces = data.chunks(size).enumerate().map(|(number, piece)| {
        let mut fragment = [&frame[..14 + header_len], piece].concat();
        let offset = (number * size / 8) as u16 | if (number + 1) * size < data.len() { 0x2000 } else { 0 };
        fragment[16..18].copy_from_slice(&((header_len + piece.len()) as u16).to_be_bytes());
        fragment[18..20].copy_from_slice(&(identification as u16).to_be_bytes());
        fragment[20..22].copy_from_slice(&offset.to_be_bytes());
        fragment
    });
    Some(pieces.collect())
}

fn fragments_of_v6(frame: &[u8], identification: u32, size: usize) -> Option<Vec<Vec<u8>>> {
    let packet = frame.get(14..)?;
    let next = *packet.get(6)?;
    let payload = usize::from(packet[4]) << 8 | usize::from(packet[5]);
    let data = packet.get(40..40 + payload)?;
    if frame[12..14] != [0x86, 0xdd] || !matches!(next, 6 | 17 | 58) || data.len() <= size {
        return None;
    }
    let pieces = data.chunks(size).enumerate().map(|(number, piece)| {
        let has_more = u16::from((number + 1) * size < data.len());
        let mut fragment = frame[..54].to_vec();
        fragment[18..20].copy_from_slice(&((8 + piece.len()) as u16).to_be_bytes());
        fragment[20] = 44;
        fragment.extend([next, 0]);
        fragment.extend(((number * size) as u16 | has_more).to_be_bytes());
        fragment.extend(identification.to_be_bytes());
        fragment.extend(piece);
        fragment
    });
    Some(pieces.collect())
}

/// Writes a capture whose packets are cut into fragments.
fn cut_capture(frames: &[(u64, Vec<u8>)], cut: Cut) -> NamedTempFile {
    let mut random = Random(cut.size as u64 * 7919 + 1);
    let mut bytes = header();
    for (number, (time, frame)) in frames.iter().enumerate() {
        let mut fragments = fragments(frame, number as u32, cut.size);
        if fragments.len() > 1 && cut.is_doubled {
            fragments = fragments.iter().flat_map(|fragment| [fragment.clone(), fragment.clone()]).collect();
        }
        if cut.is_shuffled {
            random.shuffle(&mut fragments);
        }
        fragments.iter().for_each(|fragment| bytes.extend(record(*time, fragment)));
    }
    write(&bytes)
}

fn write(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::with_suffix(".pcap").unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn streamer(source: &Path, profile: Profile, n_meters: usize) -> StreamerBuilder {
    let builder = Streamer::builder().source(source).n_meters(n_meters).profile(profile);
    // Every fragment is a packet, and without `mark_guesses` their number matters.
    builder.fragments(true).mark_guesses(true).l7_metadata(true)
}

/// The columns that do not depend on how packets are cut.
const ALIKE: &[&str] = &[
    "src_ip",
    "src_port",
    "dst_ip",
    "dst_port",
    "protocol",
    "ip_version",
    "vlan_id",
    "tunnel_id",
    "bidirectional_first_seen_ms",
    "bidirectional_last_seen_ms",
    "application_name",
    "application_category_name",
    "application_is_guessed",
    "application_confidence",
    "requested_server_name",
    "client_fingerprint",
    "server_fingerprint",
    "user_agent",
    "content_type",
    "l7",
];

/// Of each record the columns that are alike, and the number of packets.
fn records(builder: StreamerBuilder) -> (Vec<(Vec<String>, u64)>, Report) {
    let streamer = builder.build().unwrap();
    let schema = streamer.schema();
    let mut records = streamer.records().unwrap();
    let column = |record: &nfstream::Record, name: &str| {
        record.values().nth(schema.index_of(name).unwrap()).unwrap().to_string()
    };
    let of = |record: nfstream::Record| {
        let alike = ALIKE.iter().map(|name| column(&record, name)).collect();
        (alike, column(&record, "bidirectional_packets").parse().unwrap())
    };
    let all = records.by_ref().map(|record| of(record.unwrap())).collect();
    (all, records.report())
}

fn testdata() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    let mut captures: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    captures.retain(|path| path.extension().is_some_and(|extension| extension == "pcap"));
    captures.sort();
    captures
}

/// Compares a capture with itself cut into fragments. Returns the number of datagrams that were put together.
fn compare(path: &Path, profile: Profile, cuts: &[Cut], meters: &[usize]) -> u64 {
    let Some(frames) = frames(path) else { return 0 };
    let (whole, _) = records(streamer(path, profile, 1));
    let mut reassembled = 0;
    for cut in cuts {
        let file = cut_capture(&frames, *cut);
        let mut first = None;
        for &n_meters in meters {
            let (cut_up, report) = records(streamer(file.path(), profile, n_meters));
            let context = format!("{} {cut:?} {n_meters} meters", path.display());
            for ((cut_up, _), (whole, _)) in cut_up.iter().zip(&whole) {
                assert_eq!(cut_up, whole, "{context}");
            }
            assert_eq!(cut_up.len(), whole.len(), "{context}");
            let packets: u64 = cut_up.iter().map(|(_, packets)| packets).sum();
            assert_eq!(packets, report.packets - report.ignored(), "{context}");
            assert_eq!(first.get_or_insert(cut_up.clone()), &cut_up, "{context}");
            reassembled += notice(&report, Notice::Reassembled);
        }
    }
    reassembled
}

fn notice(report: &Report, notice: Notice) -> u64 {
    report.noticed().find(|(other, _)| *other == notice).map_or(0, |(_, count)| count)
}

#[test]
fn captures_in_fragments_have_the_flows_and_labels_of_the_captures() {
    let cuts = [
        Cut { size: 8, is_shuffled: false, is_doubled: false },
        Cut { size: 24, is_shuffled: true, is_doubled: false },
        Cut { size: 400, is_shuffled: true, is_doubled: true },
        Cut { size: 1400, is_shuffled: false, is_doubled: true },
    ];
    let accurate = |path: &PathBuf| compare(path, Profile::Accurate, &cuts, &[1, 2, 3, 8]);
    let reassembled: u64 = testdata().iter().map(accurate).sum();
    assert!(reassembled > 10_000, "{reassembled}");
    // By nfstream's rules a datagram whose tunnel carries no IP packet does not count. In fragments it does.
    let has_others = |path: &&PathBuf| path.ends_with("tzsp.pcap") || path.ends_with("capwap.pcap");
    let nfstream = |path: &PathBuf| compare(path, Profile::Nfstream, &cuts[..2], &[2]);
    let reassembled: u64 = testdata().iter().filter(|path| !has_others(path)).map(nfstream).sum();
    assert!(reassembled > 1000, "{reassembled}");
}

#[test]
fn the_corpus_in_fragments_has_the_flows_and_labels_of_the_corpus() {
    let Some(corpus) = nfstream_skip::corpus() else { return };
    let mut captures: Vec<_> =
        fs::read_dir(corpus.join("pcap")).unwrap().map(|entry| entry.unwrap().path()).collect();
    captures.retain(|path| fs::metadata(path).unwrap().len() < 300_000);
    captures.sort();
    let sizes = [8, 16, 56, 248, 800, 1400];
    let reassembled: u64 = captures
        .iter()
        .enumerate()
        .map(|(number, path)| {
            let size = sizes[number % sizes.len()];
            let cut = Cut { size, is_shuffled: number % 2 == 0, is_doubled: number % 3 == 0 };
            compare(path, Profile::Accurate, &[cut], &[1, 3])
        })
        .sum();
    assert!(reassembled > 10_000, "{reassembled}");
}

/// A frame with a UDP datagram between two hosts, in IPv4 or IPv6.
fn datagram(hosts: (u8, u8), ports: (u16, u16), payload: &[u8], is_v6: bool) -> Vec<u8> {
    let size = 8 + payload.len() as u16;
    let mut udp = [ports.0, ports.1, size, 0].map(u16::to_be_bytes).concat();
    udp.extend(payload);
    let ethertype = if is_v6 { [0x86, 0xdd] } else { [8, 0] };
    let mut frame = [&[2, 0, 0, 0, 0, hosts.1, 2, 0, 0, 0, 0, hosts.0][..], &ethertype].concat();
    if is_v6 {
        frame.extend([0x60, 0, 0, 0]);
        frame.extend(size.to_be_bytes());
        frame.extend([17, 64]);
        for host in [hosts.0, hosts.1] {
            frame.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
        }
    } else {
        frame.extend([0x45, 0]);
        frame.extend((20 + size).to_be_bytes());
        frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, hosts.0, 10, 0, 0, hosts.1]);
    }
    [frame, udp].concat()
}

/// A DNS query for `example.org` with options that make it longer.
fn query() -> Vec<u8> {
    let mut query = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 7];
    query.extend(b"example\x03org\0\0\x01\0\x01\0\0\x29\x04\xd0\0\0\0\0\0\x80\0\x0c\0\x7c");
    query.extend([0; 124]);
    query
}

/// The flows of frames a millisecond apart: ports, packets, bytes and application; and the report.
fn flows(frames: &[Vec<u8>], n_meters: usize) -> (Vec<String>, Report) {
    let records: Vec<u8> =
        frames.iter().enumerate().flat_map(|(number, frame)| record(number as u64 * 1000, frame)).collect();
    let file = write(&[header(), records].concat());
    let streamer = streamer(file.path(), Profile::Accurate, n_meters).build().unwrap();
    let streamer = streamer
        .selected([
            "src_port",
            "dst_port",
            "bidirectional_packets",
            "bidirectional_bytes",
            "requested_server_name",
        ])
        .unwrap();
    let mut records = streamer.records().unwrap();
    let line = |record: nfstream::Record| {
        record.values().map(|value| value.to_string()).collect::<Vec<_>>().join(" ").trim().to_owned()
    };
    let flows = records.by_ref().map(|record| line(record.unwrap())).collect();
    (flows, records.report())
}

/// What a report notices about fragments.
fn noticed(report: &Report) -> BTreeMap<&'static str, u64> {
    report.noticed().map(|(notice, count)| (notice.name(), count)).collect()
}

#[test]
fn fragments_are_counted_whatever_comes_of_their_datagram() {
    for is_v6 in [false, true] {
        let whole = datagram((1, 2), (4000, 53), &query(), is_v6);
        let all = fragments(&whole, 9, 64);
        let [first, second, third] = &all[..] else { panic!("{}", all.len()) };
        let size = |frames: &[&Vec<u8>]| frames.iter().map(|frame| frame.len()).sum::<usize>();
        let of = |packets: usize, bytes: usize, name: &str| {
            format!("4000 53 {packets} {bytes} {name}").trim().to_owned()
        };
        let alone = |packets: usize, bytes: usize| format!("0 0 {packets} {bytes}");
        // What overlaps what came before, with other data.
        let mut other = second.clone();
        *other.last_mut().unwrap() ^= 1;
        for n_meters in [1, 3] {
            let check = |frames: &[&Vec<u8>], expected: &[String], notices: &[(&'static str, u64)]| {
                let frames: Vec<_> = frames.iter().map(|frame| (*frame).clone()).collect();
                let (flows, report) = flows(&frames, n_meters);
                assert_eq!(flows, expected);
                assert_eq!(noticed(&report), notices.iter().copied().collect());
            };
            let bytes = size(&[first, second, third]);
            check(
                &[third, first, second],
                &[of(3, bytes, "example.org")],
                &[("fragments", 3), ("reassembled", 1)],
            );
            check(
                &[first, second],
                &[of(2, size(&[first, second]), "example.org")],
                &[("fragments", 2), ("incomplete_datagrams", 1)],
            );
            check(
                &[second, third],
                &[alone(2, size(&[second, third]))],
                &[("fragments", 2), ("incomplete_datagrams", 1), ("fragments_without_first", 2)],
            );
            check(
                &[first, second, &other, third],
                &[of(4, bytes + size(&[&other]), "")],
                &[("fragments", 4), ("overlapping_fragments", 1)],
            );
        }
    }
}

#[test]
fn fragments_that_never_come_are_waited_for_half_a_minute() {
    let whole = datagram((1, 2), (4000, 53), &query(), false);
    let all = fragments(&whole, 9, 64);
    let mut bytes = header();
    bytes.extend(record(0, &all[0]));
    bytes.extend(record(0, &all[2]));
    // Another packet of the flow, just before the datagram is given up, or just after; then the rest.
    for (late_us, expected) in [(29_999_999, (4, 1)), (30_000_000, (3, 0))] {
        let mut bytes = bytes.clone();
        bytes.extend(record(late_us, &datagram((1, 2), (4000, 53), b"", false)));
        bytes.extend(record(late_us, &all[1]));
        let file = write(&bytes);
        let (records, report) = records(streamer(file.path(), Profile::Accurate, 2));
        let packets: Vec<u64> = records.iter().map(|(_, packets)| *packets).collect();
        assert_eq!((packets[0], notice(&report, Notice::Reassembled)), expected);
        assert_eq!(packets.iter().sum::<u64>(), 4);
        assert_eq!(records[0].0[14], "example.org");
    }
}

/// A reply of ICMP that comes before its request, and its last fragment first: who asked is the source.
#[test]
fn fragments_of_icmp_tell_the_direction_in_any_order() {
    let message = |kind: u8, (src, dst): (u8, u8)| {
        let mut frame = datagram((src, dst), (0, 0), &[7; 64], false);
        (frame[23], frame[34], frame[35]) = (1, kind, 0);
        fragments(&frame, kind.into(), 24)
    };
    let (reply, request) = (message(0, (2, 1)), message(8, (1, 2)));
    let frames: Vec<_> = reply.into_iter().rev().chain(request).collect();
    let (flows, _) = flows(&frames, 3);
    assert_eq!(flows.len(), 1);
    let mut bytes = header();
    frames.iter().for_each(|frame| bytes.extend(record(0, frame)));
    let (records, _) = records(streamer(write(&bytes).path(), Profile::Accurate, 2));
    assert_eq!((records[0].0[0].as_str(), records[0].1), ("10.0.0.1", frames.len() as u64));
}

/// A DNS answer in fragments that comes before its query: with `orientation=service`, who asked is the source.
#[test]
fn fragments_of_dns_tell_the_direction_in_any_order() {
    let mut answer = query();
    answer[2] |= 0x80;
    let answer = fragments(&datagram((2, 1), (5353, 40_001), &answer, true), 1, 24);
    let query = datagram((1, 2), (40_001, 5353), &query(), true);
    let orders = [answer.clone(), answer.into_iter().rev().collect()];
    for (order, n_meters) in orders.iter().flat_map(|order| [(order, 1), (order, 3)]) {
        let frames: Vec<_> = order.iter().chain([&query]).collect();
        let mut bytes = header();
        frames.iter().for_each(|frame| bytes.extend(record(0, frame)));
        let file = write(&bytes);
        let sources = |orientation| {
            let streamer = streamer(file.path(), Profile::Accurate, n_meters).orientation(orientation);
            let records = streamer.build().unwrap().records().unwrap();
            let source =
                |record: nfstream::Record| (record.flow().src_port, record.flow().bidirectional().packets);
            records.map(|record| source(record.unwrap())).collect::<Vec<_>>()
        };
        assert_eq!(sources(Orientation::Service), [(40_001, frames.len() as u64)]);
        assert_eq!(sources(Orientation::Handshake), [(5353, frames.len() as u64)]);
    }
}

/// A random run of fragments and whole packets with gaps of seconds and minutes: what never comes whole is given up at its time,
/// whichever meter has other packets then, and no packet counts twice.
#[test]
fn what_is_given_up_does_not_depend_on_meters() {
    let mut random = Random(11);
    for round in 0..20 {
        let (mut time_us, mut bytes, mut packets) = (0, header(), 0_u64);
        for _ in 0..60 {
            time_us += [0, 1000, 5_000_000, 31_000_000, 90_000_000, 200_000_000][random.below(6)];
            let hosts = (1 + random.below(3) as u8, 9);
            let whole = datagram(hosts, (4000, 53), &query(), random.below(2) == 0);
            let mut all = match random.below(3) {
                0 => vec![whole],
                _ => fragments(&whole, random.below(3) as u32, 64),
            };
            let mut frame = all.swap_remove(random.below(all.len()));
            if frame[12..14] == [0x86, 0xdd] && frame[20] == 44 {
                // Another protocol than that of the other fragments, or an atomic fragment around it.
                match random.below(4) {
                    0 => frame[54] = 58,
                    1 => {
                        frame.splice(54..54, [44, 0, 0, 0, 0, 0, 0, 7]);
                        let length = (frame.len() - 54) as u16;
                        frame[18..20].copy_from_slice(&length.to_be_bytes());
                    }
                    _ => {}
                }
            }
            bytes.extend(record(time_us, &frame));
            packets += 1;
        }
        let file = write(&bytes);
        let rows = |n_meters: usize, idle: u64| {
            let streamer = Streamer::builder().source(file.path()).n_meters(n_meters);
            let streamer = streamer.idle_timeout(Duration::from_secs(idle)).build().unwrap();
            let mut records = streamer.records().unwrap();
            let row = |record: nfstream::Record| {
                record.values().map(|value| value.to_string()).collect::<Vec<_>>().join(",")
            };
            records.by_ref().map(|record| row(record.unwrap())).collect::<Vec<_>>()
        };
        for idle in [0, 1, 10, 40, 120] {
            let expected = rows(1, idle);
            for n_meters in [2, 3, 8] {
                assert_eq!(rows(n_meters, idle), expected, "round {round}, {n_meters} meters, {idle} s");
            }
        }
        let (records, report) = records(streamer(file.path(), Profile::Accurate, 3));
        assert_eq!(records.iter().map(|(_, packets)| packets).sum::<u64>() + report.ignored(), packets);
    }
}

#[test]
fn runs_packet_by_packet_see_every_fragment_once() {
    let frames: Vec<_> = testdata().iter().filter_map(|path| frames(path)).flatten().collect();
    let mut frames: Vec<_> = frames.into_iter().filter(|(_, frame)| frame.len() < 3000).collect();
    frames.sort_by_key(|(time, _)| *time);
    frames.truncate(2000);
    let file = cut_capture(&frames, Cut { size: 56, is_shuffled: true, is_doubled: false });
    let (expected, report) = records(streamer(file.path(), Profile::Accurate, 3));
    for n_meters in [1, 3] {
        let streamer = streamer(file.path(), Profile::Accurate, n_meters).build().unwrap();
        let schema = streamer.schema();
        let mut packets = streamer.packets().unwrap();
        let (mut seen, mut ended) = (0, Vec::new());
        while packets.receive().unwrap() {
            while let Some(event) = packets.next() {
                match event {
                    Event::Packet(packet) => {
                        let kept = packet.keep();
                        assert_eq!(kept.with_ip_packet(<[u8]>::to_vec), packet.packet.ip_packet());
                        seen += 1;
                    }
                    Event::Ended { record, .. } => {
                        let value =
                            |name| record.values().nth(schema.index_of(name).unwrap()).unwrap().to_string();
                        let alike = ALIKE.iter().map(|name| value(name)).collect();
                        ended.push((alike, value("bidirectional_packets").parse().unwrap()));
                    }
                    _ => {}
                }
            }
        }
        assert_eq!(seen, report.packets - report.ignored(), "{n_meters}");
        assert!(seen > 5000, "{seen}");
        for (ended, expected) in ended.iter().zip(&expected) {
            assert_eq!(ended, expected, "{n_meters}");
        }
        assert_eq!(ended.len(), expected.len());
        assert_eq!(noticed(&packets.report()), noticed(&report), "{n_meters}");
    }
}

#[test]
fn cases_of_fragments() {
    let Some(corpus) = nfstream_skip::corpus() else { return };
    let case = |name: &str| {
        let path = corpus.join("../cases/flows").join(name);
        let (records, _) = records(streamer(&path, Profile::Accurate, 2));
        records
            .into_iter()
            .map(|(alike, packets)| {
                (alike[1].clone(), alike[3].clone(), packets, alike[10].clone(), alike[14].clone())
            })
            .collect::<Vec<_>>()
    };
    let of = |src_port: &str, dst_port: &str, packets: u64, name: &str, server: &str| {
        vec![(src_port.to_owned(), dst_port.to_owned(), packets, name.to_owned(), server.to_owned())]
    };
    assert_eq!(case("dns-answer-fragments.pcap"), of("3001", "53", 3, "DNS", "big.example.org"));
    let [(src_port, dst_port, packets, ..)] = &case("udp-fragments.pcap")[..] else { panic!("one flow") };
    assert_eq!((src_port.as_str(), dst_port.as_str(), *packets), ("3000", "9999", 3));
    let [(src_port, dst_port, packets, name, _)] = &case("sip-fragments-reversed.pcap")[..] else {
        panic!("one flow")
    };
    assert_eq!((src_port.as_str(), dst_port.as_str(), *packets, name.as_str()), ("5060", "5060", 2, "SIP"));
}

/// By nfstream's rules, fragments are recognised only after the `EtherType` of IPv4: what looks like one after another is a whole
/// packet, also when it comes as the time of a datagram is over.
#[test]
fn a_packet_that_is_no_fragment_is_none_at_any_time() {
    let lone = fragments(&datagram((1, 2), (4000, 53), &query(), false), 1, 24).swap_remove(1);
    let mut other = lone.clone();
    (other[12], other[29]) = (0xca, 9);
    let bytes = [header(), record(0, &lone), record(62_000_000, &other)].concat();
    let file = write(&bytes);
    for n_meters in [1, 2, 3, 8] {
        let (records, report) = records(streamer(file.path(), Profile::Nfstream, n_meters));
        assert_eq!((records.len(), notice(&report, Notice::Fragments)), (2, 1), "{n_meters} meters");
    }
}

//! What TCP and ICMP did, judged by tshark.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nfstream::{Record, Streamer, Value};

/// Columns of each direction, and the fields of tshark that they count.
const COUNTS: [(&str, &str); 8] = [
    ("retransmitted_packets", "tcp.analysis.retransmission"),
    ("fast_retransmitted_packets", "tcp.analysis.fast_retransmission"),
    ("spurious_retransmitted_packets", "tcp.analysis.spurious_retransmission"),
    ("out_of_order_packets", "tcp.analysis.out_of_order"),
    ("duplicate_ack_packets", "tcp.analysis.duplicate_ack"),
    ("keep_alive_packets", "tcp.analysis.keep_alive"),
    ("zero_window_packets", "tcp.analysis.zero_window"),
    ("window_full_packets", "tcp.analysis.window_full"),
];

/// Sender and receiver.
type Ends = [(String, String); 2];

/// Of each direction of each flow, how many packets have each field.
type Counted = BTreeMap<Ends, [u64; COUNTS.len()]>;

/// What tshark counts, and nothing if there is no tshark.
fn counted_by_tshark(capture: &Path) -> Option<Counted> {
    let ends = ["ip.src", "tcp.srcport", "ip.dst", "tcp.dstport"];
    let fields = ends.into_iter().chain(COUNTS.map(|(_, field)| field));
    let output = Command::new("tshark")
        .arg("-nr")
        .arg(capture)
        .args(["-Y", "tcp && ip", "-T", "fields"])
        .args(fields.flat_map(|field| ["-e", field]))
        .output()
        .ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut counted = Counted::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let fields: Vec<_> = line.split('\t').map(str::to_owned).collect();
        let [src, src_port, dst, dst_port] = fields[..4].to_vec().try_into().unwrap();
        let counts = counted.entry([(src, src_port), (dst, dst_port)]).or_default();
        for (count, field) in counts.iter_mut().zip(&fields[4..]) {
            *count += u64::from(!field.is_empty());
        }
    }
    Some(counted)
}

fn records(capture: &Path) -> Vec<Record> {
    let longest = Duration::from_secs(1_000_000);
    let builder = Streamer::builder().source(capture).idle_timeout(longest).active_timeout(longest);
    let streamer = builder.tcp_analysis(true).icmp_analysis(true).n_dissections(0).build().unwrap();
    streamer.records().unwrap().map(Result::unwrap).collect()
}

fn text(record: &Record, column: &str) -> String {
    record.get(column).unwrap().to_string()
}

/// What the engine counts.
fn counted(capture: &Path) -> Counted {
    let mut counted = Counted::new();
    for record in records(capture) {
        if text(&record, "protocol") != "6" || text(&record, "ip_version") != "4" {
            continue;
        }
        let [source, destination] = ["src", "dst"]
            .map(|end| (text(&record, &format!("{end}_ip")), text(&record, &format!("{end}_port"))));
        let ends = [("src2dst", [source.clone(), destination.clone()]), ("dst2src", [destination, source])];
        for (direction, ends) in ends {
            if text(&record, &format!("{direction}_packets")) == "0" {
                continue;
            }
            let counts = COUNTS.map(|(column, _)| match record.get(&format!("{direction}_{column}")) {
                Some(Value::Int(count)) => count.cast_unsigned(),
                other => panic!("{other:?}"),
            });
            counted.insert(ends, counts);
        }
    }
    counted
}

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

#[test]
fn tshark_counts_the_same_in_recordings() {
    for name in ["web.pcap", "streams.pcap", "files.pcap", "mail.pcap", "databases.pcap", "transfers.pcap"] {
        let Some(expected) = counted_by_tshark(&testdata(name)) else {
            return nfstream_skip::skip("there is no tshark: apt-get install tshark");
        };
        assert_eq!(counted(&testdata(name)), expected, "{name}");
    }
}

/// A connection as it is made up.
struct Side {
    next: u32,
    window: u16,
}

/// Makes up connections that lose, repeat and reorder segments.
struct Maker {
    random: u64,
    time_us: u64,
    bytes: Vec<u8>,
    sides: [Side; 2],
    port: u16,
}

const ACK: u8 = 0x10;
const SYN: u8 = 0x02;
const FIN: u8 = 0x01;

impl Maker {
    /// The next pseudo-random number (G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8, 2003).
    fn random(&mut self) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 32) as u32
    }

    fn below(&mut self, most: u32) -> u32 {
        self.random() % most
    }

    fn send(&mut self, from: usize, flags: u8, sequence: u32, length: u32) {
        let acknowledgment = if flags & ACK == 0 { 0 } else { self.sides[1 - from].next };
        self.send_with(from, flags, sequence, acknowledgment, length);
    }

    fn send_with(&mut self, from: usize, flags: u8, sequence: u32, acknowledgment: u32, length: u32) {
        let (hosts, ports) = ([1, 2], [self.port, 80]);
        let mut packet = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
        packet.extend(u16::try_from(40 + length).unwrap().to_be_bytes());
        packet.extend([0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, hosts[from], 10, 0, 0, hosts[1 - from]]);
        packet.extend(ports[from].to_be_bytes());
        packet.extend(ports[1 - from].to_be_bytes());
        packet.extend(sequence.to_be_bytes());
        packet.extend(acknowledgment.to_be_bytes());
        packet.extend([0x50, flags]);
        packet.extend(self.sides[from].window.to_be_bytes());
        packet.extend([0; 4]);
        packet.resize(54 + length as usize, 0);
        self.time_us += u64::from([20_u32, 100, 900, 7_000, 300_000][self.below(5) as usize]);
        let length = u32::try_from(packet.len()).unwrap();
        let seconds = u32::try_from(self.time_us / 1_000_000).unwrap();
        let fraction = u32::try_from(self.time_us % 1_000_000).unwrap();
        self.bytes.extend([seconds, fraction, length, length].iter().flat_map(|word| word.to_le_bytes()));
        self.bytes.extend(packet);
    }

    /// A connection on a port.
    fn connect(&mut self, port: u16) {
        self.port = port;
        self.sides = [0, 1].map(|_| Side { next: self.random(), window: 8000 });
        self.send(0, SYN, self.sides[0].next, 0);
        self.sides[0].next = self.sides[0].next.wrapping_add(1);
        self.send(1, SYN | ACK, self.sides[1].next, 0);
        self.sides[1].next = self.sides[1].next.wrapping_add(1);
        self.send(0, ACK, self.sides[0].next, 0);
        for _ in 0..self.below(60) {
            self.act();
        }
        for side in [0, 1] {
            self.send(side, ACK | FIN, self.sides[side].next, 0);
            self.sides[side].next = self.sides[side].next.wrapping_add(1);
        }
        self.send(0, ACK, self.sides[0].next, 0);
    }

    fn act(&mut self) {
        let from = self.below(2) as usize;
        let next = self.sides[from].next;
        let length = 100 + self.below(100);
        match self.below(11) {
            // New data.
            0..4 => {
                self.sides[from].next = next.wrapping_add(length);
                self.send(from, ACK, next, length);
            }
            // A segment is lost on the way, one after it comes, and perhaps the first at last.
            4 => {
                self.sides[from].next = next.wrapping_add(2 * length);
                let acknowledgment = self.sides[1 - from].next;
                self.send(from, ACK, next.wrapping_add(length), length);
                for _ in 0..self.below(4) {
                    self.send_with(1 - from, ACK, acknowledgment, next, 0);
                }
                if self.below(3) > 0 {
                    self.send(from, ACK, next, length);
                }
            }
            // The last bytes come again.
            5 => self.send(from, ACK, next.wrapping_sub(length), length),
            6 => self.send(from, ACK, next, 0),
            7 => self.send(from, ACK, next.wrapping_sub(1), from as u32),
            // A window closes, is probed, and opens.
            8 => {
                let window = self.sides[1 - from].window;
                self.sides[1 - from].window = 0;
                self.send(1 - from, ACK, self.sides[1 - from].next, 0);
                self.send(from, ACK, next, 1);
                self.sides[1 - from].window = window;
                self.send(1 - from, ACK, self.sides[1 - from].next, 0);
            }
            // A window is filled.
            9 => {
                self.sides[1 - from].window = u16::try_from(length).unwrap();
                self.send(1 - from, ACK, self.sides[1 - from].next, 0);
                self.sides[from].next = next.wrapping_add(length);
                self.send(from, ACK, next, length);
                self.sides[1 - from].window = 8000;
            }
            _ => self.sides[from].window = u16::try_from(1000 + self.below(3) * 100).unwrap(),
        }
    }
}

#[test]
fn tshark_counts_the_same_in_connections_that_are_made_up() {
    let header = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 0xffff, 1_u32];
    let mut maker = Maker {
        random: 1,
        time_us: 1_000_000,
        bytes: header.iter().flat_map(|word| word.to_le_bytes()).collect(),
        sides: [0, 1].map(|_| Side { next: 0, window: 0 }),
        port: 0,
    };
    (1000..1400).for_each(|port| maker.connect(port));
    let directory = tempfile::tempdir().unwrap();
    let capture = directory.path().join("connections.pcap");
    std::fs::write(&capture, &maker.bytes).unwrap();
    let Some(expected) = counted_by_tshark(&capture) else {
        return nfstream_skip::skip("there is no tshark: apt-get install tshark");
    };
    let found = counted(&capture);
    for (index, (column, _)) in COUNTS.iter().enumerate() {
        let seen: u64 = expected.values().map(|counts| counts[index]).sum();
        assert!(seen > 20, "{column}: {seen}");
    }
    assert_eq!(found.len(), expected.len());
    let other: Vec<_> =
        found.iter().filter_map(|(ends, counts)| Some((ends, counts, expected.get(ends)?))).collect();
    let other: Vec<_> = other.iter().filter(|(_, counts, expected)| counts != expected).take(3).collect();
    assert!(other.is_empty(), "{other:#?}");
}

/// A capture of ICMP and ICMPv6 messages: milliseconds, whether the first host sends it, and the message.
fn icmp_capture(messages: &[(u32, bool, Vec<u8>)]) -> tempfile::NamedTempFile {
    let header = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 0xffff, 1_u32];
    let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
    for (time_ms, is_first, message) in messages {
        let (from, to) = if *is_first { (1, 2) } else { (2, 1) };
        let mut packet = vec![2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0, 0x45, 0];
        packet.extend(u16::try_from(20 + message.len()).unwrap().to_be_bytes());
        packet.extend([0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, from, 10, 0, 0, to]);
        packet.extend(message);
        let length = u32::try_from(packet.len()).unwrap();
        let words = [1, time_ms * 1000, length, length];
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend(packet);
    }
    let capture = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(capture.path(), bytes).unwrap();
    capture
}

/// The columns of ICMP, in their order.
fn icmp_values(capture: &Path) -> Vec<Vec<String>> {
    let is_icmp = |name: &str| name.contains("icmp");
    let values = |record: &Record| {
        let columns = record.schema().columns().iter().zip(record.values());
        columns.filter(|(column, _)| is_icmp(&column.name)).map(|(_, value)| value.to_string()).collect()
    };
    records(capture).iter().map(values).collect()
}

#[test]
fn echoes_are_answered_by_identifier_and_sequence_number() {
    let echo = |kind, identifier, sequence| vec![kind, 0, 0, 0, 0, identifier, 0, sequence, 1, 2];
    let about = [
        0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x13, 0x88, 0, 53, 0, 8, 0, 0_u8,
    ];
    let capture = icmp_capture(&[
        (0, true, echo(8, 7, 1)),
        (2, false, echo(0, 7, 1)),
        (3, true, echo(8, 7, 2)),
        (4, true, echo(8, 9, 2)),
        (10, false, echo(0, 9, 2)),
        // Another reply to the first request, a reply to nothing, and one of the sender itself.
        (11, false, echo(0, 7, 1)),
        (12, false, echo(0, 5, 2)),
        (13, true, echo(0, 7, 2)),
        (14, false, [&[3, 3, 0, 0, 0, 0, 0, 0], &about[..]].concat()),
    ]);
    let values = "8 0 0 0 7 3 3 5 1 2.0 4.0 6.0 17 5000 53";
    assert_eq!(icmp_values(capture.path()), [values.split(' ').map(str::to_owned).collect::<Vec<_>>()]);

    // Messages that are cut short say nothing, and an error about nothing is about nothing.
    let capture = icmp_capture(&[(0, true, vec![8, 0, 0]), (1, true, vec![11, 1, 0, 0, 0, 0, 0, 0])]);
    let values = "11 1 -1 -1 -1 0 0 0 0 -1.0 -1.0 -1.0 -1 -1 -1";
    assert_eq!(icmp_values(capture.path()), [values.split(' ').map(str::to_owned).collect::<Vec<_>>()]);

    // A reply that was captured before its request has no round trip.
    let capture = icmp_capture(&[
        (0, false, echo(0, 7, 1)),
        (90, true, echo(8, 7, 1)),
        (200, false, echo(0, 7, 2)),
        (301, true, echo(8, 7, 2)),
    ]);
    let values = "0 0 0 0 7 1 2 2 1 -1.0 -1.0 -1.0 -1 -1 -1";
    assert_eq!(icmp_values(capture.path())[0].join(" "), values);

    let recorded = icmp_values(&testdata("ping.pcap"));
    let expected = [
        "8 0 0 0 10751 1 3 3 0 0.022 0.02733333333333333 0.032 -1 -1 -1",
        "128 0 129 0 10755 1 3 3 0 0.027 0.029666666666666668 0.032 -1 -1 -1",
    ];
    assert_eq!(recorded.iter().map(|values| values.join(" ")).collect::<Vec<_>>(), expected);
}

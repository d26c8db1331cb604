//! Payloads that are nothing: random, compressed, framed, encoded. What a dissector sees in them it would see anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::SocketAddr;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use nfstream_dpi::{Endpoints, Engine, Inspection, Label, Lesson, Memory, Packet, Progress, Rules, Way};

/// A payload of about so many bytes.
type Make = fn(&mut Random, usize) -> Vec<u8>;

/// Each kind hides something else: no structure at all, a length that adds up, few characters, many zeros.
const KINDS: [(&str, Make); 9] = [
    ("random", Random::bytes),
    ("deflate", deflated),
    ("length of two bytes in front", |random, length| framed(random, length, 2, false)),
    ("length of two bytes in front, low one first", |random, length| framed(random, length, 2, true)),
    ("length of four bytes in front", |random, length| framed(random, length, 4, false)),
    ("length of four bytes in front, low one first", |random, length| framed(random, length, 4, true)),
    ("letters and digits", encoded),
    ("small numbers of four bytes", numbered),
    ("many zeros", sparse),
];

/// Pseudo-random numbers (xorshift64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 32) as usize) % end
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| (self.next() >> 56) as u8).collect()
    }
}

fn deflated(random: &mut Random, length: usize) -> Vec<u8> {
    let words = ["flow", "packet", "record", "engine", "payload", "column", "value", "\n", " ", "0", "17"];
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    for _ in 0..length {
        let word = words[random.below(words.len())];
        encoder.write_all(word.as_bytes()).expect("a vector takes everything");
    }
    let mut compressed = encoder.finish().expect("a vector takes everything");
    compressed.truncate(length.max(1));
    compressed
}

fn framed(random: &mut Random, length: usize, width: usize, low_first: bool) -> Vec<u8> {
    let counted = if random.below(2) == 0 { length + width } else { length };
    let mut front = (counted as u32).to_be_bytes()[4 - width..].to_vec();
    if low_first {
        front.reverse();
    }
    [front, random.bytes(length)].concat()
}

fn encoded(random: &mut Random, length: usize) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..length).map(|_| digits[random.below(64)]).collect()
}

fn numbered(random: &mut Random, length: usize) -> Vec<u8> {
    let low_first = random.below(2) == 0;
    let number = |random: &mut Random| {
        let number = random.below(0x200) as u32;
        if low_first { number.to_le_bytes() } else { number.to_be_bytes() }
    };
    let mut numbers: Vec<u8> = (0..4).flat_map(|_| number(random)).collect();
    numbers.extend(random.bytes(length));
    numbers
}

fn sparse(random: &mut Random, length: usize) -> Vec<u8> {
    (0..length).map(|_| if random.below(2) == 0 { 0 } else { (random.next() >> 56) as u8 }).collect()
}

/// Shows a flow of a few payloads to the engine: what it says by inspection, if anything.
fn verdict(engine: &Engine, protocol: u8, port: u16, payloads: &[(bool, Vec<u8>)]) -> Option<String> {
    let client = SocketAddr::from(([198, 51, 100, 1], 40001));
    let server = SocketAddr::from(([192, 0, 2, 2], port));
    let (mut inspection, mut lessons) = (Inspection::default(), Vec::<Lesson>::new());
    let mut sequences = [1_u32, 1];
    for (position, (from_source, payload)) in payloads.iter().enumerate() {
        let (src, dst) = if *from_source { (client, server) } else { (server, client) };
        let sequence = &mut sequences[usize::from(!from_source)];
        let packet = Packet {
            protocol,
            src,
            dst,
            from_source: *from_source,
            sequence: *sequence,
            syn: false,
            payload,
            payload_size: payload.len(),
            position: position as u64,
        };
        *sequence += payload.len() as u32;
        if engine.inspect(&mut inspection, &packet, &mut lessons) == Progress::Done {
            break;
        }
    }
    let endpoints = Endpoints { protocol, src: client, dst: server };
    let classification = engine.finish(&mut inspection, &endpoints, &Memory::default());
    let is_known = classification.protocol.is_known() || classification.application.is_known();
    (is_known && !classification.is_guessed).then(|| engine.name(&classification).into_owned())
}

/// Labels seen, with kind, transport and ports, and how often.
type Seen = BTreeMap<(String, &'static str, u8), (u32, Vec<u16>)>;

fn look(seed: u64, ports: &[u16], flows_of_each: usize) -> (Seen, u32) {
    let engine = Engine::new(Rules::builtin(), 255);
    let mut random = Random(seed);
    let (mut seen, mut flows) = (Seen::new(), 0);
    for port in ports {
        for (kind, make) in KINDS {
            for protocol in [6, 17] {
                for _ in 0..flows_of_each {
                    let payloads: Vec<_> = (0..4)
                        .map(|number| {
                            let most = if random.below(2) == 0 { 48 } else { 1400 };
                            let length = 1 + random.below(most);
                            (number % 2 == 0, make(&mut random, length))
                        })
                        .collect();
                    flows += 1;
                    if let Some(name) = verdict(&engine, protocol, *port, &payloads) {
                        let (count, on) = seen.entry((name, kind, protocol)).or_default();
                        *count += 1;
                        on.push(*port);
                    }
                }
            }
        }
    }
    (seen, flows)
}

/// The usual ports of all protocols.
fn usual_ports() -> Vec<u16> {
    let engine = Engine::new(Rules::builtin(), 255);
    let expected = engine.catalogue().into_iter().flat_map(|known| known.ways).filter_map(|way| match way {
        Way::Payload { ports, .. } => Some(ports),
        _ => None,
    });
    let guessed = Label::all().filter_map(Label::entry).flat_map(|entry| [entry.udp_ports, entry.tcp_ports]);
    let ports: BTreeSet<u16> = expected.chain(guessed).flatten().copied().collect();
    ports.into_iter().collect()
}

fn report(seen: &Seen, flows: u32) -> String {
    let per_million = |count: &u32| f64::from(*count) * 1e6 / f64::from(flows);
    let line = |((name, kind, protocol), (count, ports)): (&(String, &str, u8), &(u32, Vec<u16>))| {
        let some: Vec<_> = ports.iter().take(4).collect();
        format!(
            "{:10.1} per million  {name} ({kind}, IP protocol {protocol}, ports {some:?})\n",
            per_million(count)
        )
    };
    seen.iter().map(line).collect()
}

/// Writes the table.
const COMMAND: &str = "cargo test -q -p nfstream-dpi --test false_positives -- --ignored --nocapture \\\n      | sed -n '/^-----$/,/^-----$/{//!p}' > bench/FALSE_POSITIVES.md";

/// Around what goes into the file.
const MARK: &str = "-----";

/// A line for each label, the most frequent first.
fn table(all: &Seen, of_all: u32, usual: &Seen, of_usual: u32) -> String {
    let mut labels = BTreeMap::<&str, ([u32; 2], BTreeSet<&str>)>::new();
    for (place, seen) in [all, usual].into_iter().enumerate() {
        for ((name, kind, _), (count, _)) in seen {
            let (counts, kinds) = labels.entry(name).or_default();
            counts[place] += count;
            kinds.insert(kind);
        }
    }
    let mut lines: Vec<_> = labels.into_iter().collect();
    lines.sort_by_key(|(_, (counts, _))| std::cmp::Reverse(*counts));
    let total = [all, usual].map(|seen| seen.values().map(|(count, _)| count).sum::<u32>());
    let line = |name: &str, [all, usual]: [u32; 2], kinds: &str| {
        let per_million = |count, flows| f64::from(count) * 1e6 / f64::from(flows);
        let (all, usual) = (per_million(all, of_all), per_million(usual, of_usual));
        let name = if kinds.is_empty() { format!("**{name}**") } else { name.into() };
        format!("| {name} | {all:.1} | {usual:.1} | {kinds} |\n")
    };
    let head = format!(
        "# False positives\n\n\
        Flows of four payloads that are nothing, and how many of a million are taken for something by inspection: over all ports\n\
        ({of_all} flows) and over the usual ports of all protocols alone ({of_usual} flows), where\n\
        a protocol is believed sooner. The kinds: {}.\n\n\
        Written by\n\n    {COMMAND}\n\n\
        which is an ignored test of `crates/dpi/tests/false_positives.rs`, and fails above 10 per million over all ports. The payloads are the same every time.\n\n\
        | label | all ports | usual ports | seen in |\n| --- | ---: | ---: | --- |\n",
        KINDS.map(|(kind, _)| kind).join("; "),
    );
    let lines = lines.iter().map(|(name, (counts, kinds))| {
        line(name, *counts, &kinds.iter().copied().collect::<Vec<_>>().join("; "))
    });
    head + &line("all", total, "") + &lines.collect::<String>()
}

#[test]
fn what_is_nothing_stays_unknown() {
    // On its own port a protocol is believed sooner.
    let (seen, flows) = look(0x9e37_79b9_7f4a_7c15, &usual_ports(), 4);
    let count: u32 = seen.values().map(|(count, _)| count).sum();
    assert!(count * 2000 <= flows, "{count} of {flows}\n{}", report(&seen, flows));
    let (seen, flows) = look(0x9e37_79b9_7f4a_7c15, &[40000; 100], 10);
    let count: u32 = seen.values().map(|(count, _)| count).sum();
    assert!(count * 5000 <= flows, "{count} of {flows}\n{}", report(&seen, flows));
}

/// What is printed between the marks is `bench/FALSE_POSITIVES.md`, which says how to write it.
#[test]
#[ignore = "takes minutes"]
fn how_often_on_any_port() {
    let ports: Vec<u16> = (1..=u16::MAX).collect();
    let (all, of_all) = look(0x2545_f491_4f6c_dd1d, &ports, 1);
    let (usual, of_usual) = look(0x9e37_79b9_7f4a_7c15, &usual_ports(), 150);
    println!("{MARK}\n{}\n{MARK}", table(&all, of_all, &usual, of_usual));
    let count: u32 = all.values().map(|(count, _)| count).sum();
    assert!(count * 100_000 <= of_all, "{count} of {of_all}\n{}", report(&all, of_all));
}

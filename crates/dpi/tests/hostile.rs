//! Recorded payloads, cut at every length and with bytes changed: no panic, and a verdict that stays.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{HashMap, HashSet};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use nfstream_capture::{Block, Captures, Input, Source};
use nfstream_decode::{LinkType, decode};
use nfstream_dpi::{Classification, Endpoints, Engine, Inspection, Lesson, Memory, Packet, Progress, Rules};

/// Packets of a flow that are looked at.
const PACKETS: usize = 12;

struct Flow {
    endpoints: Endpoints,
    packets: Vec<Recorded>,
}

#[derive(Clone)]
struct Recorded {
    from_source: bool,
    sequence: u32,
    syn: bool,
    payload: Vec<u8>,
}

/// Shows a flow to the engine; gives the verdict.
fn verdict(engine: &Engine, flow: &Flow) -> Classification {
    let (mut inspection, mut lessons) = (Inspection::default(), Vec::<Lesson>::new());
    let Endpoints { protocol, src, dst } = flow.endpoints;
    let mut settled: Option<Classification> = None;
    for (position, packet) in flow.packets.iter().enumerate() {
        let (src, dst) = if packet.from_source { (src, dst) } else { (dst, src) };
        let Recorded { from_source, sequence, syn, ref payload } = *packet;
        let (payload_size, position) = (payload.len(), position as u64);
        let shown =
            Packet { protocol, src, dst, from_source, sequence, syn, payload, payload_size, position };
        let progress = engine.inspect(&mut inspection, &shown, &mut lessons);
        if let Some(settled) = &settled {
            let now = engine.finish(&mut inspection, &flow.endpoints, &Memory::default());
            assert_eq!(now, *settled, "a second verdict on {:?}", flow.endpoints);
        } else if progress == Progress::Done {
            settled = Some(engine.finish(&mut inspection, &flow.endpoints, &Memory::default()));
        }
    }
    settled.unwrap_or_else(|| engine.finish(&mut inspection, &flow.endpoints, &Memory::default()))
}

fn engine() -> Engine {
    Engine::new(Rules::builtin(), 255).keep_fields(true)
}

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
    for flow in flows() {
        for packet in flow.packets.iter().filter(|packet| !packet.payload.is_empty()) {
            let beginning = packet.payload.get(..8).unwrap_or(&packet.payload).to_vec();
            if !seen.insert((flow.endpoints.protocol, flow.endpoints.dst.port().min(2048), beginning)) {
                continue;
            }
            for length in 0..packet.payload.len().min(600) {
                let cut = Recorded { payload: packet.payload[..length].to_vec(), ..packet.clone() };
                verdict(&engine, &Flow { endpoints: flow.endpoints, packets: vec![cut] });
            }
        }
    }
    assert!(seen.len() > 20, "{} payloads", seen.len());
}

#[test]
fn payloads_with_bytes_changed_are_stood() {
    let engine = engine();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for mut flow in flows() {
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

/// The flows of testdata, and of a corpus where there is one.
fn flows() -> impl Iterator<Item = Flow> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let beside = root.join("../shared/corpus");
    let corpus = std::env::var_os("NFSTREAM_CORPUS").map_or(beside, PathBuf::from).join("pcap");
    if !corpus.is_dir() {
        eprintln!("only testdata: there is no corpus at {}; NFSTREAM_CORPUS can name one", corpus.display());
    }
    let folders = [root.join("testdata"), corpus];
    let files = folders.into_iter().filter(|folder| folder.is_dir()).flat_map(|folder| {
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|e| e == "pcap" || e == "pcapng"));
        files.sort();
        files
    });
    files.flat_map(|path| flows_of(&path))
}

fn flows_of(path: &Path) -> Vec<Flow> {
    let (mut flows, mut places) = (Vec::<Flow>::new(), HashMap::new());
    let mut captures = Captures::open([Input::from(path)]).unwrap();
    let mut block = Block::default();
    while let Ok(true) = captures.fill(&mut block) {
        for frame in block.frames() {
            let Ok(headers) = decode(LinkType(frame.link_type), frame.bytes, true) else { continue };
            let end = |address: nfstream_decode::Address, port| {
                SocketAddr::new(address.to_ip(headers.ip_version), port)
            };
            let (src, dst) = (end(headers.src, headers.src_port), end(headers.dst, headers.dst_port));
            let protocol = headers.protocol;
            let place = *places.entry((protocol, src.min(dst), src.max(dst))).or_insert(flows.len());
            if place == flows.len() {
                flows.push(Flow { endpoints: Endpoints { protocol, src, dst }, packets: Vec::new() });
            }
            let flow = &mut flows[place];
            if flow.packets.len() == PACKETS {
                continue;
            }
            let payload = &frame.bytes[headers.payload_offset as usize..headers.payload_end as usize];
            let sequence =
                frame.bytes.get(headers.transport_offset as usize + 4..).and_then(<[u8]>::first_chunk);
            flow.packets.push(Recorded {
                from_source: flow.endpoints.src == src,
                sequence: sequence.map_or(0, |bytes| u32::from_be_bytes(*bytes)),
                syn: headers.tcp_flags & 0x02 != 0,
                payload: payload.to_vec(),
            });
        }
    }
    flows
}

//! The flows of recorded captures, and the verdicts on them.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use nfstream_capture::{Block, Captures, Input, Source};
use nfstream_decode::{LinkType, Reading, decode};
use nfstream_dpi::{
    Classification, Endpoints, Engine, Inspection, Lesson, Memory, Metadata, Packet, Progress, Rules,
};

#[derive(Clone)]
pub(crate) struct Flow {
    pub(crate) capture: String,
    pub(crate) endpoints: Endpoints,
    pub(crate) packets: Vec<Recorded>,
}

#[derive(Clone)]
pub(crate) struct Recorded {
    pub(crate) from_source: bool,
    pub(crate) sequence: u32,
    pub(crate) syn: bool,
    pub(crate) payload: Vec<u8>,
}

pub(crate) fn engine() -> Engine {
    Engine::new(Rules::builtin(), 255).keep_fields(true)
}

/// Shows a flow to the engine; gives the verdict.
pub(crate) fn verdict(engine: &Engine, flow: &Flow) -> Classification {
    shown(engine, flow).0
}

/// Shows a flow to the engine; gives the verdict, and the values that were read on the way.
pub(crate) fn shown(engine: &Engine, flow: &Flow) -> (Classification, Metadata) {
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
    let verdict =
        settled.unwrap_or_else(|| engine.finish(&mut inspection, &flow.endpoints, &Memory::default()));
    (verdict, inspection.take_metadata())
}

/// The flows of testdata, and of a corpus where there is one, with so many packets each at most.
pub(crate) fn flows(most: usize) -> impl Iterator<Item = Flow> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let corpus = nfstream_skip::corpus().map(|corpus| corpus.join("pcap"));
    let folders = [root.join("testdata")].into_iter().chain(corpus);
    let files = folders.flat_map(|folder| {
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|e| e == "pcap" || e == "pcapng"));
        files.sort();
        files
    });
    files.flat_map(move |path| flows_of(&path, most))
}

fn flows_of(path: &Path, most: usize) -> Vec<Flow> {
    let capture = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (mut flows, mut places) = (Vec::<Flow>::new(), HashMap::new());
    let mut captures = Captures::open([Input::from(path)]).unwrap();
    let mut block = Block::default();
    while let Ok(true) = captures.fill(&mut block) {
        for frame in block.frames() {
            let Ok(headers) = decode(LinkType(frame.link_type), frame.bytes, Reading::REFERENCE) else {
                continue;
            };
            let end = |address: nfstream_decode::Address, port| {
                SocketAddr::new(address.to_ip(headers.ip_version), port)
            };
            let (src, dst) = (end(headers.src, headers.src_port), end(headers.dst, headers.dst_port));
            let protocol = headers.protocol;
            let place = *places.entry((protocol, src.min(dst), src.max(dst))).or_insert(flows.len());
            if place == flows.len() {
                let endpoints = Endpoints { protocol, src, dst };
                flows.push(Flow { capture: capture.clone(), endpoints, packets: Vec::new() });
            }
            let flow = &mut flows[place];
            if flow.packets.len() == most {
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

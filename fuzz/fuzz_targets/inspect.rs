//! Payloads of one flow: no panic in any dissector, and a verdict that stays.
//!
//! The first byte chooses the transport, the next two the server's port. Then come payloads: one byte for the direction
//! (lowest bit) and whether a segment is lost before it (next bit), two for the length, the bytes.
#![no_main]

use std::net::SocketAddr;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nfstream_dpi::{Endpoints, Engine, Inspection, Memory, Packet, Progress, Rules};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(Rules::builtin(), 255).keep_fields(true));

fuzz_target!(|input: &[u8]| {
    let [transport, port @ .., _] = input else { return };
    let Some((port, mut rest)) = port.split_first_chunk() else { return };
    let protocol = if transport & 1 == 0 { 6 } else { 17 };
    let client = SocketAddr::from(([192, 0, 2, 1], 40001));
    let server = SocketAddr::from(([192, 0, 2, 2], u16::from_be_bytes(*port)));
    let endpoints = Endpoints { protocol, src: client, dst: server };

    let (mut inspection, mut lessons, mut sequences) = (Inspection::default(), Vec::new(), [1_u32, 1]);
    let mut settled = None;
    let mut position = 0;
    while let Some(([flags, high, low], payload)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(payload.len());
        let (payload, next) = payload.split_at(length);
        rest = next;
        let from_source = flags & 1 == 0;
        let sequence = &mut sequences[usize::from(!from_source)];
        *sequence = sequence.wrapping_add(u32::from(flags & 2) * 50);
        let (src, dst) = if from_source { (client, server) } else { (server, client) };
        let packet = Packet {
            protocol,
            src,
            dst,
            from_source,
            sequence: *sequence,
            syn: false,
            payload,
            payload_size: payload.len(),
            position,
        };
        *sequence = sequence.wrapping_add(payload.len() as u32);
        position += 1;
        let progress = ENGINE.inspect(&mut inspection, &packet, &mut lessons);
        if settled.is_some() || progress == Progress::Done {
            let now = ENGINE.finish(&mut inspection, &endpoints, &Memory::default());
            assert_eq!(&now, settled.get_or_insert_with(|| now.clone()), "a second verdict");
        }
    }
    ENGINE.finish(&mut inspection, &endpoints, &Memory::default());
});

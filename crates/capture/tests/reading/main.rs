//! Captures of every kind, whole and broken, from every kind of input.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compressed;
mod corpus;
mod damaged;
mod formats;
mod inputs;
mod split;
mod writer;

use std::io::{Cursor, Read};

use nfstream_capture::{Block, Captures, Damage, Error, Frame, Source};

/// A frame that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Packet {
    time_ns: u128,
    wire_len: u32,
    link_type: u16,
    bytes: Vec<u8>,
}

impl From<Frame<'_>> for Packet {
    fn from(frame: Frame<'_>) -> Self {
        let Frame { time, wire_len, link_type, bytes } = frame;
        Self { time_ns: time.nanoseconds(), wire_len, link_type, bytes: bytes.to_vec() }
    }
}

/// Everything that a source has.
fn drain(source: &mut impl Source) -> Vec<Packet> {
    let (mut block, mut packets) = (Block::default(), Vec::new());
    while source.fill(&mut block).unwrap() {
        assert!(!block.is_empty() && block.len() <= Block::MOST_FRAMES);
        packets.extend(block.frames().map(Packet::from));
    }
    assert!(block.is_empty());
    packets
}

/// The packets and damages of a capture called "test".
fn read(reader: impl Read + Send + 'static) -> Result<(Vec<Packet>, Vec<Damage>), Error> {
    let mut captures = Captures::from_reader("test", reader)?;
    let packets = drain(&mut captures);
    Ok((packets, captures.damages().to_vec()))
}

fn read_bytes(bytes: &[u8]) -> Result<(Vec<Packet>, Vec<Damage>), Error> {
    read(Cursor::new(bytes.to_vec()))
}

//! Any bytes as a capture file, in memory: no panic, an end, and no more frames than the bytes have room for.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use nfstream_capture::{Block, Captures, Source};

/// A frame costs at least the header of its record: 12 bytes of a pcapng simple packet block are the fewest.
const SMALLEST_RECORD: usize = 12;

/// Input that begins like a compressed file may hold any number of frames.
const COMPRESSED: [&[u8]; 3] = [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd], &[0xfd, b'7', b'z', b'X', b'Z']];

fuzz_target!(|input: &[u8]| {
    let Ok(mut captures) = Captures::from_reader("input", Cursor::new(input.to_vec())) else { return };
    let mut block = Block::default();
    let mut frames = 0;
    while let Ok(true) = captures.fill(&mut block) {
        assert!(!block.is_empty(), "a filled block holds a frame");
        frames += block.frames().len();
    }
    if !COMPRESSED.iter().any(|magic| input.starts_with(magic)) {
        assert!(frames <= input.len() / SMALLEST_RECORD, "{frames} frames in {} bytes", input.len());
    }
});

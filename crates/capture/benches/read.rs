//! What a packet costs from the page cache to a [`Frame`](nfstream_capture::Frame): `cargo bench -p nfstream-capture`.
//!
//! The throughput is in packets; 20 Mitem/s are 50 ns a packet. `NFSTREAM_BENCH_CAPTURE` names a capture of one's own
//! to be measured as well.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to handle")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use nfstream_capture::{Block, Captures, Input, Source};
use tempfile::TempDir;

const PACKETS: usize = 150_000;

/// Packet lengths as they come on a line that mostly carries downloads.
const LENGTHS: [u32; 6] = [66, 60, 128, 590, 1514, 1514];

fn main() {
    divan::main();
}

#[divan::bench]
fn pcap(bencher: Bencher) {
    measure(bencher, &written("pcap", pcap_file));
}

#[divan::bench]
fn pcapng(bencher: Bencher) {
    measure(bencher, &written("pcapng", pcapng_file));
}

#[divan::bench]
fn pcap_gzip(bencher: Bencher) {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    measure(bencher, &written("pcap.gz", || gzip(&pcap_file())));
}

#[divan::bench]
fn pcap_zstd(bencher: Bencher) {
    measure(bencher, &written("pcap.zst", || zstd::encode_all(&pcap_file()[..], 3).unwrap()));
}

#[divan::bench]
fn own_capture(bencher: Bencher) {
    let Some(path) = std::env::var_os("NFSTREAM_BENCH_CAPTURE") else { return };
    measure(bencher, Path::new(&path));
}

fn measure(bencher: Bencher, path: &Path) {
    let mut block = Block::default();
    let (frames, bytes) = read(path, &mut block);
    bencher
        .counter(ItemsCount::new(frames))
        .counter(BytesCount::new(bytes))
        .bench_local(|| read(divan::black_box(path), &mut block));
}

fn read(path: &Path, block: &mut Block) -> (usize, usize) {
    let mut captures = Captures::open([Input::from(path)]).unwrap();
    let (mut frames, mut bytes) = (0, 0);
    while captures.fill(block).unwrap() {
        frames += block.len();
        bytes += block.frames().map(|frame| frame.bytes.len()).sum::<usize>();
    }
    assert!(captures.damages().is_empty());
    (frames, bytes)
}

fn written(name: &str, content: impl FnOnce() -> Vec<u8>) -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let path = FOLDER.get_or_init(|| tempfile::tempdir().unwrap()).path().join(name);
    fs::write(&path, content()).unwrap();
    path
}

fn pcap_file() -> Vec<u8> {
    let mut file = Vec::new();
    words(&mut file, &[0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 262_144, 1]);
    for (number, length) in packets() {
        words(&mut file, &[1_700_000_000 + number / 1000, number % 1000 * 1000, length, length]);
        payload(&mut file, number, length);
    }
    file
}

fn pcapng_file() -> Vec<u8> {
    let mut file = Vec::new();
    words(&mut file, &[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28]);
    words(&mut file, &[1, 20, 1, 262_144, 20]);
    for (number, length) in packets() {
        let block = 32 + length.next_multiple_of(4);
        let ticks = 1_700_000_000_000_000 + u64::from(number) * 1000;
        words(&mut file, &[6, block, 0, (ticks >> 32) as u32, ticks as u32, length, length]);
        payload(&mut file, number, length.next_multiple_of(4));
        words(&mut file, &[block]);
    }
    file
}

fn packets() -> impl Iterator<Item = (u32, u32)> {
    LENGTHS.into_iter().cycle().take(PACKETS).enumerate().map(|(number, length)| (number as u32, length))
}

fn payload(file: &mut Vec<u8>, number: u32, length: u32) {
    file.extend((0..length).map(|position| (number.wrapping_mul(31) ^ ((position * position) >> 3)) as u8));
}

fn words(file: &mut Vec<u8>, words: &[u32]) {
    file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

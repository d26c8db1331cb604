//! Compressed captures.

use std::io::Write;

use flate2::write::GzEncoder;
use liblzma::write::XzEncoder;
use nfstream_capture::{Error, Reason};

use crate::read_bytes;
use crate::writer::{self, Written};

type Compress = fn(&[u8]) -> Vec<u8>;

/// The name, and a compressor to one member, frame or stream.
const COMPRESSORS: [(&str, Compress); 3] = [("gzip", gzip), ("zstd", zstd), ("xz", xz)];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A capture that takes zstd several blocks.
fn capture() -> Written {
    writer::many_packets(500)
}

#[test]
fn compressed_captures_are_read_as_plain_ones() {
    for written in writer::every_kind().into_iter().chain([capture()]) {
        for (name, compress) in COMPRESSORS {
            let result = read_bytes(&compress(&written.bytes)).unwrap();
            assert!(result == (written.packets.clone(), vec![]), "{} in {name}", written.name);
        }
    }
}

#[test]
fn members_frames_and_streams_follow_each_other() {
    let written = capture();
    for (name, compress) in COMPRESSORS {
        // An empty one, one that ends inside a record's header, and the rest.
        let (first, rest) = written.bytes.split_at(200_003);
        let mut bytes = [&[][..], first, rest].map(compress).concat();
        assert!(read_bytes(&bytes).unwrap() == (written.packets.clone(), vec![]), "{name}");

        bytes.extend(b"garbage");
        let (packets, damages) = read_bytes(&bytes).unwrap();
        assert!(packets == written.packets, "{name}");
        let [damage] = &damages[..] else { panic!("{name}: {damages:?}") };
        assert_eq!((damage.offset, damage.compressed), (written.bytes.len() as u64, true), "{name}");
        assert!(matches!(damage.reason, Reason::Decompression(_)), "{name}: {damage}");
    }
}

#[test]
fn skippable_frames_may_come_first() {
    let written = capture();
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4];
    let bytes = [&skippable[..], &zstd(&written.bytes)].concat();
    assert!(read_bytes(&bytes).unwrap() == (written.packets, vec![]));
}

/// Cut anywhere, what can be decompressed is read, and the cut is told.
#[test]
fn a_compressed_capture_that_is_cut_short_keeps_its_beginning() {
    let written = capture();
    for (name, compress) in COMPRESSORS {
        let bytes = compress(&written.bytes);
        let lengths = (1..12).map(|part| bytes.len() * part / 12).chain(bytes.len() - 9..bytes.len());
        let mut most = 0;
        for length in lengths {
            let (packets, damages) = read_bytes(&bytes[..length]).unwrap();
            assert!(written.packets.starts_with(&packets), "{name}, {length} bytes");
            let [damage] = &damages[..] else { panic!("{name}, {length} bytes: {damages:?}") };
            assert_eq!(damage.offset, written.boundaries[packets.len()].0 as u64, "{name}, {length} bytes");
            assert_eq!(damage.reason, Reason::Decompression("it ends too early".to_owned()), "{name}");
            assert!(packets.len() >= most, "{name}, {length} bytes");
            most = packets.len();
        }
        assert_eq!(most, written.packets.len(), "{name}");
    }
}

/// Broken anywhere, what was decompressed before is read; a wrong checksum at the very end costs nothing.
#[test]
fn a_compressed_capture_that_is_broken_keeps_its_beginning() {
    /// The most that a block of any of the formats takes; it is decompressed wholly or not at all.
    const BLOCK: usize = 128 << 10;
    let written = capture();
    for (name, compress) in COMPRESSORS {
        let bytes = compress(&written.bytes);
        for position in (1..12).map(|part| bytes.len() * part / 12).chain([bytes.len() - 1]) {
            let mut broken = bytes.clone();
            broken[position] ^= 0xff;
            let (packets, damages) = read_bytes(&broken).unwrap();
            assert_eq!(damages.len(), 1, "{name}, byte {position}");
            // The packets hardly compress, so a byte of the one file is no later in the other.
            let safe = written.boundaries.iter().rfind(|(end, _)| end + BLOCK <= position);
            let kept = if position + 1 == bytes.len() {
                written.packets.len()
            } else {
                safe.map_or(0, |(_, packets)| *packets)
            };
            assert!(packets[..kept] == written.packets[..kept], "{name}, byte {position}: {}", damages[0]);
        }
    }
}

#[test]
fn what_does_not_decompress_at_all_is_an_error() {
    for (name, compress) in COMPRESSORS {
        let bytes = compress(&capture().bytes);
        assert!(matches!(read_bytes(&bytes[..9]), Err(Error::Decompress { .. })), "{name}");
        assert!(matches!(read_bytes(&compress(b"")), Err(Error::Empty { .. })), "{name}");
        let other = read_bytes(&compress(b"no capture"));
        assert!(matches!(other, Err(Error::NotACapture { first, .. }) if first == b"no c"), "{name}");
    }
}

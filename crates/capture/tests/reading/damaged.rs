//! Broken captures: what is before the break is kept, and the break is told.

use std::io::{self, Cursor, Read};

use nfstream_capture::{Damage, Error, Reason};

use crate::writer::{self, MICROSECONDS, Pcap, Pcapng, Written, packet};
use crate::{Packet, read, read_bytes};

#[test]
fn a_capture_cut_anywhere_keeps_its_whole_records() {
    for written in writer::every_kind() {
        let header = if written.name.starts_with("pcapng") { 16 } else { 24 };
        for length in 0..written.bytes.len() {
            let result = read_bytes(&written.bytes[..length]);
            let context = format!("{}, {length} bytes", written.name);
            match (length, result) {
                (0, Err(Error::Empty { .. })) | (1..4, Err(Error::NotACapture { .. })) => {}
                (_, Err(Error::HeaderCutShort { length: told, .. })) if length < header => {
                    assert_eq!(told, length, "{context}");
                }
                (_, result) => {
                    assert!(length >= header, "{context}: {result:?}");
                    assert_eq!(result.unwrap(), cut(&written, length), "{context}");
                }
            }
        }
    }
}

/// What must be read from a capture's beginning.
fn cut(written: &Written, length: usize) -> (Vec<Packet>, Vec<Damage>) {
    let (boundary, packets) = *written.boundaries.iter().rfind(|(boundary, _)| *boundary <= length).unwrap();
    let damages = if boundary == length { vec![] } else { vec![damage(boundary, Reason::CutShort)] };
    (written.packets[..packets].to_vec(), damages)
}

fn damage(offset: usize, reason: Reason) -> Damage {
    Damage { input: "test".to_owned(), offset: offset as u64, compressed: false, reason }
}

#[test]
fn a_pcap_packet_longer_than_any_is_damage() {
    let mut file = Pcap::new("", true, MICROSECONDS);
    file.record(1, 2, 60, &[1; 60]);
    let Written { mut bytes, packets, boundaries, .. } = file.written;
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 2, 0, 4, 0, 1, 0, 0, 0, 60]);
    bytes.extend([0; 300_000]);
    let reason = Reason::PacketTooLong { length: 262_145, longest: 262_144 };
    assert_eq!(read_bytes(&bytes).unwrap(), (packets, vec![damage(boundaries[1].0, reason)]));
}

/// Words that stand where a pcapng block should, and what is wrong with them.
fn impossible_blocks() -> Vec<(Vec<u32>, Reason)> {
    use writer::{ENHANCED_PACKET, INTERFACE_DESCRIPTION, OBSOLETE_PACKET, SECTION_HEADER, SIMPLE_PACKET};
    let length = |block_type, length| Reason::BlockLength { block_type, length };
    let enhanced = |interface, captured| vec![ENHANCED_PACKET, 36, interface, 0, 0, captured, 60, 0, 36];
    vec![
        (vec![77, 0, 0], length(77, 0)),
        (vec![77, 8, 8], length(77, 8)),
        (vec![77, 14, 0, 14], length(77, 14)),
        (vec![77, 16, 0, 20], Reason::BlockLengthMismatch { length: 16, trailer: 20 }),
        (vec![ENHANCED_PACKET, 28, 0, 0, 0, 0, 28], length(ENHANCED_PACKET, 28)),
        (vec![OBSOLETE_PACKET, 28, 0, 0, 0, 0, 28], length(OBSOLETE_PACKET, 28)),
        (vec![SIMPLE_PACKET, 12, 12], length(SIMPLE_PACKET, 12)),
        (vec![INTERFACE_DESCRIPTION, 16, 1, 16], length(INTERFACE_DESCRIPTION, 16)),
        (vec![INTERFACE_DESCRIPTION, 2 << 20, 1, 0], length(INTERFACE_DESCRIPTION, 2 << 20)),
        (vec![SECTION_HEADER, 24, 0x1a2b_3c4d, 1, 0, 24], length(SECTION_HEADER, 24)),
        (vec![SECTION_HEADER, 2 << 20, 0x1a2b_3c4d], length(SECTION_HEADER, 2 << 20)),
        (
            vec![SECTION_HEADER, 28, 0x0102_0304, 1, 0, 0, 28],
            Reason::ByteOrderMagic { magic: 0x0102_0304u32.to_le_bytes() },
        ),
        (
            vec![SECTION_HEADER, 28, 0x1a2b_3c4d, 5 << 16 | 2, 0, 0, 28],
            Reason::SectionVersion { major: 2, minor: 5 },
        ),
        (enhanced(1, 4), Reason::UnknownInterface { interface: 1, described: 1 }),
        (enhanced(0, 5), Reason::PacketOutsideBlock { length: 5, room: 4 }),
        (enhanced(0, u32::MAX), Reason::PacketTooLong { length: u32::MAX, longest: 262_144 }),
        (vec![SIMPLE_PACKET, 20, 5, 0, 20], Reason::PacketOutsideBlock { length: 5, room: 4 }),
        (vec![INTERFACE_DESCRIPTION, 28, 1, 0, 1 << 16 | 9, 30, 28], Reason::TimeResolution { value: 30 }),
        (
            vec![INTERFACE_DESCRIPTION, 28, 1, 0, 9 << 16 | 2, 30, 28],
            Reason::InterfaceOption { code: 2, length: 9 },
        ),
    ]
}

#[test]
fn an_impossible_pcapng_block_is_damage() {
    for (words, reason) in impossible_blocks() {
        let mut file = Pcapng::new("", false);
        file.interface(1, 0, &[]).enhanced(0, 1, packet(1_000, 1, 21));
        let (offset, _) = *file.written.boundaries.last().unwrap();
        file.words(&words).enhanced(0, 2, packet(2_000, 1, 22));
        let first = file.written.packets[..1].to_vec();
        assert_eq!(read_bytes(&file.written.bytes).unwrap(), (first, vec![damage(offset, reason)]));
    }
}

#[test]
fn a_packet_needs_an_interface_of_its_own_section() {
    let mut file = Pcapng::new("", false);
    file.interface(1, 0, &[]).section(false).simple(packet(0, 1, 4));
    let (offset, _) = file.written.boundaries[3];
    let reason = Reason::UnknownInterface { interface: 0, described: 0 };
    assert_eq!(read_bytes(&file.written.bytes).unwrap(), (vec![], vec![damage(offset, reason)]));
}

#[test]
fn a_section_may_not_describe_interfaces_without_end() {
    let mut file = Pcapng::new("", false);
    for _ in 0..65_536 {
        file.interface(1, 0, &[]);
    }
    file.enhanced(65_535, 1, packet(1_000, 1, 5));
    let (offset, _) = *file.written.boundaries.last().unwrap();
    file.interface(1, 0, &[]);
    let reason = Reason::TooManyInterfaces { most: 65_536 };
    assert_eq!(
        read_bytes(&file.written.bytes).unwrap(),
        (file.written.packets, vec![damage(offset, reason)])
    );
}

#[test]
fn a_long_block_that_is_cut_short_is_told_where_it_begins() {
    let mut file = Pcapng::new("", false);
    file.interface(1, 0, &[]).enhanced(0, 1, packet(1_000, 1, 21));
    let (offset, _) = *file.written.boundaries.last().unwrap();
    file.block(10, &vec![0; 3 << 20]);
    let bytes = &file.written.bytes[..file.written.bytes.len() - 1];
    assert_eq!(read_bytes(bytes).unwrap(), (file.written.packets, vec![damage(offset, Reason::CutShort)]));
}

#[test]
fn a_read_error_keeps_what_was_read() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            const EIO: i32 = 5;
            Err(io::Error::from_raw_os_error(EIO))
        }
    }
    let written = &writer::every_kind()[0];
    let (offset, count) = written.boundaries[2];
    let (packets, damages) = read(Cursor::new(written.bytes[..offset + 3].to_vec()).chain(Broken)).unwrap();
    let reason = Reason::Read(io::Error::from_raw_os_error(5).to_string());
    assert_eq!((packets, damages), (written.packets[..count].to_vec(), vec![damage(offset, reason)]));
    assert!(matches!(read(Broken), Err(Error::Read { source, .. }) if source.raw_os_error() == Some(5)));
}

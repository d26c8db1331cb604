//! Whole captures.

use std::fs;

use nfstream_capture::{Block, Captures, Input};

use crate::writer::{self, MICROSECONDS, Pcap, Pcapng, packet};
use crate::{Packet, drain, read_bytes};

#[test]
fn every_kind_of_capture_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture");
    for written in writer::every_kind() {
        assert_eq!(
            read_bytes(&written.bytes).unwrap(),
            (written.packets.clone(), vec![]),
            "{}",
            written.name
        );
        fs::write(&path, &written.bytes).unwrap();
        let mut captures = Captures::open([Input::from(path.as_path())]).unwrap();
        assert_eq!(
            (drain(&mut captures), captures.damages()),
            (written.packets, &[][..]),
            "{}",
            written.name
        );
    }
}

#[test]
fn captures_larger_than_a_buffer_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture");
    let written = writer::many_packets(6_000);
    assert!(written.bytes.len() > 4 * Block::CAPACITY);
    fs::write(&path, &written.bytes).unwrap();
    assert!(drain(&mut Captures::open([Input::from(path.as_path())]).unwrap()) == written.packets);
    assert!(read_bytes(&written.bytes).unwrap() == (written.packets, vec![]));
}

#[test]
fn packets_may_be_as_long_as_libpcap_captures() {
    let mut file = Pcap::new("", false, MICROSECONDS);
    for time in 0..9 {
        file.record(time, 0, 262_144, &[time as u8; 262_144]);
    }
    assert!(read_bytes(&file.written.bytes).unwrap() == (file.written.packets, vec![]));
}

#[test]
fn longer_messages_of_local_buses_are_cut() {
    const USBPCAP: u16 = 249;
    let long = packet(1_000_000_000, USBPCAP, 3 << 20);
    let cut = Packet { bytes: long.bytes[..262_144].to_vec(), ..long.clone() };
    let short = packet(2_000_000_000, USBPCAP, 30);
    let expected = (vec![cut, short.clone()], vec![]);

    let mut pcap = Pcap::with("", false, MICROSECONDS, (2, 4), 0, USBPCAP.into());
    pcap.record(1, 0, long.wire_len, &long.bytes).record(2, 0, short.wire_len, &short.bytes);
    assert!(read_bytes(&pcap.written.bytes).unwrap() == expected);

    let mut pcapng = Pcapng::new("", false);
    pcapng.interface(USBPCAP, 0, &[]).enhanced(0, 1_000_000, long).enhanced(0, 2_000_000, short);
    assert!(read_bytes(&pcapng.written.bytes).unwrap() == expected);
}

#[test]
fn blocks_longer_than_a_buffer_are_passed_over() {
    let comment = vec![b'x'; 65_000];
    let comments = vec![(1, comment.as_slice()); 20];
    let mut file = Pcapng::new("", true);
    file.interface(1, 0, &[])
        .block(DECRYPTION_SECRETS, &vec![7; 5 << 20])
        .enhanced_with(0, 1, packet(1_000, 1, 100), &comments)
        .block(DECRYPTION_SECRETS, &vec![7; (1 << 20) - 12])
        .enhanced(0, 2, packet(2_000, 1, 101));
    assert!(read_bytes(&file.written.bytes).unwrap() == (file.written.packets, vec![]));
}

/// Decryption Secrets Block.
const DECRYPTION_SECRETS: u32 = 10;

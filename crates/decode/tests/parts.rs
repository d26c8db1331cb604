//! Parts of datagrams: what fragments say, and the headers of the whole.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use nfstream_decode::{Fragment, Headers, LinkType, Part, Reading, decode};

const READING: Reading = Reading { counts_fragments: true, ..Reading::SPECIFICATION };

/// An IPv4 packet with options, whose 16 bytes of data are the second part of a datagram.
const V4: [u8; 40] = [
    0x46, 0, 0, 40, 0x12, 0x34, 0x20, 3, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1, 1, 1, 1, 1, 2, 3, 4, 5,
    6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
];

/// An IPv6 packet with hop-by-hop options, whose 8 bytes of data are the last part of a datagram.
const V6: [u8; 64] = [
    0x60, 0, 0, 0, 0, 24, 0, 64, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xfd, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 2, 44, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0x10, 0x12, 0x34, 0x56, 0x78, 1, 2, 3, 4,
    5, 6, 7, 8,
];

fn part(packet: &[u8]) -> (Headers, Part) {
    let headers = decode(LinkType::RAW, packet, READING).unwrap();
    assert_eq!(headers.fragment, Fragment::Later);
    (headers, Part::of(&headers, packet).unwrap())
}

#[test]
fn parts_of_ipv4() {
    let (_, part) = part(&V4);
    assert_eq!((part.identification, part.offset, part.size, part.has_more), (0x1234, 24, 16, true));
    assert_eq!((part.protocol, part.end(), part.data(&V4)), (17, 40, &V4[24..]));
    let mut whole = part.headers(&V4).to_vec();
    assert!(part.make_whole(&mut whole, 40));
    let mut expected = V4[..24].to_vec();
    expected[3] = 64;
    expected[6..8].fill(0);
    // RFC 1071: the sum of all words is then all ones.
    let sum: u32 = whole.chunks(2).map(|word| u32::from(u16::from_be_bytes([word[0], word[1]]))).sum();
    assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
    expected[10..12].copy_from_slice(&whole[10..12]);
    assert_eq!(whole, expected);
    assert!(!part.make_whole(&mut whole, 65_536 - 24), "longer than a length field can tell");
}

#[test]
fn parts_of_ipv6() {
    let (_, part) = part(&V6);
    assert_eq!((part.identification, part.offset, part.size, part.has_more), (0x1234_5678, 16, 8, false));
    assert_eq!((part.protocol, part.end(), part.data(&V6)), (17, 24, &V6[56..]));
    let mut whole = part.headers(&V6).to_vec();
    assert!(part.make_whole(&mut whole, 24));
    let mut expected = V6[..48].to_vec();
    // The options and the data; the options announce what the fragment header did.
    (expected[5], expected[40]) = (8 + 24, 17);
    assert_eq!(whole, expected);
}

#[test]
fn parts_that_are_cut_off_anywhere_are_no_more_than_was_captured() {
    for packet in [&V4[..], &V6[..]] {
        let (headers, _) = part(packet);
        for captured in 0..packet.len() {
            let packet = &packet[..captured];
            if let Some(part) = Part::of(&headers, packet) {
                assert!(part.data(packet).len() <= captured && part.up_to_data(packet).len() <= captured);
                let mut whole = part.headers(packet).to_vec();
                let _ = part.make_whole(&mut whole, 100);
            }
        }
    }
}

//! Nanoseconds per frame, for the frames that captures are made of.
use divan::{Bencher, black_box, counter::ItemsCount};
use nfstream_decode::{LinkType, decode};

fn main() {
    divan::main();
}

/// Frames decoded per iteration, so that the timer's resolution does not matter.
const BATCH: usize = 1000;

const ETHERNET_IPV4: [u8; 14] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00];

fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(20 + payload.len()).expect("a small packet").to_be_bytes();
    let mut packet =
        vec![0x45, 0, total[0], total[1], 0, 1, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    packet.extend_from_slice(payload);
    packet
}

fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("a small packet").to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, len[0], len[1], next_header, 64];
    packet.extend_from_slice(&[0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend_from_slice(&[0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    packet.extend_from_slice(payload);
    packet
}

fn tcp() -> Vec<u8> {
    let mut segment = vec![0x04, 0xd2, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0];
    segment.extend_from_slice(&[0x17; 512]);
    segment
}

fn udp(destination_port: u16, payload: &[u8]) -> Vec<u8> {
    let port = destination_port.to_be_bytes();
    let len = u16::try_from(8 + payload.len()).expect("a small datagram").to_be_bytes();
    let mut datagram = vec![0x04, 0xd2, port[0], port[1], len[0], len[1], 0, 0];
    datagram.extend_from_slice(payload);
    datagram
}

fn ethernet(before_ip: &[u8], packet: &[u8]) -> Vec<u8> {
    [before_ip, packet].concat()
}

fn tagged(tags: &[u8], packet: &[u8]) -> Vec<u8> {
    [&ETHERNET_IPV4[..12], tags, packet].concat()
}

fn frame(name: &str) -> (LinkType, Vec<u8>) {
    let gtp_u = [&[0x30, 255, 0, 0, 0, 0, 0, 1], ipv4(6, &tcp()).as_slice()].concat();
    match name {
        "ethernet_ipv4_tcp" => (LinkType::ETHERNET, ethernet(&ETHERNET_IPV4, &ipv4(6, &tcp()))),
        "ethernet_ipv4_udp" => (LinkType::ETHERNET, ethernet(&ETHERNET_IPV4, &ipv4(17, &udp(53, &[0; 64])))),
        "ethernet_ipv6_tcp" => (LinkType::ETHERNET, tagged(&[0x86, 0xdd], &ipv6(6, &tcp()))),
        "vlan_ipv4_tcp" => (LinkType::ETHERNET, tagged(&[0x81, 0, 0, 5, 8, 0], &ipv4(6, &tcp()))),
        "mpls_ipv4_tcp" => (LinkType::ETHERNET, tagged(&[0x88, 0x47, 0, 1, 1, 64], &ipv4(6, &tcp()))),
        "gtp_u_ipv4_tcp" => (LinkType::ETHERNET, ethernet(&ETHERNET_IPV4, &ipv4(17, &udp(2152, &gtp_u)))),
        "raw_ipv4_tcp" => (LinkType::RAW, ipv4(6, &tcp())),
        "linux_cooked_ipv4_tcp" => (
            LinkType::LINUX_SLL,
            [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0], ipv4(6, &tcp()).as_slice()].concat(),
        ),
        "arp" => (LinkType::ETHERNET, tagged(&[0x08, 0x06], &[0; 46])),
        other => unreachable!("no frame is called {other}"),
    }
}

#[divan::bench(args = [
    "ethernet_ipv4_tcp",
    "ethernet_ipv4_udp",
    "ethernet_ipv6_tcp",
    "vlan_ipv4_tcp",
    "mpls_ipv4_tcp",
    "gtp_u_ipv4_tcp",
    "raw_ipv4_tcp",
    "linux_cooked_ipv4_tcp",
    "arp",
])]
fn decode_frame(bencher: Bencher, name: &str) {
    let (link, bytes) = frame(name);
    bencher.counter(ItemsCount::new(BATCH)).bench(|| {
        for _ in 0..BATCH {
            let _ = black_box(decode(black_box(link), black_box(&bytes), true));
        }
    });
}

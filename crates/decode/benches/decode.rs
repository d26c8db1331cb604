//! Nanoseconds per frame, for the frames that captures are made of.
#[path = "../tests/build/mod.rs"]
mod build;

use build::{ethernet, gtp_u, ipv4, ipv6, tcp, udp};
use divan::{Bencher, black_box, counter::ItemsCount};
use nfstream_decode::{LinkType, Reading, decode};

fn main() {
    divan::main();
}

/// Frames decoded per iteration, so that the timer's resolution does not matter.
const BATCH: usize = 1000;

fn frame(name: &str) -> (LinkType, Vec<u8>) {
    let segment = tcp(443, &[0x17; 512]);
    let tcp = ipv4(6, &segment);
    match name {
        "ethernet_ipv4_tcp" => (LinkType::ETHERNET, ethernet(0x0800, &tcp)),
        "ethernet_ipv4_udp" => (LinkType::ETHERNET, ethernet(0x0800, &ipv4(17, &udp(53, &[0; 64])))),
        "ethernet_ipv6_tcp" => (LinkType::ETHERNET, ethernet(0x86dd, &ipv6(6, &segment))),
        "vlan_ipv4_tcp" => (LinkType::ETHERNET, ethernet(0x8100, &[&[0, 5, 8, 0], &tcp[..]].concat())),
        "mpls_ipv4_tcp" => (LinkType::ETHERNET, ethernet(0x8847, &[&[0, 1, 1, 64], &tcp[..]].concat())),
        "gtp_u_ipv4_tcp" => (LinkType::ETHERNET, ethernet(0x0800, &ipv4(17, &udp(2152, &gtp_u(&tcp))))),
        "raw_ipv4_tcp" => (LinkType::RAW, tcp),
        "linux_cooked_ipv4_tcp" => (LinkType::LINUX_SLL, [&[0; 14][..], &[8, 0], &tcp].concat()),
        "arp" => (LinkType::ETHERNET, ethernet(0x0806, &[0; 46])),
        other => unreachable!("no frame is called {other}"),
    }
}

const FRAMES: [&str; 9] = [
    "ethernet_ipv4_tcp",
    "ethernet_ipv4_udp",
    "ethernet_ipv6_tcp",
    "vlan_ipv4_tcp",
    "mpls_ipv4_tcp",
    "gtp_u_ipv4_tcp",
    "raw_ipv4_tcp",
    "linux_cooked_ipv4_tcp",
    "arp",
];

#[divan::bench(args = FRAMES)]
fn decode_frame(bencher: Bencher, name: &str) {
    measure(bencher, name, Reading::SPECIFICATION);
}

#[divan::bench(args = FRAMES)]
fn decode_frame_as_reference(bencher: Bencher, name: &str) {
    measure(bencher, name, Reading::REFERENCE);
}

fn measure(bencher: Bencher, name: &str, reading: Reading) {
    let (link, bytes) = frame(name);
    bencher.counter(ItemsCount::new(BATCH)).bench(|| {
        for _ in 0..BATCH {
            let _ = black_box(&decode(black_box(link), black_box(&bytes), black_box(reading)));
        }
    });
}

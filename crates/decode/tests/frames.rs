//! Frames built by hand: every link type and encapsulation, every cut of them, and noise.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "build/mod.rs"]
mod build;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use build::{DST_MAC, SRC_MAC, SRC_PORT, ethernet, gtp_u, ipv4, ipv6, tcp, udp};
use nfstream_decode::{Fragment, Headers, Ignored, LinkType, MAX_HEADERS, Reading, Tunnel};
use proptest::prelude::*;

/// As nfstream 6.6.0 reads a frame of a capture file.
fn decode(link: LinkType, frame: &[u8], decode_tunnels: bool) -> Result<Headers, Ignored> {
    nfstream_decode::decode(link, frame, Reading::REFERENCE.with_tunnels(decode_tunnels))
}

/// The same for a frame of which only the first bytes were captured.
fn decode_cut(link: LinkType, frame: &[u8], decode_tunnels: bool) -> Result<Headers, Ignored> {
    let reading = Reading { is_cut: true, ..Reading::REFERENCE.with_tunnels(decode_tunnels) };
    nfstream_decode::decode(link, frame, reading)
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const UDP: u8 = 17;

const LINK_TYPES: [LinkType; 16] = [
    LinkType::NULL,
    LinkType::ETHERNET,
    LinkType::PPP,
    LinkType::DLT_RAW,
    LinkType::DLT_RAW_OPENBSD,
    LinkType::PPP_HDLC,
    LinkType::RAW,
    LinkType::C_HDLC,
    LinkType::IEEE802_11,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::IEEE802_11_RADIOTAP,
    LinkType::PPI,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::LINUX_SLL2,
];

/// "hello" by UDP to port 2000 over IPv4, the packet that the frames below carry.
fn hello() -> Vec<u8> {
    ipv4(UDP, &udp(2000, b"hello"))
}

/// The same over IPv6.
fn hello6() -> Vec<u8> {
    ipv6(UDP, &udp(2000, b"hello"))
}

/// What is to be found when [`hello`] lies at `ip_offset`, on a link without MAC addresses.
fn found(ip_offset: u32) -> Headers {
    Headers {
        src: Ipv4Addr::new(10, 0, 0, 1).into(),
        dst: Ipv4Addr::new(10, 0, 0, 2).into(),
        src_mac: [0; 6],
        dst_mac: [0; 6],
        src_port: SRC_PORT,
        dst_port: 2000,
        vlan_id: 0,
        ip_version: 4,
        protocol: UDP,
        tunnel: Tunnel::None,
        tunnel_depth: 0,
        fragment: Fragment::Whole,
        is_length_mended: false,
        carries_tunnel: false,
        tcp_flags: 0,
        tunnel_id: 0,
        ip_size: 33,
        transport_size: 13,
        payload_size: 5,
        ip_offset,
        outer_ip_offset: ip_offset,
        transport_offset: ip_offset + 20,
        payload_offset: ip_offset + 28,
        payload_end: ip_offset + 33,
    }
}

/// What is to be found when [`hello6`] lies at `ip_offset`, with `extensions` bytes of extension headers.
fn found6(ip_offset: u32, extensions: u32) -> Headers {
    let transport_offset = ip_offset + 40 + extensions;
    Headers {
        src: "2001:db8::1".parse::<Ipv6Addr>().unwrap().into(),
        dst: "2001:db8::2".parse::<Ipv6Addr>().unwrap().into(),
        ip_version: 6,
        ip_size: 53 + extensions,
        transport_offset,
        payload_offset: transport_offset + 8,
        payload_end: transport_offset + 13,
        ..found(ip_offset)
    }
}

/// What is to be found in a tunnel that a packet at `outer_ip_offset` carries.
fn tunneled(headers: Headers, tunnel: Tunnel, tunnel_id: u32, outer_ip_offset: u32) -> Headers {
    Headers { tunnel, tunnel_depth: 1, tunnel_id, outer_ip_offset, ..headers }
}

fn with_macs(headers: Headers) -> Headers {
    Headers { src_mac: SRC_MAC, dst_mac: DST_MAC, ..headers }
}

#[test]
fn link_types() {
    let radiotap = [0, 0, 8, 0, 0, 0, 0, 0];
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0];
    let to_access_point = [&[0x08, 0x01, 0, 0], &[9; 6][..], &SRC_MAC, &DST_MAC, &[0, 0]].concat();
    let qos_to_access_point = [&[0x88, 0x01], &to_access_point[2..], &[0, 0]].concat();
    let bridged = [&[0x08, 0x03, 0, 0], &[9; 6][..], &[9; 6], &DST_MAC, &[0, 0], &SRC_MAC].concat();
    let ppi = |link, inner: &[u8]| [&[0, 0, 12, 0, link, 0, 0, 0, 1, 2, 3, 4], inner].concat();
    let cases: [(LinkType, Vec<u8>, bool); 22] = [
        (LinkType::NULL, vec![2, 0, 0, 0], false),
        (LinkType::NULL, vec![0, 0, 0, 2], false),
        (LinkType::LOOP, vec![0, 0, 0, 2], false),
        (LinkType::ETHERNET, ethernet(IPV4, &[]), true),
        (LinkType::ETHERNET, ethernet(100, &snap), true),
        (LinkType::PPP, vec![0x00, 0x21], false),
        (LinkType::PPP, vec![0x0f, 0x00, 0x08, 0x00], false),
        (LinkType::PPP_HDLC, vec![0xff, 0x03, 0x00, 0x21], false),
        (LinkType::C_HDLC, vec![0x0f, 0x00, 0x08, 0x00], false),
        (LinkType::C_HDLC, vec![0x8f, 0x00, 0x08, 0x00], false),
        (LinkType::DLT_RAW, vec![], false),
        (LinkType::DLT_RAW_OPENBSD, vec![], false),
        (LinkType::RAW, vec![], false),
        (LinkType::IPV4, vec![], false),
        (LinkType::IPV6, vec![], false),
        (LinkType::LINUX_SLL, [&[0; 14][..], &IPV4.to_be_bytes()].concat(), false),
        (LinkType::LINUX_SLL2, [&IPV4.to_be_bytes()[..], &[0; 18]].concat(), false),
        (LinkType::IEEE802_11_RADIOTAP, [&radiotap[..], &qos_to_access_point, &snap].concat(), true),
        (LinkType::IEEE802_11, [&to_access_point[..], &snap].concat(), true),
        (LinkType::IEEE802_11, [&bridged[..], &snap].concat(), true),
        (LinkType::PPI, ppi(1, &ethernet(IPV4, &[])), true),
        (LinkType::PPI, ppi(105, &[&qos_to_access_point[..], &snap].concat()), true),
    ];
    for (link, before_ip, has_macs) in cases {
        let ip_offset = before_ip.len() as u32;
        let macs = if has_macs { with_macs } else { |headers| headers };
        let frame = [before_ip.clone(), hello()].concat();
        assert_eq!(decode(link, &frame, true), Ok(macs(found(ip_offset))), "{link:?} {before_ip:x?}");
        let frame = [before_ip.clone(), hello6()].concat();
        assert_eq!(
            decode(link, &frame, true),
            Ok(macs(found6(ip_offset, 0))),
            "{link:?} {before_ip:x?} IPv6"
        );
    }
}

#[test]
fn between_link_and_ip() {
    let cases: [(&str, u16, Vec<u8>, u16); 9] = [
        ("any type", 0x1234, vec![], 0),
        ("VLAN", 0x8100, vec![0xf1, 0x23, 8, 0], 0x123),
        ("stacked VLAN", 0x8100, vec![0, 5, 0x81, 0, 0, 6, 8, 0], 6),
        ("service VLAN", 0x88a8, vec![0, 5, 0x81, 0, 0, 6, 8, 0], 6),
        ("old service VLAN", 0x9100, vec![0, 5, 0x81, 0, 0, 6, 0x86, 0xdd], 6),
        ("MPLS", 0x8847, vec![0, 1, 0, 64, 0, 2, 1, 64], 0),
        ("VLAN, MPLS", 0x8100, vec![0, 5, 0x88, 0x47, 0, 2, 1, 64], 5),
        ("PPPoE", 0x8864, vec![0x11, 0, 0, 1, 0, 35, 0, 0x21], 0),
        ("VLAN, PPPoE", 0x8100, vec![0, 5, 0x88, 0x64, 0x11, 0, 0, 1, 0, 35, 0, 0x21], 5),
    ];
    for (name, ethertype, between, vlan_id) in cases {
        let ip_offset = 14 + between.len() as u32;
        let frame = ethernet(ethertype, &[between.clone(), hello()].concat());
        let expected = Headers { vlan_id, ..with_macs(found(ip_offset)) };
        assert_eq!(decode(LinkType::ETHERNET, &frame, true), Ok(expected), "{name}");
        let frame = ethernet(ethertype, &[between, hello6()].concat());
        let expected = Headers { vlan_id, ..with_macs(found6(ip_offset, 0)) };
        assert_eq!(decode(LinkType::ETHERNET, &frame, true), Ok(expected), "{name} IPv6");
    }
}

#[test]
fn ip_in_ip() {
    let decode = |packet: &[u8]| decode(LinkType::RAW, packet, false);
    assert_eq!(decode(&ipv4(4, &hello())), Ok(found(20)));
    assert_eq!(decode(&ipv4(41, &hello6())), Ok(found6(20, 0)));
    assert_eq!(decode(&ipv6(4, &hello())), Ok(found(40)));
    assert_eq!(decode(&ipv6(41, &hello6())), Ok(found6(40, 0)));
    assert_eq!(decode(&ipv4(41, &ipv6(41, &ipv6(4, &hello())))), Ok(found(100)));
    assert_eq!(decode(&ipv4(4, &[0; 30])), Err(Ignored::NotIp));
}

#[test]
fn ipv6_extension_headers() {
    let udp = udp(2000, b"hello");
    let decode = |next_header, extensions: &[u8]| {
        decode(LinkType::RAW, &ipv6(next_header, &[extensions, &udp].concat()), true)
    };
    assert_eq!(decode(60, &[UDP, 0, 1, 4, 0, 0, 0, 0]), Ok(found6(0, 8)));
    assert_eq!(
        decode(0, &[43, 0, 1, 4, 0, 0, 0, 0, UDP, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        Ok(found6(0, 24))
    );
    assert_eq!(decode(44, &[UDP, 0, 0, 1, 0, 0, 0, 1]), Ok(found6(0, 8)));
    assert_eq!(decode(44, &[UDP, 0, 0, 9, 0, 0, 0, 1]), Err(Ignored::LaterFragment));
    assert_eq!(decode(60, &[UDP, 255, 1, 4, 0, 0, 0, 0]), Err(Ignored::Ipv6Extensions));
    assert_eq!(decode(59, &[]), Err(Ignored::Ipv6Extensions));
}

#[test]
fn transports() {
    let decode = |packet: &[u8]| decode(LinkType::RAW, packet, true);
    let bare = Headers { src_port: 0, dst_port: 0, ..found(0) };

    let with_options = [&tcp(443, &[])[..12], &[0x60, 0xc2, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1], b"abc"].concat();
    let expected = Headers {
        dst_port: 443,
        protocol: 6,
        tcp_flags: 0xc2,
        ip_size: 47,
        transport_size: 27,
        payload_size: 3,
        payload_offset: 44,
        payload_end: 47,
        ..found(0)
    };
    assert_eq!(decode(&ipv4(6, &with_options)), Ok(expected));

    let icmp =
        Headers { protocol: 1, ip_size: 38, transport_size: 18, payload_size: 10, payload_end: 38, ..bare };
    assert_eq!(decode(&ipv4(1, &[8; 18])), Ok(icmp));

    let other = Headers { transport_size: 0, payload_size: 0, payload_offset: 20, payload_end: 38, ..icmp };
    assert_eq!(decode(&ipv4(89, &[8; 18])), Ok(Headers { protocol: 89, ..other }));
    assert_eq!(decode(&ipv4(6, &[8; 18])), Ok(Headers { protocol: 6, ..other }), "too short for TCP");
    let short = Headers { ip_size: 27, payload_end: 27, protocol: UDP, ..other };
    assert_eq!(
        decode(&[ipv4(UDP, &[8; 7]), vec![0; 9]].concat()),
        Ok(short),
        "too short for UDP, and padded"
    );
}

#[test]
fn lengths_of_ipv4() {
    let decode = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut packet = hello();
        edit(&mut packet);
        decode(LinkType::RAW, &packet, true)
    };
    let padded = Headers { ip_size: 33, ..found(0) };
    assert_eq!(decode(&|packet| packet.extend([0; 20])), Ok(padded));
    let longer_than_captured =
        Headers { ip_size: 1033, transport_size: 1013, payload_size: 1005, ..found(0) };
    assert_eq!(
        decode(&|packet| packet[2..4].copy_from_slice(&1033u16.to_be_bytes())),
        Ok(longer_than_captured)
    );
    assert_eq!(decode(&|packet| packet[3] = 19), Err(Ignored::IpLength));
    assert_eq!(decode(&|packet| (packet[0], packet[9]) = (0x4f, 6)), Err(Ignored::IpTruncated));
    assert_eq!(decode(&|packet| packet[6..8].copy_from_slice(&[0x20, 0])), Ok(found(0)), "first fragment");
    assert_eq!(decode(&|packet| packet[7] = 1), Err(Ignored::LaterFragment));
}

#[test]
fn gtp_u_tunnels() {
    let outer = |payload: &[u8]| ethernet(IPV4, &ipv4(UDP, &udp(2152, payload)));
    let decode = |payload: &[u8]| decode(LinkType::ETHERNET, &outer(payload), true);
    let in_tunnel = |offset: u32| tunneled(with_macs(found(14 + 28 + offset)), Tunnel::Gtp, 1, 14);
    assert_eq!(decode(&gtp_u(&hello())), Ok(in_tunnel(8)));
    assert_eq!(
        decode(&gtp_u(&hello6())),
        Ok(tunneled(with_macs(found6(14 + 28 + 8, 0)), Tunnel::Gtp, 1, 14))
    );
    let mut sequenced = gtp_u(&[&[0, 7, 0, 0], &hello()[..]].concat());
    sequenced[0] = 0x32;
    assert_eq!(decode(&sequenced), Ok(in_tunnel(12)));
    let mut extended =
        gtp_u(&[&[0, 0, 0, 0x85, 1, 16, 9, 0x85, 2, 0, 0, 0, 0, 0, 0, 0], &hello()[..]].concat());
    extended[0] = 0x34;
    assert_eq!(decode(&extended), Ok(in_tunnel(24)));

    let mut echo = gtp_u(&hello());
    echo[1] = 1;
    let outer_packet = decode(&echo).unwrap();
    assert_eq!((outer_packet.dst_port, outer_packet.tunnel), (2152, Tunnel::None));
    assert_eq!(decode(&gtp_u(&[0; 30])), Err(Ignored::TunnelContent));

    let unopened = self::decode(LinkType::ETHERNET, &outer(&gtp_u(&hello())), false).unwrap();
    assert_eq!((unopened.dst_port, unopened.tunnel, unopened.ip_offset), (2152, Tunnel::None, 14));
}

#[test]
fn capwap_tunnels() {
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0];
    let frame = [&[0x01, 0x08, 0, 0], &[9; 6][..], &SRC_MAC, &DST_MAC, &[0, 0], &snap, &hello()].concat();
    let payload = [&[0, 0x10, 0x02, 0, 0, 0, 0, 0], &frame[..]].concat();
    let packet = ipv4(UDP, &udp(5247, &payload));
    let expected = tunneled(with_macs(found(28 + 8 + 32)), Tunnel::Capwap, 0, 0);
    assert_eq!(decode(LinkType::RAW, &packet, true), Ok(expected));

    let keep_alive = [&[0, 0x10, 0x02, 0x08, 0, 0, 0, 0], &[0; 22][..]].concat();
    let outer_packet = decode(LinkType::RAW, &ipv4(UDP, &udp(5247, &keep_alive)), true).unwrap();
    assert_eq!((outer_packet.dst_port, outer_packet.tunnel), (5247, Tunnel::None));
}

#[test]
fn tzsp_tunnels() {
    let inner = ethernet(0x8100, &[&[0, 5, 8, 0], &hello()[..]].concat());
    let sensed =
        |before: &[u8], inner: &[u8]| ethernet(IPV4, &ipv4(UDP, &udp(37008, &[before, inner].concat())));
    let expected = |offset: u32| {
        let inner = Headers { vlan_id: 5, ..with_macs(found(14 + 28 + offset + 14 + 4)) };
        tunneled(inner, Tunnel::Tzsp, 0, 14)
    };
    let decode = |frame: &[u8]| decode(LinkType::ETHERNET, frame, true);
    assert_eq!(decode(&sensed(&[1, 0, 0, 1, 1], &inner)), Ok(expected(5)));
    assert_eq!(
        decode(&sensed(&[1, 0, 0, 1, 10, 1, 0xc4, 0, 11, 1, 6, 1], &inner)),
        Ok(expected(12)),
        "tagged"
    );

    let of_other_link = decode(&sensed(&[1, 0, 0, 0x12, 1], &inner)).unwrap();
    assert_eq!((of_other_link.dst_port, of_other_link.tunnel), (37008, Tunnel::Tzsp));
    assert_eq!(decode(&sensed(&[1, 0, 0], &[])), Err(Ignored::TunnelContent));
}

#[test]
fn tunnels_in_tunnels() {
    let packet = ipv4(4, &ipv4(UDP, &udp(2152, &gtp_u(&hello()))));
    let frame =
        ethernet(IPV4, &ipv4(UDP, &udp(37008, &[vec![1, 0, 0, 1, 1], ethernet(IPV4, &packet)].concat())));
    let carrier = 14 + 28 + 5 + 14 + 20;
    let inner = with_macs(found(carrier + 28 + 8));
    let expected = Headers { tunnel_depth: 2, ..tunneled(inner, Tunnel::Gtp, 1, carrier) };
    assert_eq!(decode(LinkType::ETHERNET, &frame, true), Ok(expected));
}

#[test]
fn frames_that_do_not_count() {
    let ethernet_body = |ethertype, body: &[u8]| (LinkType::ETHERNET, ethernet(ethertype, body));
    let beacon = [&[0, 0, 8, 0, 0, 0, 0, 0, 0x80, 0][..], &[0xff; 40]].concat();
    let mut bad_fcs = beacon.clone();
    (bad_fcs[8], bad_fcs[16]) = (0x08, 0x50);
    let encrypted = [&[0x08, 0x41][..], &[0; 60]].concat();
    let cases = [
        ((LinkType(147), vec![0; 60]), Ignored::LinkType),
        ((LinkType::PPI, [&[0, 0, 8, 0, 192, 0, 0, 0][..], &[0; 60]].concat()), Ignored::LinkType),
        ((LinkType::PPI, [&[0, 0, 8, 0, 1, 0, 1, 0][..], &[0; 60]].concat()), Ignored::LinkType),
        (ethernet_body(IPV4, &[0x45; 13]), Ignored::TooShort),
        (ethernet_body(0x8100, &[[0, 5, 0x81, 0]; 4].concat()), Ignored::LinkHeader),
        (ethernet_body(38, &[&[0x42, 0x42, 3][..], &[0; 35]].concat()), Ignored::SpanningTree),
        (ethernet_body(0x0806, &[0; 46]), Ignored::NotIp),
        ((LinkType::IEEE802_11_RADIOTAP, beacon), Ignored::Ieee80211NotData),
        ((LinkType::IEEE802_11_RADIOTAP, bad_fcs), Ignored::Ieee80211BadFcs),
        ((LinkType::IEEE802_11, encrypted), Ignored::Ieee80211Protected),
        (ethernet_body(IPV4, &hello()[..19]), Ignored::IpTruncated),
        (ethernet_body(IPV6, &hello6()[..52]), Ignored::IpLength),
        (ethernet_body(IPV6, &ipv6(60, &[0; 7])), Ignored::Ipv6Extensions),
        (ethernet_body(IPV4, &hello()[..27]), Ignored::UdpTruncated),
        (ethernet_body(IPV4, &ipv4(UDP, &udp(2152, &gtp_u(&[1])))), Ignored::TunnelContent),
        (ethernet_body(0x8100, &[0, 5, 0x81, 0].repeat(MAX_HEADERS as usize + 1)), Ignored::NestingLimit),
        (ethernet_body(0x8847, &[0, 1, 0, 64].repeat(MAX_HEADERS as usize)), Ignored::NestingLimit),
    ];
    for ((link, frame), reason) in cases {
        assert_eq!(decode(link, &frame, true), Err(reason), "{link:?} {frame:x?}");
    }
}

#[test]
fn nesting_is_limited() {
    let levels = |n| (0..n).fold(hello(), |packet, _| ipv4(4, &packet));
    assert_eq!(decode(LinkType::RAW, &levels(MAX_HEADERS), true), Ok(found(20 * MAX_HEADERS)));
    assert_eq!(decode(LinkType::RAW, &levels(MAX_HEADERS + 1), true), Err(Ignored::NestingLimit));
    let options = |n: u32| {
        let walked = [60, 0, 1, 4, 0, 0, 0, 0].repeat(n as usize - 1);
        ipv6(60, &[walked, vec![UDP, 0, 1, 4, 0, 0, 0, 0], udp(2000, b"hello")].concat())
    };
    assert_eq!(decode(LinkType::RAW, &options(MAX_HEADERS - 1), true), Ok(found6(0, 8 * (MAX_HEADERS - 1))));
    assert_eq!(decode(LinkType::RAW, &options(MAX_HEADERS), true), Err(Ignored::NestingLimit));
}

/// What every cut of a frame yields: (bytes kept from here on, reason).
fn cuts(link: LinkType, frame: &[u8]) -> Vec<(usize, Option<Ignored>)> {
    let mut cuts = Vec::new();
    for len in 0..=frame.len() {
        let outcome = decode(link, &frame[..len], true);
        if let Ok(headers) = &outcome {
            assert_ordered(headers, len);
        }
        if cuts.last().is_none_or(|(_, last)| *last != outcome.err()) {
            cuts.push((len, outcome.err()));
        }
    }
    cuts
}

#[test]
fn every_cut_says_why() {
    use Ignored::{IpLength, IpTruncated, LinkHeader, TooShort, TunnelContent, UdpTruncated};
    let ethernet_cuts = |ethertype, body: &[u8]| cuts(LinkType::ETHERNET, &ethernet(ethertype, body));
    assert_eq!(
        ethernet_cuts(IPV4, &ipv4(6, &tcp(443, b"hello"))),
        [(0, Some(TooShort)), (28, Some(IpTruncated)), (34, None)]
    );
    assert_eq!(
        ethernet_cuts(IPV4, &hello()),
        [(0, Some(TooShort)), (28, Some(IpTruncated)), (34, Some(UdpTruncated)), (42, None)]
    );
    assert_eq!(
        ethernet_cuts(IPV6, &hello6()),
        [(0, Some(TooShort)), (28, Some(IpTruncated)), (54, Some(IpLength)), (67, None)]
    );
    let deep_vlan = [[0, 5, 0x81, 0].repeat(5), vec![0, 6, 8, 0], hello()].concat();
    assert_eq!(
        ethernet_cuts(0x8100, &deep_vlan),
        [
            (0, Some(TooShort)),
            (28, Some(LinkHeader)),
            (38, Some(Ignored::NotIp)),
            (39, Some(IpTruncated)),
            (58, Some(UdpTruncated)),
            (66, None)
        ]
    );
    assert_eq!(
        ethernet_cuts(IPV4, &ipv4(UDP, &udp(2152, &gtp_u(&hello())))),
        [
            (0, Some(TooShort)),
            (28, Some(IpTruncated)),
            (34, Some(UdpTruncated)),
            (42, None),
            (51, Some(TunnelContent)),
            (70, None)
        ]
    );
}

/// A TCP header that was cut off: its ports count as far as they were captured.
#[test]
fn cut_tcp_headers_count() {
    let packet = ipv4(6, &tcp(443, b"hello"));
    let expected = Headers {
        dst_port: 443,
        protocol: 6,
        ip_size: 45,
        transport_size: 25,
        payload_offset: 32,
        payload_end: 32,
        ..found(0)
    };
    assert_eq!(decode(LinkType::RAW, &packet[..32], true), Ok(expected));
}

/// A packet of IP version 6 of which the end was not captured counts where that is known to be so, with all its sizes.
#[test]
fn cut_ipv6_packets_count_where_frames_are_known_to_be_cut() {
    let packet = ipv6(60, &[&[UDP, 0, 1, 4, 0, 0, 0, 0][..], &udp(2000, b"hello")].concat());
    let whole = decode(LinkType::RAW, &packet, true).unwrap();
    assert_eq!(decode_cut(LinkType::RAW, &packet, true), Ok(whole));
    for length in 0..packet.len() {
        assert!(decode(LinkType::RAW, &packet[..length], true).is_err());
        let Ok(headers) = decode_cut(LinkType::RAW, &packet[..length], true) else {
            assert!(length < 48, "the headers of IP are there in {length} bytes");
            continue;
        };
        assert_ordered(&headers, length);
        assert_eq!((headers.ip_size, headers.src), (whole.ip_size, whole.src));
        if length >= 56 {
            let payload_end = length as u32;
            assert_eq!(headers, Headers { payload_end, ..whole });
        }
    }
}

/// What is read from the frame only when it is asked for; where it was not captured it is 0.
#[test]
fn time_to_live_and_window() {
    let read = |packet: &[u8]| {
        let headers = decode(LinkType::RAW, packet, true).unwrap();
        (headers.ttl(packet), headers.tcp_window(packet))
    };
    for packet in [ipv4(6, &tcp(443, b"hello")), ipv6(6, &tcp(443, b"hello"))] {
        assert_eq!(read(&packet), (64, 256));
    }
    assert_eq!(read(&ipv4(6, &tcp(443, b"hello"))[..35]), (64, 0), "cut within the window");
    assert_eq!(read(&hello6()), (64, 0));
    let headers = decode(LinkType::RAW, &hello(), true).unwrap();
    assert_eq!((headers.ttl(&[]), headers.tcp_window(&[])), (0, 0), "not the frame of the headers");
}

#[test]
fn addresses_read_as_the_standard_library_has_them() {
    let headers = decode(LinkType::RAW, &hello(), true).unwrap();
    assert_eq!(headers.src.to_ip(headers.ip_version), IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    let headers = decode(LinkType::RAW, &hello6(), true).unwrap();
    assert_eq!(headers.dst.to_ip(headers.ip_version), "2001:db8::2".parse::<IpAddr>().unwrap());
}

fn assert_ordered(headers: &Headers, frame_len: usize) {
    let Headers { ip_offset, transport_offset, payload_offset, payload_end, .. } = *headers;
    assert!(
        ip_offset <= transport_offset
            && transport_offset <= payload_offset
            && payload_offset <= payload_end
            && payload_end as usize <= frame_len,
        "{headers:?} of {frame_len} bytes"
    );
}

/// Link headers that noise alone would seldom hit upon.
fn beginnings() -> impl Strategy<Value = Vec<u8>> {
    let tzsp = udp(37008, &[1, 0, 0, 1, 1]);
    prop::sample::select(vec![
        vec![],
        ethernet(IPV4, &[]),
        ethernet(0x8100, &[0, 5]),
        ethernet(100, &[0xaa, 0xaa]),
        ethernet(IPV4, &hello()[..20]),
        ethernet(IPV4, &ipv4(UDP, &gtp_u(&[])[..4])),
        ethernet(IPV4, &ipv4(UDP, &tzsp)),
        ethernet(IPV4, &ipv4(UDP, &udp(5247, &[0, 0x10]))),
        ethernet(IPV4, &ipv4(UDP, &udp(2152, &[0x34, 255]))),
        ipv6(60, &[]),
        vec![0, 0, 8, 0, 1, 0, 0, 0],
        vec![0, 0, 8, 0, 0, 0, 0, 0, 0x88, 1],
    ])
}

proptest! {
    #[test]
    fn noise_never_panics_and_offsets_are_ordered(
        beginning in beginnings(),
        noise in prop::collection::vec(any::<u8>(), 0..200),
        decode_tunnels: bool,
    ) {
        let frame = [beginning, noise].concat();
        for link in LINK_TYPES {
            let whole = decode(link, &frame, decode_tunnels);
            let cut = decode_cut(link, &frame, decode_tunnels);
            if let Ok(headers) = &cut {
                assert_ordered(headers, frame.len());
            }
            if whole.is_ok() {
                assert_eq!(cut, whole);
            }
        }
    }
}

//! Every tunnel, around frames of real captures and around hand-made ones: what is inside is read as it is alone.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "build/mod.rs"]
mod build;
#[path = "captures/mod.rs"]
mod captures;

use std::fs;
use std::path::Path;

use build::{DST_MAC, SRC_MAC, ethernet, gtp_u, ipv4, ipv6, tcp, udp};
use captures::for_each_frame;
use nfstream_decode::{Fragment, Headers, Ignored, LinkType, Reading, Rules, Tunnel, TunnelSet, decode};
use proptest::prelude::*;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const GRE: u8 = 47;

/// What a tunnel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Ethernet,
    /// IP of either version.
    Ip,
    Ipv6,
}

/// A way to carry a frame or packet in a tunnel.
struct Case {
    name: &'static str,
    tunnel: Tunnel,
    id: u32,
    content: Content,
    wrap: Wrap,
}

/// Makes the whole outer frame, in Ethernet, around what it carries.
type Wrap = Box<dyn Fn(&[u8]) -> Vec<u8>>;

fn over_ip(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(IPV4, &ipv4(protocol, payload))
}

fn over_udp(port: u16, payload: &[u8]) -> Vec<u8> {
    over_ip(17, &udp(port, payload))
}

/// What an IP packet is announced by: the `EtherType`.
fn ethertype(packet: &[u8]) -> [u8; 2] {
    if packet[0] >> 4 == 4 { IPV4.to_be_bytes() } else { IPV6.to_be_bytes() }
}

/// The protocol number of an IP packet in IP.
fn protocol(packet: &[u8]) -> u8 {
    if packet[0] >> 4 == 4 { 4 } else { 41 }
}

/// A PPP frame around an IP packet.
fn ppp(packet: &[u8]) -> Vec<u8> {
    let number = if packet[0] >> 4 == 4 { 0x21 } else { 0x57 };
    [&[0xff, 0x03, 0, number], packet].concat()
}

/// All the ways.
fn cases() -> Vec<Case> {
    use Content::{Ethernet, Ip, Ipv6};
    let case = |name, tunnel, id, content, wrap: fn(&[u8]) -> Vec<u8>| Case {
        name,
        tunnel,
        id,
        content,
        wrap: Box::new(wrap),
    };
    let udp = |name, tunnel, id, content, port: u16, header: &'static [u8]| Case {
        name,
        tunnel,
        id,
        content,
        wrap: Box::new(move |inner| over_udp(port, &[header, inner].concat())),
    };
    let ip = |name, tunnel, id, content, protocol: u8, header: &'static [u8]| Case {
        name,
        tunnel,
        id,
        content,
        wrap: Box::new(move |inner| over_ip(protocol, &[header, inner].concat())),
    };
    let link = |name, tunnel, id, content, ethertype: u16, header: &'static [u8]| Case {
        name,
        tunnel,
        id,
        content,
        wrap: Box::new(move |inner| ethernet(ethertype, &[header, inner].concat())),
    };
    vec![
        case("IP in IPv4", Tunnel::IpInIp, 0, Ip, |inner| match protocol(inner) {
            4 => over_ip(4, inner),
            _ => ethernet(IPV6, &ipv6(41, inner)),
        }),
        case("IPv4 or IPv6 in IPv6", Tunnel::IpInIp, 0, Ip, |inner| {
            ethernet(IPV6, &ipv6(protocol(inner), inner))
        }),
        ip("6in4", Tunnel::SixInFour, 0, Ipv6, 41, &[]),
        case("GRE", Tunnel::Gre, 0, Ip, |inner| {
            over_ip(GRE, &[&[0, 0], &ethertype(inner)[..], inner].concat())
        }),
        case("GRE with checksum, key and sequence", Tunnel::Gre, 0x0102_0304, Ip, |inner| {
            let fields = [0xaa, 0xbb, 0, 0, 1, 2, 3, 4, 0, 0, 0, 9];
            over_ip(GRE, &[&[0xb0, 0], &ethertype(inner)[..], &fields, inner].concat())
        }),
        case("GRE in IPv6", Tunnel::Gre, 7, Ip, |inner| {
            let header = [&[0x20, 0], &ethertype(inner)[..], &[0, 0, 0, 7]].concat();
            ethernet(IPV6, &ipv6(GRE, &[header, inner.to_vec()].concat()))
        }),
        case("GRE in UDP", Tunnel::Gre, 0, Ip, |inner| {
            over_udp(4754, &[&[0, 0], &ethertype(inner)[..], inner].concat())
        }),
        ip("GRE of redirected packets", Tunnel::Gre, 0, Ip, GRE, &[0, 0, 0x88, 0x3e, 0, 1, 2, 3]),
        ip("gretap", Tunnel::Gre, 0, Ethernet, GRE, &[0, 0, 0x65, 0x58]),
        ip(
            "gretap with a key",
            Tunnel::Gre,
            0xf_ffff,
            Ethernet,
            GRE,
            &[0x20, 0, 0x65, 0x58, 0, 0xf, 0xff, 0xff],
        ),
        ip("NVGRE", Tunnel::Nvgre, 0x1000, Ethernet, GRE, &[0x20, 0, 0x65, 0x58, 0, 0x10, 0, 0x77]),
        ip("ERSPAN I", Tunnel::Erspan, 0, Ethernet, GRE, &[0, 0, 0x88, 0xbe]),
        ip(
            "ERSPAN II",
            Tunnel::Erspan,
            0x123,
            Ethernet,
            GRE,
            &[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 5, 0x09, 0x23, 0, 0, 0, 7],
        ),
        ip(
            "ERSPAN III",
            Tunnel::Erspan,
            0x123,
            Ethernet,
            GRE,
            &[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 5, 1, 0x23, 0, 0, 0, 7, 0, 0, 0, 0],
        ),
        ip(
            "ERSPAN III of IP, with a subheader",
            Tunnel::Erspan,
            1,
            Ip,
            GRE,
            &[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 5, 0, 1, 0, 0, 0, 7, 0, 0, 8, 1, 9, 9, 9, 9, 9, 9, 9, 9],
        ),
        case("PPTP", Tunnel::Pptp, 5, Ip, |inner| {
            let frame = ppp(inner);
            let [high, low] = (frame.len() as u16).to_be_bytes();
            let header = [0x30, 1, 0x88, 0x0b, high, low, 0, 5, 0, 0, 0, 1];
            over_ip(GRE, &[&header, &frame[..]].concat())
        }),
        case("PPTP that acknowledges, short PPP", Tunnel::Pptp, 5, Ip, |inner| {
            let frame = [&ppp(inner)[3..4], inner].concat();
            let [high, low] = (frame.len() as u16).to_be_bytes();
            let header = [0x30, 0x81, 0x88, 0x0b, high, low, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1];
            over_ip(GRE, &[&header, &frame[..]].concat())
        }),
        ip("MPLS in GRE", Tunnel::MplsInGre, 16, Ip, GRE, &[0, 0, 0x88, 0x47, 0, 1, 0, 64, 0, 1, 1, 64]),
        udp("VXLAN", Tunnel::Vxlan, 0x123, Ethernet, 4789, &[8, 0, 0, 0, 0, 1, 0x23, 0]),
        udp("VXLAN of old Linux", Tunnel::Vxlan, 5, Ethernet, 8472, &[8, 0, 0, 0, 0, 0, 5, 0]),
        udp("VXLAN with a group", Tunnel::Vxlan, 5, Ethernet, 4789, &[0x88, 0, 0, 7, 0, 0, 5, 0]),
        udp("VXLAN-GPE of Ethernet", Tunnel::VxlanGpe, 5, Ethernet, 4790, &[0x0c, 0, 0, 3, 0, 0, 5, 0]),
        udp("VXLAN-GPE of MPLS", Tunnel::VxlanGpe, 5, Ip, 4790, &[0x0c, 0, 0, 5, 0, 0, 5, 0, 0, 1, 1, 64]),
        udp(
            "VXLAN-GPE of a service function chain",
            Tunnel::VxlanGpe,
            5,
            Ethernet,
            4790,
            &[0x0c, 0, 0, 4, 0, 0, 5, 0, 0x0f, 0xc2, 2, 3, 0, 0, 1, 255],
        ),
        case("VXLAN-GPE of IP on the port of VXLAN", Tunnel::VxlanGpe, 5, Ip, |inner| {
            let next = if protocol(inner) == 4 { 1 } else { 2 };
            over_udp(4789, &[&[0x0c, 0, 0, next, 0, 0, 5, 0], inner].concat())
        }),
        udp("Geneve", Tunnel::Geneve, 9, Ethernet, 6081, &[0, 0, 0x65, 0x58, 0, 0, 9, 0]),
        case("Geneve of IP with options", Tunnel::Geneve, 9, Ip, |inner| {
            let [high, low] = ethertype(inner);
            let header = [2, 0x40, high, low, 0, 0, 9, 0, 1, 2, 0x80, 1, 1, 2, 3, 4];
            over_udp(6081, &[&header, inner].concat())
        }),
        case("L2TPv2", Tunnel::L2tp2, 0x0007_0009, Ip, |inner| {
            over_udp(1701, &[&[0, 2, 0, 7, 0, 9], &ppp(inner)[..]].concat())
        }),
        case("L2TPv2 with all fields", Tunnel::L2tp2, 0x0007_0009, Ip, |inner| {
            let frame = ppp(inner);
            let [high, low] = (16 + frame.len() as u16).to_be_bytes();
            let header = [0x4b, 2, high, low, 0, 7, 0, 9, 0, 1, 0, 2, 0, 2, 0xee, 0xee];
            over_udp(1701, &[&header, &frame[..]].concat())
        }),
        udp("L2TPv3 in UDP", Tunnel::L2tp3, 1, Ethernet, 1701, &[0, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
        ip("L2TPv3", Tunnel::L2tp3, 1, Ethernet, 115, &[0, 0, 0, 1]),
        ip(
            "L2TPv3 with cookie and sublayer",
            Tunnel::L2tp3,
            1,
            Ethernet,
            115,
            &[0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0x40, 0, 0, 1],
        ),
        ip("L2TPv3 of IP with a cookie", Tunnel::L2tp3, 1, Ip, 115, &[0, 0, 0, 1, 1, 2, 3, 4]),
        udp("Teredo", Tunnel::Teredo, 0, Ipv6, 3544, &[]),
        udp(
            "Teredo with authentication and origin",
            Tunnel::Teredo,
            0,
            Ipv6,
            3544,
            &[0, 1, 1, 2, 9, 8, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6],
        ),
        udp(
            "AYIYA",
            Tunnel::Ayiya,
            0,
            Ipv6,
            5072,
            &[
                0x41, 0x52, 0x11, 41, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4,
                5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0,
            ],
        ),
        udp("MPLS in UDP", Tunnel::MplsInUdp, 16, Ip, 6635, &[0, 1, 1, 64]),
        link("pseudowire", Tunnel::Pseudowire, 16, Ethernet, 0x8847, &[0, 2, 0, 64, 0, 1, 1, 64]),
        link(
            "pseudowire with control word",
            Tunnel::Pseudowire,
            16,
            Ethernet,
            0x8847,
            &[0, 1, 1, 64, 0, 0, 0, 1],
        ),
        udp("GUE", Tunnel::Gue, 0, Ethernet, 6080, &[0, 143, 0, 0]),
        case("GUE of IP with an option", Tunnel::Gue, 0, Ip, |inner| {
            over_udp(6080, &[&[1, protocol(inner), 0, 0, 1, 2, 3, 4], inner].concat())
        }),
        udp("GUE, variant 1", Tunnel::Gue, 0, Ip, 6080, &[]),
        udp("GRE in GUE", Tunnel::Gue, 3, Ethernet, 6080, &[0, 47, 0, 0, 0x20, 0, 0x65, 0x58, 0, 0, 0, 3]),
        udp("FOU", Tunnel::Fou, 0, Ip, 5555, &[]),
        udp("GRE in FOU", Tunnel::Fou, 0, Ethernet, 5555, &[0, 0, 0x65, 0x58]),
        udp("LISP", Tunnel::Lisp, 0x01_0203, Ip, 4341, &[0x08, 0, 0, 0, 1, 2, 3, 0]),
        udp("LISP-GPE", Tunnel::Lisp, 5, Ethernet, 4341, &[0x0c, 0, 0, 3, 0, 0, 5, 0]),
        case("SRv6", Tunnel::Srv6, 0, Ip, |inner| {
            let header = [&[protocol(inner), 2, 4, 0, 0, 0, 0, 0], &[1; 16][..]].concat();
            ethernet(IPV6, &ipv6(43, &[header, inner.to_vec()].concat()))
        }),
        case("SRv6 of Ethernet, one segment", Tunnel::Srv6, 0, Ethernet, |inner| {
            ethernet(IPV6, &ipv6(143, inner))
        }),
        link("PBB", Tunnel::Pbb, 0x01_0203, Ethernet, 0x88e7, &[0, 1, 2, 3]),
        link("PBB in a service VLAN", Tunnel::Pbb, 5, Ethernet, 0x88a8, &[0, 9, 0x88, 0xe7, 0, 0, 0, 5]),
        ip("EtherIP", Tunnel::EtherIp, 0, Ethernet, 97, &[0x30, 0]),
        case("GTP-U", Tunnel::Gtp, 1, Ip, |inner| over_udp(2152, &gtp_u(inner))),
        case("GTP-U with a PDU session container", Tunnel::Gtp, 1, Ip, |inner| {
            let [high, low] = (8 + inner.len() as u16).to_be_bytes();
            let header = [0x34, 255, high, low, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 9, 0];
            over_udp(2152, &[&header, inner].concat())
        }),
        case("GTP-U of Ethernet", Tunnel::Gtp, 1, Ethernet, |inner| {
            let [high, low] = (inner.len() as u16).to_be_bytes();
            over_udp(2152, &[&[0x30, 255, high, low, 0, 0, 0, 1], inner].concat())
        }),
        udp("CAPWAP of Ethernet", Tunnel::Capwap, 0, Ethernet, 5247, &[0, 0x10, 2, 0, 0, 0, 0, 0]),
        case("TZSP", Tunnel::Tzsp, 0, Ethernet, |inner| {
            over_udp(37008, &[&[1, 0, 0, 1, 10, 1, 0xc4, 0, 1], inner].concat())
        }),
    ]
}

fn specified(frame: &[u8]) -> Result<Headers, Ignored> {
    decode(LinkType::ETHERNET, frame, Reading::SPECIFICATION)
}

/// What is to be found in a tunnel around what these headers, of a frame by itself, describe.
fn in_tunnel(case: &Case, alone: &Headers, shift: u32, outer: &Headers) -> Headers {
    let is_on_link = matches!(case.tunnel, Tunnel::Pbb | Tunnel::Pseudowire);
    let (src_mac, dst_mac, vlan_id) = match case.content {
        Content::Ethernet => (alone.src_mac, alone.dst_mac, alone.vlan_id),
        Content::Ip | Content::Ipv6 => (outer.src_mac, outer.dst_mac, outer.vlan_id),
    };
    let ip_offset = alone.ip_offset + shift;
    Headers {
        src_mac,
        dst_mac,
        vlan_id,
        tunnel: case.tunnel,
        tunnel_id: case.id,
        tunnel_depth: 1,
        ip_offset,
        outer_ip_offset: if is_on_link { ip_offset } else { 14 },
        transport_offset: alone.transport_offset + shift,
        payload_offset: alone.payload_offset + shift,
        payload_end: alone.payload_end + shift,
        ..*alone
    }
}

/// Frames that are whole and carry no tunnel themselves, with right checksums of IPv4.
fn recorded() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pcap"));
    paths.sort();
    let mut frames = Vec::new();
    for path in paths {
        let mut number = 0;
        for_each_frame(&path, |link, wire_len, frame| {
            number += 1;
            if link != LinkType::ETHERNET || wire_len as usize != frame.len() || frame.len() > 2000 {
                return;
            }
            let Ok(headers) = specified(frame) else { return };
            if headers.tunnel == Tunnel::None && headers.fragment == Fragment::Whole && number <= 40 {
                let mut frame = frame.to_vec();
                set_checksum(&mut frame[headers.ip_offset as usize..]);
                frames.push((format!("{} {number}", path.display()), frame));
            }
        });
    }
    frames
}

/// Sets the checksum of an IPv4 header without options.
fn set_checksum(packet: &mut [u8]) {
    if packet[0] == 0x45 {
        packet[10..12].fill(0);
        let sum: u32 =
            (0..10).map(|i| u32::from(u16::from_be_bytes([packet[2 * i], packet[2 * i + 1]]))).sum();
        let folded = (sum & 0xffff) + (sum >> 16);
        packet[10..12].copy_from_slice(&(!(folded as u16 + (folded >> 16) as u16)).to_be_bytes());
    }
}

/// What a case is put around: the frame or its packet, and the headers that it has by itself. `None` if the case does
/// not carry this.
fn content(case: &Case, frame: &[u8]) -> Option<(Vec<u8>, Headers)> {
    let headers = specified(frame).unwrap();
    match case.content {
        Content::Ethernet => Some((frame.to_vec(), headers)),
        Content::Ipv6 if headers.ip_version == 4 => None,
        Content::Ip | Content::Ipv6 => {
            let start = headers.ip_offset as usize;
            let packet = frame[start..start + headers.ip_size as usize].to_vec();
            let headers = decode(LinkType::RAW, &packet, Reading::SPECIFICATION).unwrap();
            Some((packet, headers))
        }
    }
}

#[test]
fn recorded_frames_are_read_in_every_tunnel_as_they_are_alone() {
    let frames = recorded();
    assert!(frames.len() > 500, "{} frames", frames.len());
    for case in cases() {
        let mut checked = 0;
        for (name, frame) in &frames {
            let Some((inner, alone)) = content(&case, frame) else { continue };
            let outer = (case.wrap)(&inner);
            let shift = (outer.len() - inner.len()) as u32;
            let closed = Reading { tunnels: TunnelSet::None, ..Reading::SPECIFICATION };
            let around = decode(LinkType::ETHERNET, &outer, closed).unwrap();
            let expected = in_tunnel(&case, &alone, shift, &around);
            assert_eq!(specified(&outer), Ok(expected), "{} around {name}", case.name);
            checked += 1;
        }
        assert!(checked > 20, "{}: {checked} frames", case.name);
    }
}

/// TCP over either version, in frames of their own.
fn handmade() -> [Vec<u8>; 2] {
    let mut packet = ipv4(6, &tcp(443, b"hello"));
    set_checksum(&mut packet);
    [ethernet(IPV4, &packet), ethernet(IPV6, &ipv6(6, &tcp(443, b"hello")))]
}

/// The case around one of the frames, with what is inside.
fn around_handmade(case: &Case) -> Vec<(Vec<u8>, Vec<u8>)> {
    let inner = handmade().into_iter().filter_map(|frame| Some(content(case, &frame)?.0));
    inner.map(|inner| ((case.wrap)(&inner), inner)).collect()
}

/// What does not look like the content of a tunnel is the payload of a packet that counts itself.
#[test]
fn the_outer_packet_counts_if_the_tunnel_cannot_be_read() {
    for case in cases() {
        for (frame, inner) in around_handmade(&case) {
            let start = frame.len() - inner.len();
            let ip = start + if case.content == Content::Ethernet { 14 } else { 0 };
            let closed = decode(
                LinkType::ETHERNET,
                &frame,
                Reading { tunnels: TunnelSet::None, ..Reading::SPECIFICATION },
            );
            if matches!(case.tunnel, Tunnel::Pbb | Tunnel::Pseudowire) {
                // Nothing else could count.
                assert_eq!(closed.map(|headers| headers.dst_port), Ok(443), "{}", case.name);
                continue;
            }
            let outer = Headers { carries_tunnel: false, ..closed.unwrap() };
            assert!(closed.unwrap().carries_tunnel, "{}", case.name);
            assert_eq!((outer.ip_offset, outer.tunnel), (14, Tunnel::None), "{}", case.name);
            let mut garbled = frame.clone();
            garbled[ip] = 0x05;
            assert_eq!(specified(&garbled), Ok(outer), "{}: no IP", case.name);
            let mut too_long = frame.clone();
            let length = if inner[ip - start] >> 4 == 4 { ip + 2 } else { ip + 4 };
            too_long[length] = 0x7f;
            assert_eq!(specified(&too_long), Ok(outer), "{}: longer than the tunnel", case.name);
        }
    }
}

#[test]
fn cut_frames_count_as_what_is_left_of_them() {
    for case in cases() {
        for (frame, inner) in around_handmade(&case) {
            let whole = specified(&frame).unwrap();
            let start = frame.len() - inner.len();
            for len in 0..=frame.len() {
                let reading = Reading::SPECIFICATION.of_frame(frame.len() as u32, false);
                let Ok(headers) = decode(LinkType::ETHERNET, &frame[..len], reading) else {
                    assert!(len < start.max(54) || whole.outer_ip_offset > 14, "{} cut to {len}", case.name);
                    continue;
                };
                assert_ordered(&headers, len);
                if headers.tunnel == whole.tunnel && len >= whole.transport_offset as usize + 20 {
                    let payload_end = whole.payload_end.min(len as u32);
                    let payload_offset = whole.payload_offset.min(payload_end);
                    assert_eq!(headers, Headers { payload_end, payload_offset, ..whole }, "{}", case.name);
                }
            }
        }
    }
}

#[test]
fn refused_headers() {
    let [frame, _] = handmade();
    let packet = &frame[14..];
    let refused: [(&str, Vec<u8>); 12] = [
        ("GRE with a source route", over_ip(GRE, &[&[0x40, 0, 8, 0], packet].concat())),
        ("GRE, version 2", over_ip(GRE, &[&[0, 2, 8, 0], packet].concat())),
        ("VXLAN without a VNI", over_udp(4789, &[&[0, 0, 0, 0, 0, 0, 5, 0], &frame[..]].concat())),
        ("VXLAN on another port", over_udp(4788, &[&[8, 0, 0, 0, 0, 0, 5, 0], &frame[..]].concat())),
        ("control of Geneve", over_udp(6081, &[&[0, 0x80, 8, 0, 0, 0, 9, 0], packet].concat())),
        ("Geneve, version 1", over_udp(6081, &[&[0x40, 0, 8, 0, 0, 0, 9, 0], packet].concat())),
        ("control of L2TPv2", over_udp(1701, &[&[0x80, 2, 0, 7, 0, 9], &ppp(packet)[..]].concat())),
        ("control of L2TPv3", over_ip(115, &[&[0, 0, 0, 0], &frame[..]].concat())),
        ("encrypted LISP", over_udp(4341, &[&[1, 0, 0, 0, 0, 0, 0, 0], packet].concat())),
        ("GTP'", over_udp(2152, &[&[0x20, 255, 0, 45, 0, 0, 0, 1], packet].concat())),
        ("FOU with bytes after the packet", over_udp(5555, &[packet, &[0]].concat())),
        ("keep-alive of CAPWAP", over_udp(5247, &[&[0, 0x10, 2, 8, 0, 0, 0, 0], &frame[..]].concat())),
    ];
    for (name, frame) in refused {
        let headers = specified(&frame).unwrap();
        assert_eq!(
            (headers.ip_offset, headers.tunnel, headers.tunnel_depth),
            (14, Tunnel::None, 0),
            "{name}"
        );
    }
}

/// CAPWAP with frames of IEEE 802.11: plain, with quality of service, and with the frame control in the other order.
#[test]
fn capwap_of_wireless_frames() {
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    let packet = ipv4(17, &udp(2000, b"hello"));
    let frame = |control: [u8; 2], rest: &[u8]| {
        let frame =
            [&control, &[0, 0][..], &[9; 6], &SRC_MAC, &DST_MAC, &[0, 0], rest, &snap, &packet].concat();
        over_udp(5247, &[&[0, 0x10, 3, 0, 0, 0, 0, 0], &frame[..]].concat())
    };
    for (control, rest) in [([8, 1], &[][..]), ([0x88, 1], &[0, 0]), ([1, 8], &[]), ([1, 0x88], &[0, 0])] {
        let headers = specified(&frame(control, rest)).unwrap();
        let ip_offset = 14 + 28 + 8 + 32 + rest.len() as u32;
        let found = (headers.tunnel, headers.ip_offset, headers.src_mac, headers.dst_mac, headers.dst_port);
        assert_eq!(found, (Tunnel::Capwap, ip_offset, SRC_MAC, DST_MAC, 2000), "{control:x?}");
    }
    let encrypted = specified(&frame([8, 0x41], &[])).unwrap();
    assert_eq!((encrypted.dst_port, encrypted.tunnel), (5247, Tunnel::None));
}

#[test]
fn tunnels_in_tunnels() {
    let [frame, _] = handmade();
    let vxlan = |frame: &[u8]| over_udp(4789, &[&[8, 0, 0, 0, 0, 0, 5, 0], frame].concat());
    let gre = |packet: &[u8]| ipv4(GRE, &[&[0x20, 0, 8, 0, 0, 0, 0, 3], packet].concat());
    let headers = specified(&vxlan(&ethernet(IPV4, &gre(&frame[14..])))).unwrap();
    let outer = 14 + 28 + 8 + 14;
    assert_eq!(
        (headers.tunnel, headers.tunnel_id, headers.tunnel_depth, headers.outer_ip_offset, headers.ip_offset),
        (Tunnel::Gre, 3, 2, outer, outer + 28)
    );
    let deep = (0..300).fold(frame[14..].to_vec(), |packet, _| gre(&packet));
    let headers = specified(&ethernet(IPV4, &deep)).unwrap();
    assert_eq!((headers.tunnel_depth, headers.ip_offset, headers.dst_port), (255, 14 + 300 * 28, 443));
    let addresses = |ip_offset: u32| {
        let outer = Headers { outer_ip_offset: ip_offset, ..headers };
        outer.outer_addresses(&ethernet(IPV4, &deep)).map(|(src, dst, version)| (src.0[3], dst.0[3], version))
    };
    assert_eq!(addresses(14), Some((1, 2, 4)));
    assert_eq!(addresses(headers.ip_offset), None, "nothing carries it");
}

#[test]
fn ids_that_both_directions_share() {
    let shared: Vec<&str> =
        Tunnel::ALL.iter().filter(|tunnel| tunnel.is_id_shared()).map(|tunnel| tunnel.name()).collect();
    assert_eq!(shared, ["NVGRE", "VXLAN", "VXLAN-GPE", "Geneve", "LISP", "PBB"]);
}

/// By the rules of the reference, tunnels that it does not know stay closed, and are counted.
#[test]
fn the_reference_leaves_other_tunnels_closed() {
    let known = |tunnel| matches!(tunnel, Tunnel::Gtp | Tunnel::Capwap | Tunnel::Tzsp);
    for case in cases() {
        for (frame, _) in around_handmade(&case) {
            let reading = |reading| decode(LinkType::ETHERNET, &frame, reading);
            let all = Reading { tunnels: TunnelSet::All, ..Reading::REFERENCE };
            let Ok(found) = reading(Reading::REFERENCE) else {
                assert!(
                    known(case.tunnel) || matches!(case.tunnel, Tunnel::Pbb | Tunnel::Pseudowire),
                    "{}",
                    case.name
                );
                continue;
            };
            let is_ip_in_ip = matches!(case.tunnel, Tunnel::IpInIp | Tunnel::SixInFour);
            let is_segment_routed = case.tunnel == Tunnel::Srv6 && found.dst_port == 443;
            if known(case.tunnel) {
                continue;
            }
            if is_ip_in_ip || is_segment_routed {
                assert!(!found.carries_tunnel, "{}", case.name);
                continue;
            }
            assert!(found.carries_tunnel, "{}", case.name);
            assert_eq!(found.ip_offset, 14, "{}", case.name);
            assert_eq!(reading(all), specified(&frame), "{}", case.name);
        }
    }
}

#[test]
fn lengths_of_0_are_those_of_the_frame() {
    let payload = [7; 3000];
    let zero = |mut frame: Vec<u8>, at: usize| {
        frame[at..at + 2].fill(0);
        frame
    };
    let v4 = ethernet(IPV4, &ipv4(6, &tcp(443, &payload)));
    let v6 = ethernet(IPV6, &ipv6(6, &tcp(443, &payload)));
    for (frame, at) in [(&v4, 16), (&v6, 18)] {
        let right = specified(frame).unwrap();
        let expected = Headers { is_length_mended: true, ..right };
        let mended = zero(frame.clone(), at);
        assert_eq!(specified(&mended), Ok(expected));
        let mends = Reading { mends_lengths: true, ..Reading::REFERENCE };
        assert_eq!(decode(LinkType::ETHERNET, &mended, mends), Ok(expected), "by the rules of the reference");
        assert_eq!(decode(LinkType::ETHERNET, frame, mends), Ok(right));
        // Sizes are those on the wire.
        let cut = Reading::SPECIFICATION.of_frame(mended.len() as u32, false);
        let payload_end = 100;
        assert_eq!(decode(LinkType::ETHERNET, &mended[..100], cut), Ok(Headers { payload_end, ..expected }));
        let keeps = Reading { mends_lengths: false, ..Reading::SPECIFICATION };
        let kept = decode(LinkType::ETHERNET, &mended, keeps);
        assert!(kept.is_err() || kept.unwrap().payload_size == 0);
        // In a tunnel whose own length is 0, too.
        let vxlan = over_udp(4789, &[&[8, 0, 0, 0, 0, 0, 5, 0], &mended[..]].concat());
        let inside = specified(&zero(zero(vxlan, 16), 38)).unwrap();
        assert_eq!((inside.payload_size, inside.is_length_mended), (3000, true));
    }
    // Padding of a frame of 60 bytes is no payload, when the length is right.
    let mut padded = ethernet(IPV4, &ipv4(6, &tcp(443, b"")));
    padded.resize(60, 0);
    assert_eq!(specified(&padded).map(|headers| headers.payload_size), Ok(0));
    // A packet with nothing after its header has a length of 0 and is right.
    let mut bubble = ethernet(IPV6, &ipv6(59, b""));
    bubble.resize(60, 0);
    let headers = specified(&bubble).unwrap();
    assert_eq!((headers.protocol, headers.ip_size, headers.is_length_mended), (59, 40, false));
}

#[test]
fn jumbograms() {
    let segment = tcp(443, &vec![7; 70_000]);
    let jumbo = |length: usize| {
        let option = [&[6, 0, 0xc2, 4][..], &(length as u32).to_be_bytes()].concat();
        let mut packet = ipv6(0, &option);
        packet[4..6].fill(0);
        ethernet(IPV6, &[packet, segment.clone()].concat())
    };
    let size = 8 + segment.len();
    let headers = specified(&jumbo(size)).unwrap();
    let found = (headers.ip_size, headers.payload_size, headers.transport_offset, headers.is_length_mended);
    assert_eq!(found, (40 + size as u32, 70_000, 62, true));
    // Trailing bytes do not belong to it.
    let trailing = [jumbo(size), vec![0; 9]].concat();
    assert_eq!(specified(&trailing), Ok(headers));
    // An option that is longer than the frame is wrong.
    assert_eq!(specified(&jumbo(size + 1)), Ok(headers));
}

#[test]
fn fragments() {
    let datagram = udp(2000, &[7; 1000]);
    let fragment = |v6: bool, offset: usize, more: bool| {
        let data = &datagram[offset..][..if more { 504 - offset } else { 504 }];
        let field = (offset as u16 | if v6 { u16::from(more) } else { 0 }).to_be_bytes();
        if v6 {
            return ethernet(IPV6, &ipv6(44, &[&[17, 0, field[0], field[1], 0, 0, 0, 1], data].concat()));
        }
        let mut packet = ipv4(17, data);
        let field = (offset as u16 / 8 + if more { 0x2000 } else { 0 }).to_be_bytes();
        packet[6..8].copy_from_slice(&field);
        ethernet(IPV4, &packet)
    };
    let counting = Reading { counts_fragments: true, ..Reading::SPECIFICATION };
    let of_reference = Reading { counts_fragments: true, ..Reading::REFERENCE };
    for (v6, headers_len) in [(false, 20), (true, 48)] {
        for reading in [counting, of_reference] {
            let first = decode(LinkType::ETHERNET, &fragment(v6, 0, true), reading).unwrap();
            let found = (first.fragment, first.dst_port, first.ip_size, first.payload_size);
            assert_eq!(found, (Fragment::First, 2000, headers_len + 504, 496));
            let later = decode(LinkType::ETHERNET, &fragment(v6, 504, false), reading).unwrap();
            let found = (later.fragment, later.protocol, later.dst_port, later.payload_size);
            assert_eq!(found, (Fragment::Later, 17, 0, 504));
            assert_eq!(later.payload_offset, 14 + headers_len);
        }
        for reading in [Reading::SPECIFICATION, Reading::REFERENCE] {
            let later = decode(LinkType::ETHERNET, &fragment(v6, 504, false), reading);
            assert_eq!(later, Err(Ignored::LaterFragment));
        }
    }
    // A tunnel in a datagram that comes in fragments is entered only if the fragments are not put together.
    let [inner, _] = handmade();
    let mut frame = over_udp(4789, &[&[8, 0, 0, 0, 0, 0, 5, 0], &inner[..]].concat());
    frame[20] = 0x20;
    let entered = specified(&frame).unwrap();
    assert_eq!((entered.tunnel, entered.fragment, entered.dst_port), (Tunnel::Vxlan, Fragment::First, 443));
    let left = decode(LinkType::ETHERNET, &frame, counting).unwrap();
    assert_eq!((left.tunnel, left.fragment, left.dst_port), (Tunnel::None, Fragment::First, 4789));
}

/// What the standards define and nfstream 6.6.0 reads in another way.
#[test]
fn links_by_the_standards() {
    let packet = ipv4(17, &udp(2000, b"hello"));
    let stacks: [(u16, &[u8]); 4] = [
        (0x9100, &[0, 5, 0x88, 0xa8, 0, 6, 0x81, 0, 0, 7, 8, 0]),
        (0x9200, &[0, 5, 0x81, 0, 0, 7, 8, 0]),
        (0x8100, &[0, 7, 0x88, 0x64, 0x11, 0, 0, 1, 0, 35, 0, 0x21]),
        // SNAP with a type of which nfstream 6.6.0 reads the bytes in the other order.
        (0x8100, &[0, 7, 0, 41, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]),
    ];
    for (ethertype, between) in stacks {
        let frame = ethernet(ethertype, &[between, &packet].concat());
        let headers = specified(&frame).unwrap();
        let found = (headers.vlan_id, headers.dst_port, headers.ip_offset);
        assert_eq!(found, (7, 2000, 14 + between.len() as u32), "{ethertype:x} {between:x?}");
    }
    // No IP: control of PPP, and an unknown type with what only begins like IP.
    let not_ip: [(u16, &[u8]); 3] = [
        (0x8864, &[0x11, 0, 0, 1, 0, 35, 0xc0, 0x21, 0x45]),
        (0x88a4, &[0x45, 0, 0, 30]),
        (0x8100, &[0, 5, 0, 38, 0x42, 0x42, 3]),
    ];
    for (ethertype, start) in not_ip {
        let found = specified(&ethernet(ethertype, &[start, &[0; 60]].concat()));
        assert!(matches!(found, Err(Ignored::NotIp | Ignored::SpanningTree)), "{ethertype:x} {found:?}");
    }
    // 802.11 without quality of service after a radiotap header with flags in their place, and with a bad checksum.
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    let data = [&[8, 1, 0, 0], &[9; 6][..], &SRC_MAC, &DST_MAC, &[0, 0], &snap, &packet].concat();
    let radiotap = |flags| [&[0, 0, 9, 0, 2, 0, 0, 0, flags], &data[..]].concat();
    let read = |flags| decode(LinkType::IEEE802_11_RADIOTAP, &radiotap(flags), Reading::SPECIFICATION);
    let headers = read(0x10).unwrap();
    assert_eq!((headers.src_mac, headers.dst_mac, headers.dst_port), (SRC_MAC, DST_MAC, 2000));
    assert_eq!(read(0x50), Err(Ignored::Ieee80211BadFcs));
}

fn assert_ordered(headers: &Headers, frame_len: usize) {
    let Headers { outer_ip_offset, ip_offset, transport_offset, payload_offset, payload_end, .. } = *headers;
    let offsets = [outer_ip_offset, ip_offset, transport_offset, payload_offset, payload_end];
    assert!(offsets.is_sorted() && payload_end as usize <= frame_len, "{headers:?} of {frame_len} bytes");
}

fn readings() -> impl Strategy<Value = Reading> {
    let rules = prop::sample::select(vec![Rules::Specification, Rules::Reference]);
    let tunnels = prop::sample::select(vec![TunnelSet::None, TunnelSet::Reference, TunnelSet::All]);
    (rules, tunnels, any::<[bool; 3]>(), 0..2000_u32).prop_map(
        |(rules, tunnels, [mends, fragments, cut], wire_len)| Reading {
            rules,
            tunnels,
            mends_lengths: mends,
            counts_fragments: fragments,
            is_cut: cut,
            wire_len,
        },
    )
}

proptest! {
    #[test]
    fn damaged_tunnels_never_panic_and_offsets_are_ordered(
        frame in prop::sample::select(cases().iter().flat_map(around_handmade).map(|(frame, _)| frame).collect::<Vec<_>>()),
        edits in prop::collection::vec((12..120_usize, any::<u8>()), 0..6),
        noise in prop::collection::vec(any::<u8>(), 0..40),
        cut in 0..200_usize,
        reading in readings(),
    ) {
        let mut frame = [frame, noise].concat();
        for (at, byte) in edits {
            if let Some(to) = frame.get_mut(at) {
                *to = byte;
            }
        }
        frame.truncate(cut.max(20));
        if let Ok(headers) = decode(LinkType::ETHERNET, &frame, reading) {
            assert_ordered(&headers, frame.len());
            prop_assert!(headers.payload_size <= headers.transport_size);
            prop_assert!(headers.transport_size <= headers.ip_size);
        }
    }
}

//! Frames of any link type: no panic, and offsets in order within the frame.
//!
//! The first byte chooses the link type, the bits of the second how the frame is read; the frame follows, whole or cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nfstream_decode::{decode, Headers, LinkType, Reading, Rules, TunnelSet};

const LINK_TYPES: [LinkType; 16] = [
    LinkType::ETHERNET,
    LinkType::NULL,
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

fuzz_target!(|input: &[u8]| {
    let [link, options, frame @ ..] = input else { return };
    let link = LINK_TYPES[usize::from(*link) % LINK_TYPES.len()];
    let reading = Reading {
        rules: if options & 1 == 0 { Rules::Reference } else { Rules::Specification },
        tunnels: [TunnelSet::All, TunnelSet::None, TunnelSet::Reference][usize::from(options >> 1 & 3) % 3],
        mends_lengths: options & 8 == 0,
        counts_fragments: options & 16 == 0,
        ..Reading::REFERENCE
    };
    let whole = decode(link, frame, reading);
    let cut = decode(link, frame, Reading { is_cut: true, ..reading });
    // What goes beyond the reference's rules is tried for a frame that does not count by them; a cut one may count.
    let is_one_way = match reading.rules {
        Rules::Specification => true,
        Rules::Reference => options & 8 != 0 && options & 16 != 0 && !matches!(reading.tunnels, TunnelSet::All),
    };
    if is_one_way && whole.is_ok() {
        assert_eq!(cut, whole);
    }
    let Ok(headers) = cut else { return };
    let Headers { outer_ip_offset, ip_offset, transport_offset, payload_offset, payload_end, .. } = headers;
    assert!(outer_ip_offset <= ip_offset, "{headers:?}");
    assert!(ip_offset <= transport_offset, "{headers:?}");
    assert!(transport_offset <= payload_offset, "{headers:?}");
    assert!(payload_offset <= payload_end, "{headers:?}");
    assert!(payload_end as usize <= frame.len(), "{headers:?}");
    assert!(headers.payload_size <= headers.transport_size, "{headers:?}");
    assert!(headers.transport_size <= headers.ip_size, "{headers:?}");
    assert!(matches!(headers.ip_version, 4 | 6), "{headers:?}");
    assert!(headers.vlan_id < 1 << 12, "{headers:?}");
});

//! Frames of any link type: no panic, and offsets in order within the frame.
//!
//! The first byte chooses the link type, the lowest bit of the second whether tunnels are looked into; the frame
//! follows, whole or cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nfstream_decode::{decode, decode_cut, Headers, LinkType};

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
    let tunnels = options & 1 != 0;
    let whole = decode(link, frame, tunnels);
    let cut = decode_cut(link, frame, tunnels);
    if whole.is_ok() {
        assert_eq!(cut, whole);
    }
    let Ok(headers) = cut else { return };
    let Headers { ip_offset, transport_offset, payload_offset, payload_end, .. } = headers;
    assert!(ip_offset <= transport_offset, "{headers:?}");
    assert!(transport_offset <= payload_offset, "{headers:?}");
    assert!(payload_offset <= payload_end, "{headers:?}");
    assert!(payload_end as usize <= frame.len(), "{headers:?}");
    assert!(headers.payload_size <= headers.transport_size, "{headers:?}");
    assert!(headers.transport_size <= headers.ip_size, "{headers:?}");
    assert!(matches!(headers.ip_version, 4 | 6), "{headers:?}");
    assert!(headers.vlan_id < 1 << 12, "{headers:?}");
});

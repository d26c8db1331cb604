//! Frames put together by hand, for the tests and the benchmark.

pub(crate) const SRC_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
pub(crate) const DST_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];

pub(crate) const SRC_PORT: u16 = 1000;

pub(crate) fn ethernet(ethertype: u16, body: &[u8]) -> Vec<u8> {
    [&DST_MAC, &SRC_MAC, &ethertype.to_be_bytes()[..], body].concat()
}

/// From 10.0.0.1 to 10.0.0.2, do not fragment.
pub(crate) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = length(20 + payload.len());
    let header = [0x45, 0, high, low, 0, 1, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    [&header, payload].concat()
}

/// From `2001:db8::1` to `2001:db8::2`.
pub(crate) fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = length(payload.len());
    let address = |last| [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    [&[0x60, 0, 0, 0, high, low, next_header, 64], &address(1)[..], &address(2), payload].concat()
}

pub(crate) fn udp(dst_port: u16, payload: &[u8]) -> Vec<u8> {
    let checksum = [0, 0];
    [&SRC_PORT.to_be_bytes(), &dst_port.to_be_bytes(), &length(8 + payload.len()), &checksum, payload]
        .concat()
}

/// Without options, PSH and ACK set.
pub(crate) fn tcp(dst_port: u16, payload: &[u8]) -> Vec<u8> {
    let rest = [0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 1, 0, 0, 0, 0, 0];
    [&SRC_PORT.to_be_bytes(), &dst_port.to_be_bytes(), &rest[..], payload].concat()
}

/// A G-PDU without optional fields.
pub(crate) fn gtp_u(packet: &[u8]) -> Vec<u8> {
    [&[0x30, 255], &length(packet.len())[..], &[0, 0, 0, 1], packet].concat()
}

fn length(len: usize) -> [u8; 2] {
    u16::try_from(len).expect("frames built here are short").to_be_bytes()
}

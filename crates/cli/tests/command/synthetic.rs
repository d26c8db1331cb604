//! Captures made for a test.

const ETHERNET: u32 = 1;

/// A pcap file of UDP packets, each a flow of its own, at these seconds.
pub(crate) fn flows_at(seconds: impl IntoIterator<Item = u32>) -> Vec<u8> {
    let mut capture = header();
    for (number, second) in seconds.into_iter().enumerate() {
        capture.extend(packet(number as u32, second, 4));
    }
    capture
}

/// A pcap file header: little-endian, microseconds (draft-ietf-opsawg-pcap, section 4).
fn header() -> Vec<u8> {
    let words = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, ETHERNET];
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// A UDP packet with so many bytes of payload, from 10.x.y.z to 10.0.0.1, port 53, as it is in a capture.
pub(crate) fn packet(number: u32, second: u32, payload: u16) -> Vec<u8> {
    let payload: Vec<u8> = (1..=payload).map(|byte| byte as u8).collect();
    udp(number, second, 53, &payload)
}

/// A pcap file of questions of multicast DNS (RFC 6762), one for each name, which is a single label.
#[allow(dead_code, reason = "unit tests take this file, too, and do not ask")]
pub(crate) fn questions(names: &[&str]) -> Vec<u8> {
    let mut capture = header();
    for (number, name) in names.iter().enumerate() {
        let header = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        let question = [&[name.len() as u8], name.as_bytes(), &[0, 0, 1, 0, 1]].concat();
        capture.extend(udp(number as u32, 1_700_000_000, 5353, &[&header[..], &question].concat()));
    }
    capture
}

/// A UDP packet from 10.x.y.z to 10.0.0.1, as it is in a capture.
fn udp(number: u32, second: u32, port: u16, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u16;
    let [_, a, b, c] = (number + 2).to_be_bytes();
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45, 0];
    frame.extend((28 + length).to_be_bytes());
    frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, a, b, c, 10, 0, 0, 1, 0xc3, 0x50]);
    frame.extend(port.to_be_bytes());
    frame.extend((8 + length).to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(payload);
    let length = frame.len() as u32;
    let mut record: Vec<u8> = [second, 0, length, length].into_iter().flat_map(u32::to_le_bytes).collect();
    record.extend(frame);
    record
}

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
    let [_, a, b, c] = (number + 2).to_be_bytes();
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45, 0];
    frame.extend((28 + payload).to_be_bytes());
    frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, a, b, c, 10, 0, 0, 1, 0xc3, 0x50, 0, 53]);
    frame.extend((8 + payload).to_be_bytes());
    frame.extend([0, 0]);
    frame.extend((1..=payload).map(|byte| byte as u8));
    let length = frame.len() as u32;
    let mut record: Vec<u8> = [second, 0, length, length].into_iter().flat_map(u32::to_le_bytes).collect();
    record.extend(frame);
    record
}

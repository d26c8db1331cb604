//! Captures made for a test.

const ETHERNET: u32 = 1;

/// A pcap file of UDP packets, each a flow of its own, at these seconds.
pub(crate) fn flows_at(seconds: impl IntoIterator<Item = u32>) -> Vec<u8> {
    let mut capture = header();
    for (number, second) in seconds.into_iter().enumerate() {
        capture.extend(packet(number as u32, second));
    }
    capture
}

/// A pcap file header: little-endian, microseconds (draft-ietf-opsawg-pcap, section 4).
fn header() -> Vec<u8> {
    let words = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, ETHERNET];
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// One UDP packet with four bytes of payload, from 10.x.y.z to 10.0.0.1, port 53.
fn packet(number: u32, second: u32) -> Vec<u8> {
    let [_, a, b, c] = (number + 2).to_be_bytes();
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00];
    frame.extend([0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, a, b, c, 10, 0, 0, 1]);
    frame.extend([0xc3, 0x50, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4]);
    let length = frame.len() as u32;
    let mut record: Vec<u8> = [second, 0, length, length].into_iter().flat_map(u32::to_le_bytes).collect();
    record.extend(frame);
    record
}

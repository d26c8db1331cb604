//! Captures made by tests: Ethernet frames in a classic pcap file.

use std::io::Write;

use tempfile::NamedTempFile;

/// One packet: who to whom, when, how large, with which TCP flags.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    /// Host numbers, the last byte of `10.0.0.x` or `fd00::x`.
    pub(crate) hosts: (u8, u8),
    /// Ports; both 0 makes an ICMP message.
    pub(crate) ports: (u16, u16),
    /// Whether the packet is IPv6.
    pub(crate) v6: bool,
    /// 0 for no tag.
    pub(crate) vlan: u16,
    /// Microseconds since the epoch.
    pub(crate) time_us: u64,
    /// Bytes of TCP payload.
    pub(crate) payload: usize,
    /// TCP flags octet.
    pub(crate) flags: u8,
}

impl Packet {
    /// The Ethernet frame.
    pub(crate) fn frame(&self) -> Vec<u8> {
        let mac = |host: u8| [2, 0, 0, 0, 0, host];
        let mut frame = [mac(self.hosts.1), mac(self.hosts.0)].concat();
        if self.vlan != 0 {
            frame.extend([0x81, 0x00]);
            frame.extend(self.vlan.to_be_bytes());
        }
        let (protocol, transport) = self.transport();
        if self.v6 {
            frame.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
            frame.extend((transport.len() as u16).to_be_bytes());
            frame.extend([if protocol == 1 { 58 } else { protocol }, 64]);
            for host in [self.hosts.0, self.hosts.1] {
                frame.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
            }
        } else {
            frame.extend([0x08, 0x00, 0x45, 0]);
            frame.extend((20 + transport.len() as u16).to_be_bytes());
            frame.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
            for host in [self.hosts.0, self.hosts.1] {
                frame.extend([10, 0, 0, host]);
            }
        }
        frame.extend(transport);
        frame
    }

    fn transport(&self) -> (u8, Vec<u8>) {
        let mut bytes = Vec::new();
        if self.ports == (0, 0) {
            bytes.extend([8, 0, 0, 0, 0, 0, 0, 0]);
            bytes.resize(8 + self.payload, 0);
            return (1, bytes);
        }
        bytes.extend(self.ports.0.to_be_bytes());
        bytes.extend(self.ports.1.to_be_bytes());
        bytes.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, self.flags, 0xff, 0xff, 0, 0, 0, 0]);
        bytes.resize(20 + self.payload, 0);
        (6, bytes)
    }
}

/// The header of a classic pcap file: microseconds, little-endian, Ethernet.
pub(crate) fn header() -> Vec<u8> {
    let mut bytes = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
    bytes.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0]);
    bytes
}

/// A record of such a file.
pub(crate) fn record(time_us: u64, frame: &[u8]) -> Vec<u8> {
    let length = frame.len() as u32;
    let words = [(time_us / 1_000_000) as u32, (time_us % 1_000_000) as u32, length, length];
    words.into_iter().flat_map(u32::to_le_bytes).chain(frame.iter().copied()).collect()
}

/// Writes such a file.
pub(crate) fn capture(packets: &[Packet]) -> NamedTempFile {
    let mut file = NamedTempFile::with_suffix(".pcap").unwrap();
    let records = packets.iter().flat_map(|packet| record(packet.time_us, &packet.frame()));
    file.write_all(&header().into_iter().chain(records).collect::<Vec<_>>()).unwrap();
    file
}

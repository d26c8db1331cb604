//! Recorded captures, compared frame by frame with the `pcap-parser` crate.

use std::fs::{self, File};
use std::path::Path;

use nfstream_capture::{Captures, Input};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, PcapBlockOwned, PcapError, PcapHeader, create_reader};

use crate::{Packet, drain};

#[test]
fn frames_are_those_of_another_reader() {
    let Some(corpus) = nfstream_skip::corpus() else { return };
    let mut compared = 0;
    for entry in fs::read_dir(corpus.join("pcap")).unwrap() {
        let path = entry.unwrap().path();
        let mut captures = Captures::open([Input::from(path.as_path())]).unwrap();
        let packets = drain(&mut captures);
        let (expected, whole) = Oracle::default().read(&path);
        assert!(packets == expected, "{}: {} and {} packets", path.display(), packets.len(), expected.len());
        assert_eq!(captures.damages().is_empty(), whole, "{}: {:?}", path.display(), captures.damages());
        compared += packets.len();
    }
    assert!(compared > 0);
    println!("{compared} frames are equal");
}

/// What `pcap-parser` reads from a file.
#[derive(Default)]
struct Oracle {
    header: Option<PcapHeader>,
    interfaces: Vec<Interface>,
    packets: Vec<Packet>,
}

struct Interface {
    link_type: u16,
    snap_len: u32,
    ticks_per_second: u64,
    offset: i64,
}

impl Oracle {
    /// The packets, and whether the file is whole.
    fn read(mut self, path: &Path) -> (Vec<Packet>, bool) {
        let mut reader = create_reader(1 << 20, File::open(path).unwrap()).unwrap();
        loop {
            match reader.next() {
                Ok((length, block)) => {
                    self.take(block);
                    reader.consume(length);
                }
                Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
                Err(PcapError::Eof) => return (self.packets, true),
                Err(PcapError::UnexpectedEof) => return (self.packets, false),
                Err(error) => panic!("{}: {error:?}", path.display()),
            }
        }
    }

    fn take(&mut self, block: PcapBlockOwned<'_>) {
        match block {
            PcapBlockOwned::LegacyHeader(header) => self.header = Some(header),
            PcapBlockOwned::Legacy(record) => {
                let header = self.header.as_ref().unwrap();
                let scale = if header.is_nanosecond_precision() { 1 } else { 1000 };
                let kept = record.data.len().min(header.snaplen as usize);
                self.packets.push(Packet {
                    time_ns: u128::from(record.ts_sec) * 1_000_000_000 + u128::from(record.ts_usec) * scale,
                    wire_len: record.origlen,
                    link_type: header.network.0 as u16,
                    bytes: record.data[..kept].to_vec(),
                });
            }
            PcapBlockOwned::NG(block) => self.take_block(&block),
        }
    }

    fn take_block(&mut self, block: &Block<'_>) {
        match block {
            Block::SectionHeader(_) => self.interfaces.clear(),
            Block::InterfaceDescription(described) => self.interfaces.push(Interface {
                link_type: described.linktype.0 as u16,
                snap_len: described.snaplen,
                ticks_per_second: described.ts_resolution().unwrap(),
                offset: described.ts_offset(),
            }),
            Block::EnhancedPacket(packet) => {
                let interface = &self.interfaces[packet.if_id as usize];
                let ticks = u128::from(packet.ts_high) << 32 | u128::from(packet.ts_low);
                let time = ticks * 1_000_000_000 / u128::from(interface.ticks_per_second);
                let time_ns = time as i128 + i128::from(interface.offset) * 1_000_000_000;
                self.packets.push(Packet {
                    time_ns: time_ns.max(0) as u128,
                    wire_len: packet.origlen,
                    link_type: interface.link_type,
                    bytes: packet.packet_data().to_vec(),
                });
            }
            Block::SimplePacket(packet) => {
                let interface = &self.interfaces[0];
                let kept = packet.origlen.min(interface.snap_len) as usize;
                self.packets.push(Packet {
                    time_ns: self.packets.last().map_or(0, |last| last.time_ns),
                    wire_len: packet.origlen,
                    link_type: interface.link_type,
                    bytes: packet.data[..kept].to_vec(),
                });
            }
            _ => {}
        }
    }
}

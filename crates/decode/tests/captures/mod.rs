//! The frames of capture files, for tests.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use nfstream_decode::LinkType;
use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};

/// Visits the frames of a capture file: link type, length on the wire, captured bytes.
pub(crate) fn for_each_frame(path: &Path, mut visit: impl FnMut(LinkType, u32, &[u8])) {
    let name = path.display();
    let mut file = File::open(path).unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    let mut reader = create_reader(1 << 20, &bytes[..]).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut link_types = Vec::new();
    loop {
        let (consumed, block) = match reader.next() {
            Ok(next) => next,
            Err(PcapError::Eof) => return,
            Err(PcapError::Incomplete(_)) => {
                reader.refill().unwrap();
                continue;
            }
            Err(error) => panic!("{name}: {error}"),
        };
        match block {
            PcapBlockOwned::LegacyHeader(header) => link_types.push(LinkType(header.network.0 as u16)),
            PcapBlockOwned::Legacy(record) => {
                visit(link_types[0], record.origlen, &record.data[..record.caplen as usize]);
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => link_types.clear(),
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                link_types.push(LinkType(interface.linktype.0 as u16));
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                visit(
                    link_types[packet.if_id as usize],
                    packet.origlen,
                    &packet.data[..packet.caplen as usize],
                );
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let captured = packet.data.len().min(packet.origlen as usize);
                visit(link_types[0], packet.origlen, &packet.data[..captured]);
            }
            PcapBlockOwned::NG(_) => {}
        }
        reader.consume(consumed);
    }
}

//! Copies of packets, such as a mirror port sees: removed if they come within a time of each other.

use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use foldhash::quality::RandomState;
use hashbrown::HashTable;
use nfstream_capture::{Block, Frame};
use nfstream_decode::{LinkType, Reading, TunnelSet, decode};

/// Copies are compared as they came, tunnels and fragments included.
const OUTERMOST: Reading =
    Reading { tunnels: TunnelSet::None, counts_fragments: true, ..Reading::SPECIFICATION };

/// The most packets that one [`Generation`] remembers. With more, older ones are forgotten before their time.
const MOST: usize = 1 << 19;

const IPV4: [u8; 2] = [0x08, 0x00];
const IPV6: [u8; 2] = [0x86, 0xdd];
/// EtherTypes of VLAN tags: IEEE 802.1Q, 802.1ad, and the one that was used before it.
const TAGS: [[u8; 2]; 3] = [[0x81, 0x00], [0x88, 0xa8], [0x91, 0x00]];

/// Removes copies: frames whose outermost IP packet equals one that came at most `window` before, but for its TTL or hop limit and,
/// in IPv4, its header checksum. What comes before the IP packet (MAC addresses, VLAN tags) and after it does not matter.
///
/// A packet that its host sends again is another packet: it has another identification, or comes later than a window that suits
/// mirror ports. Packets are compared by 128 bits of hashes with random keys.
pub(crate) struct Duplicates {
    window: u128,
    keys: [RandomState; 2],
    young: Generation,
    old: Generation,
}

/// Packets seen since a time. Two generations have all packets of one window.
#[derive(Default)]
struct Generation {
    since: u128,
    packets: HashTable<Packet>,
}

struct Packet {
    hash: [u64; 2],
    time: u128,
}

impl Duplicates {
    /// A remover, unless the window is 0.
    pub(crate) fn within(window: Duration) -> Option<Self> {
        (!window.is_zero()).then(|| Self {
            window: window.as_nanos(),
            keys: Default::default(),
            young: Generation::default(),
            old: Generation::default(),
        })
    }

    /// Removes copies from a block. Returns how many, and their bytes on the wire.
    pub(crate) fn remove(&mut self, block: &mut Block) -> (u64, u64) {
        let (mut frames, mut bytes) = (0, 0);
        block.retain(|frame| {
            let is_copy = self.is_copy(&frame);
            frames += u64::from(is_copy);
            bytes += if is_copy { u64::from(frame.wire_len) } else { 0 };
            !is_copy
        });
        (frames, bytes)
    }

    /// Whether a frame is a copy of an earlier one. Frames without an IP packet never are.
    fn is_copy(&mut self, frame: &Frame<'_>) -> bool {
        let Some(packet) = ip_packet(frame) else { return false };
        let hash = self.keys.each_ref().map(|key| hash(key, packet));
        let time = frame.time.nanoseconds();
        self.age(time);
        let window = self.window;
        let is_equal = |packet: &Packet| packet.hash == hash;
        let is_recent = |generation: &mut Generation| {
            let packet = generation.packets.find_mut(hash[0], is_equal);
            packet.is_some_and(|packet| std::mem::replace(&mut packet.time, time).abs_diff(time) <= window)
        };
        // A copy renews the time wherever the packet is, so that a third copy is compared with the second.
        let (is_in_young, is_in_old) = (is_recent(&mut self.young), is_recent(&mut self.old));
        if !is_in_young && self.young.packets.find(hash[0], is_equal).is_none() {
            self.young.packets.insert_unique(hash[0], Packet { hash, time }, |packet| packet.hash[0]);
        }
        is_in_young || is_in_old
    }

    /// Forgets the older generation when all packets of a window are in the younger one, when time was set back, or when there is no room.
    fn age(&mut self, time: u128) {
        if self.young.since.abs_diff(time) > self.window || self.young.packets.len() >= MOST {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.packets.clear();
            self.young.since = time;
        }
    }
}

/// The outermost IP packet of a frame: found at once under Ethernet with or without VLAN tags and without a link header, else the
/// packet that the decoder finds.
fn ip_packet<'a>(frame: &Frame<'a>) -> Option<&'a [u8]> {
    let link = LinkType(frame.link_type);
    let at_once = match link {
        LinkType::ETHERNET => after_ethernet(frame.bytes),
        LinkType::RAW => Some(frame.bytes),
        _ => None,
    };
    let packet = match at_once {
        Some(packet) => packet,
        None => {
            let headers = decode(link, frame.bytes, OUTERMOST.of_frame(frame.wire_len, false)).ok()?;
            frame.bytes.get(headers.ip_offset as usize..)?
        }
    };
    whole(packet)
}

fn after_ethernet(frame: &[u8]) -> Option<&[u8]> {
    let mut rest = frame.get(12..)?;
    loop {
        let (ethertype, packet) = rest.split_first_chunk::<2>()?;
        match *ethertype {
            IPV4 | IPV6 => return Some(packet),
            tag if TAGS.contains(&tag) => rest = packet.get(2..)?,
            _ => return None,
        }
    }
}

/// An IP packet without what follows it in the frame. A packet without a length reaches to the end.
fn whole(packet: &[u8]) -> Option<&[u8]> {
    let length = match packet.first()? >> 4 {
        4 => usize::from(u16::from_be_bytes(*packet.get(..20)?.get(2..)?.first_chunk()?)),
        6 => match u16::from_be_bytes(*packet.get(..40)?.get(4..)?.first_chunk()?) {
            0 => 0,
            length => 40 + usize::from(length),
        },
        _ => return None,
    };
    if length == 0 { Some(packet) } else { Some(packet.get(..length).unwrap_or(packet)) }
}

/// The hash of an IP packet without what routers change.
fn hash(key: &RandomState, packet: &[u8]) -> u64 {
    let mut state = key.build_hasher();
    state.write_usize(packet.len());
    if let Some((start, rest)) = packet.split_first_chunk::<20>() {
        let mut start = *start;
        match start[0] >> 4 {
            4 => (start[8], start[10], start[11]) = (0, 0, 0),
            _ => start[7] = 0,
        }
        state.write(&start);
        state.write(rest);
    }
    state.finish()
}

#[cfg(test)]
mod tests {
    use nfstream_capture::Timestamp;

    use super::*;

    fn ipv4(identification: u8, ttl: u8) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 28, 0, identification, 0, 0, ttl, 17, ttl, ttl];
        packet.extend([10, 0, 0, 1, 10, 0, 0, 2, 0, 9, 0, 9, 0, 8, 0, 0]);
        packet
    }

    fn ethernet(mac: u8, tags: &[u8], packet: &[u8], padding: usize) -> Vec<u8> {
        let ethertype = if packet[0] >> 4 == 4 { IPV4 } else { IPV6 };
        [&[mac; 12], tags, &ethertype, packet, &vec![mac; padding]].concat()
    }

    /// Which of the frames, given with their microseconds, remain.
    fn kept(window_ms: u64, frames: &[(u64, Vec<u8>)]) -> Vec<usize> {
        let mut duplicates = Duplicates::within(Duration::from_millis(window_ms)).unwrap();
        let mut block = Block::default();
        let kept = frames.iter().enumerate().filter(|(_, (time_us, bytes))| {
            let time = Timestamp::new(0, time_us * 1000);
            let wire_len = bytes.len() as u32;
            block.clear();
            assert!(block.push(Frame { time, wire_len, link_type: 1, bytes }));
            let removed = duplicates.remove(&mut block);
            assert_eq!(removed, if block.is_empty() { (1, u64::from(wire_len)) } else { (0, 0) });
            !block.is_empty()
        });
        kept.map(|(number, _)| number).collect()
    }

    #[test]
    fn copies_differ_in_link_header_ttl_and_checksum_only() {
        let first = ethernet(1, &[], &ipv4(1, 64), 0);
        let mut ipv6 = vec![0x60, 0, 0, 0, 0, 4, 59, 64];
        ipv6.extend(0..36);
        let mut routed = ipv6.clone();
        routed[7] = 63;
        let mut other = ipv4(1, 64);
        other[27] = 1;
        let arp = [&[0; 12], &[8, 6][..], &[0; 28]].concat();
        let frames = [
            first.clone(),
            ethernet(2, &[0x81, 0, 0, 5], &ipv4(1, 63), 4),
            ethernet(2, &[0x88, 0xa8, 0, 7, 0x81, 0, 0, 5], &ipv4(1, 1), 18),
            ethernet(1, &[], &ipv4(2, 64), 0),
            ethernet(1, &[], &other, 0),
            arp.clone(),
            arp,
            ethernet(1, &[], &ipv6, 0),
            ethernet(3, &[], &routed, 6),
        ];
        assert_eq!(kept(1, &frames.map(|frame| (7, frame))), [0, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_copy_comes_within_the_window_of_the_packet_or_of_another_copy() {
        let frame = ethernet(1, &[], &ipv4(1, 64), 0);
        let at =
            |times: &[u64]| kept(1, &times.iter().map(|&time| (time, frame.clone())).collect::<Vec<_>>());
        assert_eq!(at(&[5_000, 6_000, 7_000, 8_001, 9_000]), [0, 3]);
        assert_eq!(at(&[5_000, 4_500, 3_000, 3_000]), [0, 2]);
        // Whatever comes in between, and however the generations change.
        for step in [100, 333, 900] {
            let others =
                (0..30).map(|number| (number * step, ethernet(1, &[], &ipv4(100 + number as u8, 64), 0)));
            let mut frames: Vec<_> = others.collect();
            frames.extend((0..30).map(|number| (number * step + 500, frame.clone())));
            frames
                .extend((0..30).map(|number| {
                    (number * step + 1_000, ethernet(2, &[], &ipv4(100 + number as u8, 9), 3))
                }));
            frames.sort_by_key(|(time, _)| *time);
            assert_eq!(kept(1, &frames).len(), 31, "{step}");
        }
    }
}

//! Rings of frames that the kernel and the process share (packet(7), `TPACKET_V3`).

use std::io;
use std::time::Duration;

use super::clock::ago;
use super::interfaces::{self, ANY, ARPHRD_LOOPBACK, Interface};
use super::losses::Losses;
use super::options::{LiveOptions, Stamps};
use super::steering::Steering;
use crate::block::Entry;
use crate::filter::{self, Filter};
use crate::tpacket::{Blocks, RingMemory, Socket, lost_by_interface};
use crate::{Block, Error, Timestamp};

/// The delay after which a frame is in a block that can be read, unless blocks before it have not been read. It is long enough for
/// the kernel's timer on a busy machine.
const DELAY: Duration = Duration::from_millis(200);

/// Number of bytes of `struct tpacket3_hdr`; a `struct sockaddr_ll` follows it.
const FRAME_HEADER: usize = 48;

/// LINKTYPE numbers.
const LINKTYPE_ETHERNET: u16 = 1;
const LINKTYPE_RAW: u16 = 101;
const LINKTYPE_IEEE802_11: u16 = 105;
const LINKTYPE_LINUX_SLL: u16 = 113;
const LINKTYPE_IEEE802_11_RADIOTAP: u16 = 127;

/// Number of bytes of a cooked header.
const COOKED: usize = 16;
/// EtherTypes.
const ETHERTYPE_IPV4: [u8; 2] = [0x08, 0x00];
const ETHERTYPE_IPV6: [u8; 2] = [0x86, 0xdd];
const VLAN: [u8; 2] = [0x81, 0x00];
/// Number of bytes of a VLAN tag.
const TAG: usize = 4;
/// Number of bytes of both addresses of an Ethernet frame, which come before its tags.
const ADDRESSES: usize = 12;

/// Frames of an interface, to be taken by one thread. Among the rings of a capture, all frames of a flow come in one ring; see
/// [`Steering`].
#[derive(Debug)]
pub struct Ring {
    socket: Socket,
    blocks: Blocks,
    link: Link,
    /// The filter for the wanted frames, if the kernel cannot filter them.
    filter: Option<Filter>,
    losses: Losses,
    /// The interface's losses when the capture began; for one ring of a capture.
    lost_before: Option<u64>,
}

/// The form of an interface's frames.
#[derive(Clone, Debug)]
struct Link {
    /// The interface, or [`ANY`].
    name: String,
    index: u32,
    /// The link type of the delivered frames.
    link_type: u16,
    /// Whether a cooked header (`LINKTYPE_LINUX_SLL`) takes the place of a link header.
    cooked: bool,
}

impl Ring {
    /// Opens rings for the frames of an interface, or of all interfaces with [`ANY`]. The rings share the frames among themselves.
    ///
    /// # Errors
    /// [`Error::NoInterface`], [`Error::InterfaceDown`], [`Error::NotPermitted`], [`Error::Filter`] for an invalid expression;
    /// [`Error::Interface`] for anything else that the operating system refuses.
    pub fn open(name: &str, options: &LiveOptions, count: usize) -> Result<(Vec<Self>, Steering), Error> {
        let link = Link::of(name)?;
        let filter = Wanted::new(&link, options)?;
        let refused = |doing: &'static str| {
            let interface = name.to_owned();
            move |source: io::Error| match source.raw_os_error() {
                Some(libc::EPERM | libc::EACCES) => Error::NotPermitted { interface },
                Some(libc::ENETDOWN) => Error::InterfaceDown { interface },
                Some(libc::ENODEV | libc::ENXIO) => Error::InterfaceGone { interface },
                _ => Error::Interface { interface, doing, source },
            }
        };
        let steering = Steering::new();
        let mut rings: Vec<Self> = Vec::new();
        for _ in 0..count {
            let socket = Socket::open(link.cooked).map_err(refused("open a socket"))?;
            // No frames come in before all rings share them.
            socket.attach_filter(&[filter::returns(0)]).map_err(refused("hold frames back"))?;
            if options.stamps == Stamps::Hardware {
                socket.use_hardware_stamps(name).map_err(refused("use its hardware timestamps"))?;
            }
            let blocks = Blocks::over(&socket, options.ring_size(count))
                .map_err(refused("allocate memory for frames"))?;
            if options.promiscuous && link.index != 0 {
                socket.be_promiscuous(link.index).map_err(refused("put it in promiscuous mode"))?;
            }
            socket.bind(link.index).map_err(refused("receive frames"))?;
            rings.push(Self::new(socket, blocks, link.clone(), filter.in_process()?));
        }
        if let [first, others @ ..] = &rings[..]
            && !others.is_empty()
        {
            let group = first.socket.begin_group(&steering.program()).map_err(refused("share its frames"))?;
            others
                .iter()
                .try_for_each(|ring| ring.socket.join_group(group))
                .map_err(refused("share its frames"))?;
        }
        for ring in &rings {
            ring.socket.attach_filter(&filter.in_kernel).map_err(refused("filter frames"))?;
        }
        if let Some(first) = rings.first_mut() {
            first.lost_before = lost_by_interface(name);
        }
        Ok((rings, steering))
    }

    fn new(socket: Socket, blocks: Blocks, link: Link, filter: Option<Filter>) -> Self {
        Self { socket, blocks, link, filter, losses: Losses::default(), lost_before: None }
    }

    /// Waits for frames, at most for `patience`. They stay where the kernel has put them: the block holds them there until it is
    /// cleared or dropped. When the whole ring is held, new frames are lost. The block is empty if no frames have come.
    ///
    /// # Errors
    /// [`Error::InterfaceGone`] or [`Error::InterfaceDown`] when no more frames will come.
    pub fn fill(&mut self, block: &mut Block, patience: Duration) -> Result<(), Error> {
        block.clear();
        if !self.take(block)? {
            self.wait(patience)?;
            self.take(block)?;
        }
        Ok(())
    }

    fn wait(&self, patience: Duration) -> Result<(), Error> {
        let interface = || self.link.name.clone();
        match self.socket.wait(patience) {
            Ok(()) if !self.blocks.is_next_ready() && self.blocks.are_held() => {
                // The kernel calls this readable, too: it cannot know that the blocks before this one are in use.
                std::thread::sleep(Duration::from_millis(1));
                Ok(())
            }
            Ok(()) => Ok(()),
            Err(error) if error.raw_os_error() == Some(libc::ENETDOWN) => {
                let is_there = interfaces::interfaces()
                    .is_ok_and(|all| all.iter().any(|interface| interface.index == self.link.index));
                Err(match is_there {
                    true => Error::InterfaceWentDown { interface: interface() },
                    false => Error::InterfaceGone { interface: interface() },
                })
            }
            Err(source) => Err(Error::Interface { interface: interface(), doing: "wait for frames", source }),
        }
    }

    /// Takes the next block of the ring, if the kernel is done with it.
    fn take(&mut self, block: &mut Block) -> Result<bool, Error> {
        let Some(taken) = self.blocks.take() else { return Ok(false) };
        block.hold(taken, |taken, index| self.link.list(taken.bytes_mut(), index));
        if let Some(filter) = &mut self.filter
            && let Some(error) = filter.apply(block).error
        {
            return Err(error.into());
        }
        Ok(true)
    }

    /// The time up to which all frames have been read; `None` while some may wait.
    pub fn now(&self) -> Option<Timestamp> {
        let now = ago(DELAY)?;
        // Checked after the clock: frames that came earlier and can be read would be there.
        (!self.blocks.is_next_ready()).then_some(now)
    }

    /// Number of frames that have been lost since the ring was opened. One ring of a capture reports those of the interface.
    pub fn losses(&mut self) -> Losses {
        if let Ok(statistics) = self.socket.statistics() {
            self.losses.kernel += u64::from(statistics.drops);
        }
        if let Some(before) = self.lost_before
            && let Some(lost) = lost_by_interface(&self.link.name)
        {
            self.losses.interface = lost.saturating_sub(before);
        }
        self.losses
    }
}

/// The filter for the wanted frames.
struct Wanted {
    in_kernel: Vec<libc::sock_filter>,
    /// An expression that the kernel cannot judge, or would judge in another way than for a file.
    expression: Option<String>,
}

impl Wanted {
    fn new(link: &Link, options: &LiveOptions) -> Result<Self, Error> {
        let LiveOptions { filter, snapshot_length, .. } = options;
        let all = vec![filter::returns((*snapshot_length).max(1))];
        if filter.trim().is_empty() {
            return Ok(Self { in_kernel: all, expression: None });
        }
        // The kernel removes VLAN tags before it runs the filter.
        if !filter.contains("vlan") {
            // A cooked frame has no link header yet when the kernel runs the filter.
            let link_type = if link.cooked { LINKTYPE_RAW } else { link.link_type };
            let in_kernel = filter::for_kernel(&filter::compile(filter, link_type, *snapshot_length)?);
            if Socket::takes_filter(&in_kernel) {
                return Ok(Self { in_kernel, expression: None });
            }
        }
        filter::compile(filter, link.link_type, *snapshot_length)?;
        Ok(Self { in_kernel: all, expression: Some(filter.clone()) })
    }

    fn in_process(&self) -> Result<Option<Filter>, Error> {
        Ok(self.expression.as_deref().map(Filter::new).transpose()?)
    }
}

impl Link {
    fn of(name: &str) -> Result<Self, Error> {
        let cooked = |name: &str, index| Self {
            name: name.to_owned(),
            index,
            link_type: LINKTYPE_LINUX_SLL,
            cooked: true,
        };
        if name == ANY {
            return Ok(cooked(name, 0));
        }
        let all = interfaces::interfaces().map_err(|source| Error::Interface {
            interface: name.to_owned(),
            doing: "look for it",
            source,
        })?;
        let Some(interface) = all.iter().find(|interface| interface.name == name) else {
            return Err(interfaces::none_named(name, all));
        };
        if !interface.is_up {
            return Err(Error::InterfaceDown { interface: name.to_owned() });
        }
        Ok(match link_type(interface) {
            Some(link_type) => {
                Self { name: name.to_owned(), index: interface.index, link_type, cooked: false }
            }
            None => cooked(name, interface.index),
        })
    }

    /// Lists the frames of a block of a ring, and puts the bytes that the kernel has removed back in front of them.
    fn list(&self, bytes: &mut [u8], index: &mut Vec<Entry>) {
        let frames = (read_u32(bytes, BLOCK_FRAMES) as usize).min(Block::MOST_FRAMES);
        let Some(mut at) = (read_u32(bytes, BLOCK_FIRST) as usize).checked_sub(RingMemory::BEFORE) else {
            return;
        };
        for _ in 0..frames {
            let Some(header) = bytes.get(at..).and_then(FrameHeader::read) else { return };
            if !(header.is_outgoing && header.hardware_type == ARPHRD_LOOPBACK) {
                index.extend(self.entry(bytes, at, &header));
            }
            match at.checked_add(header.next) {
                Some(next) if next > at => at = next,
                _ => return,
            }
        }
    }

    fn entry(&self, bytes: &mut [u8], at: usize, header: &FrameHeader) -> Option<Entry> {
        let FrameHeader { time, mut captured, mut wire_len, tag, .. } = *header;
        let mut offset = at + header.offset;
        let (before, frame) = bytes.split_at_mut_checked(offset)?;
        let frame = frame.get(..captured)?;
        if self.cooked {
            let cooked = header.cook(before, frame)?;
            (offset, captured) = (offset - cooked, captured + cooked);
            wire_len = wire_len.saturating_add(cooked as u32);
        } else if let Some(tag) = tag {
            // A frame that was cut before the tag's place does not show it.
            if captured >= ADDRESSES {
                let start = offset.checked_sub(TAG)?;
                let moved = bytes.get_mut(start..offset + ADDRESSES)?;
                moved.copy_within(TAG.., 0);
                moved.last_chunk_mut::<TAG>()?.copy_from_slice(&tag);
                (offset, captured) = (start, captured + TAG);
            }
            wire_len = wire_len.saturating_add(TAG as u32);
        }
        Some(Entry {
            time,
            offset: offset as u32,
            captured: captured as u32,
            wire_len,
            link_type: self.link_type,
        })
    }
}

/// The link type with which an interface's frames are captured; `None` if they have no known link header.
fn link_type(interface: &Interface) -> Option<u16> {
    use interfaces::*;
    match interface.hardware_type {
        ARPHRD_ETHER | ARPHRD_LOOPBACK => Some(LINKTYPE_ETHERNET),
        ARPHRD_NONE | ARPHRD_TUNNEL | ARPHRD_TUNNEL6 | ARPHRD_SIT => Some(LINKTYPE_RAW),
        ARPHRD_IEEE80211 => Some(LINKTYPE_IEEE802_11),
        ARPHRD_IEEE80211_RADIOTAP => Some(LINKTYPE_IEEE802_11_RADIOTAP),
        _ => None,
    }
}

/// The kernel's data about a frame: `struct tpacket3_hdr` and `struct sockaddr_ll`.
struct FrameHeader {
    /// Offsets of the next header and of this frame, from the header on.
    next: usize,
    offset: usize,
    time: Timestamp,
    captured: usize,
    wire_len: u32,
    /// The VLAN tag that was removed.
    tag: Option<[u8; TAG]>,
    is_outgoing: bool,
    hardware_type: u16,
    /// Fields in the form of a cooked header.
    packet_type: u8,
    address_length: u8,
    address: [u8; 8],
    protocol: [u8; 2],
}

impl FrameHeader {
    fn read(bytes: &[u8]) -> Option<Self> {
        let address = bytes.get(FRAME_HEADER..FRAME_HEADER + 20)?;
        let status = read_u32(bytes, 20);
        let (tci, tpid) = (read_u32(bytes, 32) as u16, read_u16(bytes, 36));
        let tpid = if status & libc::TP_STATUS_VLAN_TPID_VALID != 0 { tpid } else { 0x8100 };
        let ([a, b], [c, d]) = (tpid.to_be_bytes(), tci.to_be_bytes());
        Some(Self {
            next: read_u32(bytes, 0) as usize,
            offset: usize::from(read_u16(bytes, 24)),
            time: Timestamp::new(read_u32(bytes, 4).into(), read_u32(bytes, 8).into()),
            captured: read_u32(bytes, 12) as usize,
            wire_len: read_u32(bytes, 16),
            tag: (status & libc::TP_STATUS_VLAN_VALID != 0).then_some([a, b, c, d]),
            protocol: *address.get(2..)?.first_chunk()?,
            hardware_type: read_u16(address, 8),
            is_outgoing: address.get(10) == Some(&libc::PACKET_OUTGOING),
            packet_type: *address.get(10)?,
            address_length: *address.get(11)?,
            address: *address.get(12..)?.first_chunk()?,
        })
    }

    /// Writes a cooked header (`LINKTYPE_LINUX_SLL`), with the VLAN tag that was removed, at the end of the room before the frame.
    /// Returns its length.
    fn cook(&self, before: &mut [u8], frame: &[u8]) -> Option<usize> {
        let mut header = [0; COOKED + TAG];
        header[1] = self.packet_type;
        header[2..4].copy_from_slice(&self.hardware_type.to_be_bytes());
        header[5] = self.address_length;
        header[6..14].copy_from_slice(&self.address);
        let length = match self.tag {
            Some([a, b, c, d]) => {
                header[14..18].copy_from_slice(&[a, b, c, d]);
                let next = if self.begins_in_a_tag(frame) { VLAN } else { self.protocol };
                header[18..20].copy_from_slice(&next);
                COOKED + TAG
            }
            None => {
                header[14..16].copy_from_slice(&self.protocol);
                COOKED
            }
        };
        let start = before.len().checked_sub(length)?;
        before.get_mut(start..)?.copy_from_slice(header.get(..length)?);
        Some(length)
    }

    /// Whether a cooked frame begins in the middle of a second VLAN tag. For these frames, the kernel since Linux 6.10 gives the
    /// protocol after all tags, and no longer shows that there is another tag.
    fn begins_in_a_tag(&self, frame: &[u8]) -> bool {
        let Some(&[first, _, c, d]) = frame.first_chunk() else { return false };
        let is_ip = match self.protocol {
            ETHERTYPE_IPV4 => first >> 4 == 4,
            ETHERTYPE_IPV6 => first >> 4 == 6,
            _ => false,
        };
        [c, d] == self.protocol && !is_ip
    }
}

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

fn read_u16(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u16::from_ne_bytes(*bytes))
}

/// Offsets in `struct tpacket_block_desc`: the number of frames of a block, and the offset of the first.
const BLOCK_FRAMES: usize = 12 - RingMemory::BEFORE;
const BLOCK_FIRST: usize = 16 - RingMemory::BEFORE;

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use proptest::prelude::*;

    use super::*;
    use crate::Frame;

    /// The offset of a frame from its header, with the reserve that the kernel is asked for.
    const OFFSET: usize = 112;
    /// The status with which the kernel puts a tag beside a frame.
    const TAGGED: u32 = libc::TP_STATUS_VLAN_VALID | libc::TP_STATUS_VLAN_TPID_VALID;

    const OPTIONS: LiveOptions = LiveOptions {
        promiscuous: true,
        snapshot_length: 1536,
        buffer_size: 0,
        filter: String::new(),
        stamps: Stamps::Kernel,
    };

    fn link(cooked: bool) -> Link {
        let link_type = if cooked { LINKTYPE_LINUX_SLL } else { LINKTYPE_ETHERNET };
        Link { name: "test0".to_owned(), index: 7, link_type, cooked }
    }

    /// The content of one of the kernel's headers: numbers at their places.
    #[derive(Clone, Debug)]
    struct Header {
        next: u32,
        captured: u32,
        wire_len: u32,
        status: u32,
        offset: u16,
    }

    fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
        if let Some(place) = bytes.get_mut(at..at.saturating_add(value.len())) {
            place.copy_from_slice(value);
        }
    }

    fn put_header(bytes: &mut [u8], at: usize, header: &Header) {
        let Header { next, captured, wire_len, status, offset } = header;
        // Seconds and nanoseconds; the tag; an IPv4 packet that came in over Ethernet from a host with an address.
        let numbers =
            [(0, *next), (4, 1_000), (8, 5), (12, *captured), (16, *wire_len), (20, *status), (32, 42)];
        for (place, number) in numbers {
            put(bytes, at + place, &number.to_ne_bytes());
        }
        put(bytes, at + 24, &offset.to_ne_bytes());
        put(bytes, at + 36, &0x88a8_u16.to_ne_bytes());
        put(bytes, at + 50, &ETHERTYPE_IPV4);
        put(bytes, at + 56, &1_u16.to_ne_bytes());
        put(bytes, at + 58, &[0, 6, 2, 4, 6, 8, 10, 12]);
    }

    /// A block as the kernel fills it, from [`RingMemory::BEFORE`] on: frames, each with its status.
    fn block(frames: &[(Vec<u8>, u32)]) -> Vec<u8> {
        let mut bytes = vec![0; 48 - RingMemory::BEFORE];
        put(&mut bytes, BLOCK_FRAMES, &(frames.len() as u32).to_ne_bytes());
        put(&mut bytes, BLOCK_FIRST, &48_u32.to_ne_bytes());
        for (position, (frame, status)) in frames.iter().enumerate() {
            let (at, length) = (bytes.len(), (OFFSET + frame.len()).next_multiple_of(16));
            let next = if position + 1 < frames.len() { length as u32 } else { 0 };
            let (captured, wire_len) = (frame.len() as u32, frame.len() as u32 + 100);
            bytes.resize(at + length, 0);
            put_header(
                &mut bytes,
                at,
                &Header { next, captured, wire_len, status: *status, offset: OFFSET as u16 },
            );
            put(&mut bytes, at + OFFSET, frame);
        }
        bytes
    }

    /// The frames of a block, as time, bytes and length on the wire.
    fn listed(link: &Link, bytes: &mut [u8]) -> Vec<(Timestamp, Vec<u8>, u32)> {
        let mut index = Vec::new();
        link.list(bytes, &mut index);
        let bytes_of = |entry: &Entry| {
            let (start, captured) = (entry.offset as usize, entry.captured as usize);
            bytes
                .get(start..start + captured)
                .expect("an entry is made only for bytes that are there")
                .to_vec()
        };
        index.iter().map(|entry| (entry.time, bytes_of(entry), entry.wire_len)).collect()
    }

    fn frame() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 0..80)
    }

    proptest! {
        #[test]
        fn frames_come_back_with_their_tags(frames in prop::collection::vec((frame(), any::<bool>()), 0..20)) {
            let put: Vec<_> =
                frames.iter().map(|(frame, tagged)| (frame.clone(), if *tagged { TAGGED } else { 0 })).collect();
            let expected = frames.iter().map(|(frame, tagged)| {
                let mut whole = frame.clone();
                if *tagged && frame.len() >= ADDRESSES {
                    whole.splice(ADDRESSES..ADDRESSES, [0x88, 0xa8, 0, 42]);
                }
                let wire_len = frame.len() as u32 + 100 + if *tagged { 4 } else { 0 };
                (Timestamp::new(1_000, 5), whole, wire_len)
            });
            prop_assert_eq!(listed(&link(false), &mut block(&put)), expected.collect::<Vec<_>>());
        }

        #[test]
        fn cooked_frames_get_a_header(packets in prop::collection::vec((frame(), any::<bool>()), 0..20)) {
            let put = packets.iter().map(|(packet, tagged)| {
                ([&[0x45], &packet[..]].concat(), if *tagged { TAGGED } else { 0 })
            });
            let put: Vec<_> = put.collect();
            let expected = put.iter().map(|(packet, status)| {
                let header = [0, 0, 0, 1, 0, 6, 2, 4, 6, 8, 10, 12, 0, 0];
                let tag: &[u8] = if *status == TAGGED { &[0x88, 0xa8, 0, 42] } else { &[] };
                let whole = [&header, tag, &ETHERTYPE_IPV4, packet].concat();
                let wire_len = whole.len() as u32 + 100;
                (Timestamp::new(1_000, 5), whole, wire_len)
            });
            prop_assert_eq!(listed(&link(true), &mut block(&put)), expected.collect::<Vec<_>>());
        }

        #[test]
        fn no_block_makes_entries_for_bytes_that_are_not_there(
            mut bytes in prop::collection::vec(any::<u8>(), 0..2_000),
            headers in prop::collection::vec((0_usize..2_000, header()), 0..12),
            (frames, first) in (number(), number()),
            cooked in any::<bool>(),
        ) {
            for (at, header) in &headers {
                put_header(&mut bytes, *at, header);
            }
            put(&mut bytes, BLOCK_FRAMES, &frames.to_ne_bytes());
            put(&mut bytes, BLOCK_FIRST, &first.to_ne_bytes());
            let listed = listed(&link(cooked), &mut bytes);
            prop_assert!(listed.len() <= bytes.len());
        }
    }

    /// Numbers that occur in a block, and numbers that could cause an overflow.
    fn number() -> impl Strategy<Value = u32> {
        prop_oneof![4 => 0_u32..2_000, 1 => any::<u32>(), 1 => u32::MAX - 200..=u32::MAX]
    }

    fn header() -> impl Strategy<Value = Header> {
        let numbers = (number(), number(), number(), any::<u32>());
        (numbers, prop_oneof![4 => 0_u16..300, 1 => any::<u16>()]).prop_map(
            |((next, captured, wire_len, status), offset)| Header {
                next,
                captured,
                wire_len,
                status,
                offset,
            },
        )
    }

    #[test]
    fn a_block_that_goes_round_or_back_ends() {
        for (next, expected) in [(0, 1), (u32::MAX, 1), (u32::MAX - 15, 1)] {
            let mut bytes = block(&vec![(vec![1; 60], 0); 3]);
            put(&mut bytes, 48 - RingMemory::BEFORE, &next.to_ne_bytes());
            put(&mut bytes, BLOCK_FRAMES, &u32::MAX.to_ne_bytes());
            assert_eq!(listed(&link(false), &mut bytes).len(), expected, "next is {next}");
        }
        for first in [0, RingMemory::BEFORE as u32 - 1, u32::MAX] {
            let mut bytes = block(&[(vec![1; 60], 0)]);
            put(&mut bytes, BLOCK_FIRST, &first.to_ne_bytes());
            assert_eq!(listed(&link(false), &mut bytes), [], "the first is at {first}");
        }
    }

    #[test]
    fn a_block_has_no_more_frames_than_others_expect() {
        let mut bytes = vec![0; Block::CAPACITY - RingMemory::BEFORE];
        put(&mut bytes, BLOCK_FRAMES, &u32::MAX.to_ne_bytes());
        put(&mut bytes, BLOCK_FIRST, &48_u32.to_ne_bytes());
        // Every fourth byte begins a header with the number four in every field, so that the next header begins there.
        for at in (48 - RingMemory::BEFORE..bytes.len()).step_by(4) {
            put(&mut bytes, at, &4_u32.to_ne_bytes());
        }
        assert_eq!(listed(&link(false), &mut bytes).len(), Block::MOST_FRAMES);
    }

    #[test]
    fn what_the_kernel_would_refuse_is_filtered_here() {
        let wanted = |filter: &str| {
            let options = LiveOptions { filter: filter.to_owned(), ..OPTIONS };
            Wanted::new(&link(false), &options).map(|wanted| wanted.expression.is_some())
        };
        match wanted("tcp port 80") {
            Err(Error::Filter(crate::FilterError::NoLibpcap)) => {
                return nfstream_skip::skip(
                    "libpcap is missing; install it with: apt-get install libpcap0.8",
                );
            }
            in_process => assert!(!in_process.expect("a filter")),
        }
        let long =
            (0..400).map(|host| format!("ip6 host 2001:db8::{host:x}")).collect::<Vec<_>>().join(" or ");
        for filter in ["vlan and tcp", "ip protochain 6", &long] {
            assert!(wanted(filter).expect("a filter"), "the kernel was asked for {filter:.40}");
        }
    }

    /// A ring with the fewest possible blocks over the loopback interface, and a sender to it. None if that is not permitted.
    fn loopback() -> Option<(Ring, UdpSocket)> {
        let options = LiveOptions { buffer_size: 1, promiscuous: false, ..OPTIONS };
        let ring = match Ring::open("lo", &options, 1) {
            Ok((mut rings, _)) => rings.pop().expect("one ring"),
            Err(Error::NotPermitted { .. }) => {
                nfstream_skip::skip("not root: rings are not tested; run the tests with sudo");
                return None;
            }
            Err(Error::InterfaceDown { .. }) => {
                nfstream_skip::skip("lo is down: rings are not tested; bring it up with: ip link set lo up");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.connect(socket.local_addr().expect("an address")).expect("its own other side");
        Some((ring, socket))
    }

    /// Sends until a block has come.
    fn next_block(ring: &mut Ring, socket: &UdpSocket) -> Block {
        let mut block = Block::default();
        while block.is_empty() {
            socket.send(b"nfstream").expect("it is sent");
            ring.fill(&mut block, Duration::from_millis(100)).expect("the ring goes on");
        }
        block
    }

    #[test]
    fn a_ring_whose_blocks_are_all_held_gives_no_other() {
        let Some((mut ring, socket)) = loopback() else { return };
        let mut held: Vec<_> = (0..4).map(|_| next_block(&mut ring, &socket)).collect();
        let bytes = |block: &Block| block.frames().map(|frame| frame.bytes.to_vec()).collect::<Vec<_>>();
        let before: Vec<_> = held.iter().map(bytes).collect();
        let mut further = Block::default();
        for _ in 0..100 {
            socket.send(b"lost").expect("it is sent");
            ring.fill(&mut further, Duration::ZERO).expect("the ring goes on");
            assert!(further.is_empty() && ring.blocks.are_held() && !ring.blocks.is_next_ready());
        }
        assert_eq!(
            held.iter().map(bytes).collect::<Vec<_>>(),
            before,
            "blocks are left alone while they are held"
        );
        // The blocks go back from another thread, in any order; then the ring continues, as before.
        std::thread::scope(|scope| scope.spawn(|| drop(held.drain(..).rev().collect::<Vec<_>>())).join())
            .expect("dropped");
        for _ in 0..8 {
            next_block(&mut ring, &socket);
        }
        assert!(ring.losses().kernel > 0);
    }

    #[test]
    fn nothing_is_written_into_a_ring() {
        let Some((mut ring, socket)) = loopback() else { return };
        let bytes = [u8::MAX; 4_000];
        let frame = Frame { time: Timestamp::EPOCH, wire_len: 4_000, link_type: 1, bytes: &bytes };
        for _ in 0..8 {
            let mut block = next_block(&mut ring, &socket);
            assert!(!block.push(frame), "a block of a ring has no room for other frames");
            block.retain(|_| false);
            assert!(block.push(frame), "a block without frames has room");
            assert!(!ring.blocks.are_held(), "its memory is its own, and the ring has the block back");
            assert_eq!(block.frames().collect::<Vec<_>>(), [frame]);
            let mut block = next_block(&mut ring, &socket);
            block.parts().0.fill(u8::MAX);
            assert!(block.is_empty() && !ring.blocks.are_held());
        }
    }
}

//! Rings of frames that the kernel and the process share (packet(7), `TPACKET_V3`).

use std::io;
use std::time::Duration;

use super::Losses;
use super::interfaces::{self, ANY, ARPHRD_LOOPBACK, Interface};
use super::options::{LiveOptions, Stamps};
use super::ring_memory::Blocks;
use super::socket::{self, Socket};
use super::steering::Steering;
use crate::block::Entry;
use crate::filter::{self, Filter};
use crate::{Block, Error, Timestamp};

/// By when a frame that has come is in a block that can be read, unless blocks before it have not been read: time enough for
/// the kernel's timer on a busy machine.
const DELAY: Duration = Duration::from_millis(200);

/// Bytes of `struct tpacket3_hdr`; behind it comes a `struct sockaddr_ll`.
const FRAME_HEADER: usize = 48;

/// LINKTYPE numbers.
const LINKTYPE_ETHERNET: u16 = 1;
const LINKTYPE_RAW: u16 = 101;
const LINKTYPE_IEEE802_11: u16 = 105;
const LINKTYPE_LINUX_SLL: u16 = 113;
const LINKTYPE_IEEE802_11_RADIOTAP: u16 = 127;

/// Bytes of a cooked header.
const COOKED: usize = 16;
/// EtherTypes.
const ETHERTYPE_IPV4: [u8; 2] = [0x08, 0x00];
const ETHERTYPE_IPV6: [u8; 2] = [0x86, 0xdd];
const VLAN: [u8; 2] = [0x81, 0x00];
/// Bytes of a VLAN tag.
const TAG: usize = 4;
/// Bytes of both addresses of an Ethernet frame, which stand before its tags.
const ADDRESSES: usize = 12;

/// Frames of an interface, for one thread to take. The rings of a capture get the frames of a flow in one of them; see
/// [`Steering`].
#[derive(Debug)]
pub struct Ring {
    socket: Socket,
    blocks: Blocks,
    link: Link,
    /// Frames that are wanted among those that come, where the kernel cannot say.
    filter: Option<Filter>,
    losses: Losses,
    /// Of the interface, when the capture began; for one ring of a capture.
    lost_before: Option<u64>,
}

/// What the frames of an interface are like.
#[derive(Clone, Debug)]
struct Link {
    /// The interface, or [`ANY`].
    name: String,
    index: u32,
    /// As frames are given out.
    link_type: u16,
    /// Whether a cooked header (`LINKTYPE_LINUX_SLL`) takes the place of a link header.
    cooked: bool,
}

impl Ring {
    /// Opens rings for the frames of an interface, or of all with [`ANY`], that share them between each other.
    ///
    /// # Errors
    /// [`Error::NoInterface`], [`Error::InterfaceDown`], [`Error::NotPermitted`], [`Error::Filter`] for an expression that is none;
    /// [`Error::Interface`] for whatever else the operating system refuses.
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
            // Nothing comes in before all rings share the frames.
            socket.attach_filter(&[filter::returns(0)]).map_err(refused("keep frames out"))?;
            if options.stamps == Stamps::Hardware {
                socket.use_hardware_stamps(name).map_err(refused("have it stamp frames itself"))?;
            }
            let blocks =
                Blocks::over(&socket, options.ring_size(count)).map_err(refused("get memory for frames"))?;
            if options.promiscuous && link.index != 0 {
                socket.be_promiscuous(link.index).map_err(refused("have it take in all frames"))?;
            }
            socket.bind(link.index).map_err(refused("take frames"))?;
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
            first.lost_before = socket::lost_by_interface(name);
        }
        Ok((rings, steering))
    }

    fn new(socket: Socket, blocks: Blocks, link: Link, filter: Option<Filter>) -> Self {
        Self { socket, blocks, link, filter, losses: Losses::default(), lost_before: None }
    }

    /// Waits for frames for so long at most. They stay where the kernel has put them: the block holds them there until it is
    /// cleared or dropped, and when all of the ring is held, new frames are lost. The block is empty when none have come.
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
                // The kernel calls that readable, too: it cannot know that the blocks before this one are being worked on.
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

    /// Up to when all frames have been read that have come; `None` while some may wait.
    pub fn now(&self) -> Option<Timestamp> {
        let now = super::ago(DELAY)?;
        // Looked at after the clock: what has come before that and can be read would be there.
        (!self.blocks.is_next_ready()).then_some(now)
    }

    /// How many frames have been lost since the ring was opened. One ring of a capture tells those of the interface.
    pub fn losses(&mut self) -> Losses {
        if let Ok(statistics) = self.socket.statistics() {
            self.losses.kernel += u64::from(statistics.drops);
        }
        if let Some(before) = self.lost_before
            && let Some(lost) = socket::lost_by_interface(&self.link.name)
        {
            self.losses.interface = lost.saturating_sub(before);
        }
        self.losses
    }
}

/// Which frames are wanted.
struct Wanted {
    in_kernel: Vec<libc::sock_filter>,
    /// An expression that the kernel would not judge as one judges a file.
    expression: Option<String>,
}

impl Wanted {
    fn new(link: &Link, options: &LiveOptions) -> Result<Self, Error> {
        let LiveOptions { filter, snapshot_length, .. } = options;
        let all = vec![filter::returns((*snapshot_length).max(1))];
        if filter.trim().is_empty() {
            return Ok(Self { in_kernel: all, expression: None });
        }
        // The kernel takes VLAN tags off before it asks.
        if filter.contains("vlan") {
            let wanted = Self { in_kernel: all, expression: Some(filter.clone()) };
            filter::compile(filter, link.link_type, *snapshot_length)?;
            return Ok(wanted);
        }
        // A cooked frame has no link header yet when the kernel asks.
        let link_type = if link.cooked { LINKTYPE_RAW } else { link.link_type };
        Ok(Self { in_kernel: filter::compile(filter, link_type, *snapshot_length)?, expression: None })
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

    /// Lists the frames of a block of a ring, and puts back in front of them what the kernel has taken off.
    fn list(&self, bytes: &mut [u8], index: &mut Vec<Entry>) {
        let frames = read_u32(bytes, BLOCK_FRAMES);
        let mut at = read_u32(bytes, BLOCK_FIRST) as usize;
        for _ in 0..frames {
            let Some(header) = bytes.get_mut(at..).and_then(FrameHeader::read) else { return };
            if !(header.is_outgoing && header.hardware_type == ARPHRD_LOOPBACK) {
                index.extend(self.entry(bytes, at, &header));
            }
            at += header.next;
            if header.next == 0 {
                return;
            }
        }
    }

    fn entry(&self, bytes: &mut [u8], at: usize, header: &FrameHeader) -> Option<Entry> {
        let FrameHeader { time, mut captured, mut wire_len, tag, .. } = *header;
        let mut offset = at + header.offset;
        if self.cooked {
            let (before, frame) = bytes.split_at_mut_checked(offset)?;
            offset -= header.cook(before, frame.get(..captured)?)?;
            captured += header.offset + at - offset;
            wire_len += (header.offset + at - offset) as u32;
        } else if let Some(tag) = tag {
            let start = offset.checked_sub(TAG)?;
            let moved = bytes.get_mut(start..offset + ADDRESSES.min(captured))?;
            moved.copy_within(TAG.., 0);
            if captured >= ADDRESSES {
                moved.last_chunk_mut::<TAG>()?.copy_from_slice(&tag);
            }
            (offset, captured, wire_len) = (start, captured + TAG, wire_len + TAG as u32);
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

/// As what the frames of an interface are captured; `None` for those without a link header that is known.
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

/// What the kernel says of a frame: `struct tpacket3_hdr` and `struct sockaddr_ll`.
struct FrameHeader {
    /// Where the next one begins, and where this frame; from the header on.
    next: usize,
    offset: usize,
    time: Timestamp,
    captured: usize,
    wire_len: u32,
    /// The VLAN tag that was taken off.
    tag: Option<[u8; TAG]>,
    is_outgoing: bool,
    hardware_type: u16,
    /// As a cooked header has them.
    packet_type: u8,
    address_length: u8,
    address: [u8; 8],
    protocol: [u8; 2],
}

impl FrameHeader {
    fn read(bytes: &mut [u8]) -> Option<Self> {
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

    /// Writes a cooked header (`LINKTYPE_LINUX_SLL`), with the VLAN tag that was taken off, at the end of what is before the
    /// frame. Says how long it is.
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

    /// Whether a cooked frame begins in the middle of a second VLAN tag. Since Linux 6.10 the kernel says of these what protocol
    /// is behind all tags, and no more that there is another.
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

/// Of `struct tpacket_block_desc`: how many frames a block has, and where the first begins.
const BLOCK_FRAMES: usize = 12;
const BLOCK_FIRST: usize = 16;

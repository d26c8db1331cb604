//! The block format: pcapng (draft-ietf-opsawg-pcapng).

use crate::block::Entry;
use crate::records::{ByteOrder, Flaw, LONGEST_FRAME, NS_PER_SECOND, Walked, longest_packet};
use crate::{Block, Reason, Timestamp};

/// Section Header Block, section 4.1. It reads the same in both byte orders.
pub(crate) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
/// Interface Description Block, section 4.2.
const INTERFACE_DESCRIPTION: u32 = 0x0000_0001;
/// Packet Block, appendix A; obsolete.
const PACKET: u32 = 0x0000_0002;
/// Simple Packet Block, section 4.4.
const SIMPLE_PACKET: u32 = 0x0000_0003;
/// Enhanced Packet Block, section 4.3.
const ENHANCED_PACKET: u32 = 0x0000_0006;

const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

/// Type and length at the beginning of a block, and the length again at its end.
const BLOCK_OVERHEAD: u32 = 12;
/// The parts of an Enhanced Packet Block other than the packet and its options.
const ENHANCED_OVERHEAD: u32 = BLOCK_OVERHEAD + 20;
/// The parts of a Simple Packet Block other than the packet.
const SIMPLE_OVERHEAD: u32 = BLOCK_OVERHEAD + 4;

/// Number of bytes that are read of a packet block longer than a buffer: its fields and the longest packet.
const LEAD: usize = ENHANCED_OVERHEAD as usize + LONGEST_FRAME as usize;

/// The most interfaces that one section may describe. Packets can name more, but no machine has them.
const MOST_INTERFACES: usize = 65_536;

// A record that has to be in the buffer as a whole must fit in it.
const _: () = assert!(LEAD <= Block::CAPACITY);

/// Reads the blocks of one file.
pub(crate) struct Reader {
    order: ByteOrder,
    /// The interfaces that the current section has described so far.
    interfaces: Vec<Interface>,
    /// The time of the last packet in this section that had one; a Simple Packet Block has none.
    time: Timestamp,
}

/// The content of an Interface Description Block.
struct Interface {
    link_type: u16,
    snap_len: u32,
    clock: Clock,
}

/// The meaning of a time stamp.
struct Clock {
    ticks_per_second: u64,
    /// Number of nanoseconds in a tick if it is a whole number, which is nearly always the case.
    ns_per_tick: Option<u64>,
    offset_seconds: i64,
}

impl Reader {
    /// Begins with the first section.
    pub(crate) fn begin(head: &[u8]) -> Result<Self, Flaw> {
        let header = head.first_chunk::<16>().ok_or(Flaw::CutShort)?;
        let [_, _, magic, [a, b, c, d]] = header.as_chunks::<4>().0 else {
            return Err(Flaw::CutShort);
        };
        let Some(order) = byte_order(*magic) else {
            return Err(Flaw::Magic(*head.first_chunk().ok_or(Flaw::CutShort)?));
        };
        let (major, minor) = (order.u16([*a, *b]), order.u16([*c, *d]));
        if major != 1 {
            return Err(Flaw::Version { major, minor, known: "1" });
        }
        Ok(Self { order, interfaces: Vec::new(), time: Timestamp::default() })
    }

    pub(crate) fn walk(&mut self, bytes: &[u8], start: usize, index: &mut Vec<Entry>) -> Walked {
        let mut record = start;
        loop {
            match self.block(bytes, record, index) {
                Ok(Some(next)) if next <= bytes.len() => record = next,
                Ok(Some(next)) => return Walked::past(record, next),
                Ok(None) => return Walked::until(record),
                Err(reason) => return Walked::damaged(record, reason),
            }
        }
    }

    /// Reads one block, and returns where the next begins; `None` if this block is not complete.
    #[inline]
    fn block(
        &mut self,
        bytes: &[u8],
        record: usize,
        index: &mut Vec<Entry>,
    ) -> Result<Option<usize>, Reason> {
        let rest = bytes.get(record..).unwrap_or_default();
        let Some(header) = rest.first_chunk::<{ BLOCK_OVERHEAD as usize }>() else { return Ok(None) };
        let [block_type, length, magic] = header.as_chunks::<4>().0 else { return Ok(None) };
        if *block_type == SECTION_HEADER.to_be_bytes() {
            self.order = byte_order(*magic).ok_or(Reason::ByteOrderMagic { magic: *magic })?;
        }
        let block_type = self.order.u32(*block_type);
        let length = self.order.u32(*length);
        if length < BLOCK_OVERHEAD || !length.is_multiple_of(4) {
            return Err(Reason::BlockLength { block_type, length });
        }
        let next = record + length as usize;
        let Some(body) = self.body(rest, block_type, length)? else {
            return Ok((length as usize > Block::CAPACITY && !is_packet(block_type)).then_some(next));
        };
        match block_type {
            ENHANCED_PACKET | PACKET => index.push(self.enhanced(body, block_type, length, record)?),
            SIMPLE_PACKET => index.push(self.simple(body, length, record)?),
            SECTION_HEADER => self.section(body, length)?,
            INTERFACE_DESCRIPTION => self.describe(body, length)?,
            _ => {}
        }
        Ok(Some(next))
    }

    /// The part between a block's two lengths. `None` if it is not complete: then the rest is awaited, unless the block
    /// is longer than a buffer. For a packet of that length the beginning is enough; other blocks of that length are
    /// skipped.
    #[inline]
    fn body<'a>(&self, rest: &'a [u8], block_type: u32, length: u32) -> Result<Option<&'a [u8]>, Reason> {
        if length as usize > Block::CAPACITY {
            return match block_type {
                SECTION_HEADER | INTERFACE_DESCRIPTION => Err(Reason::BlockLength { block_type, length }),
                _ if is_packet(block_type) => Ok(rest.get(8..LEAD)),
                _ => Ok(None),
            };
        }
        let Some((body, trailer)) = rest.get(8..length as usize).and_then(|block| block.split_last_chunk())
        else {
            return Ok(None);
        };
        let trailer = self.order.u32(*trailer);
        if trailer != length {
            return Err(Reason::BlockLengthMismatch { length, trailer });
        }
        Ok(Some(body))
    }

    /// A packet with all its fields. The obsolete block differs from the enhanced one only in its interface field of two
    /// bytes, and in two bytes that count dropped packets.
    #[inline]
    fn enhanced(
        &mut self,
        body: &[u8],
        block_type: u32,
        length: u32,
        record: usize,
    ) -> Result<Entry, Reason> {
        let fields = body.first_chunk::<20>().ok_or(Reason::BlockLength { block_type, length })?;
        let [interface, high, low, captured, original] = fields.as_chunks::<4>().0 else {
            return Err(Reason::BlockLength { block_type, length });
        };
        let order = self.order;
        let interface = match (block_type, *interface) {
            (PACKET, [a, b, ..]) => u32::from(order.u16([a, b])),
            (_, whole) => order.u32(whole),
        };
        let ticks = u64::from(order.u32(*high)) << 32 | u64::from(order.u32(*low));
        let interface = self.interface(interface)?;
        let time = interface.clock.time(ticks);
        let link_type = interface.link_type;
        let captured = believed(order.u32(*captured), length.saturating_sub(ENHANCED_OVERHEAD), link_type)?;
        self.time = time;
        Ok(Entry {
            time,
            offset: record as u32 + ENHANCED_OVERHEAD - 4,
            captured,
            wire_len: order.u32(*original),
            link_type,
        })
    }

    /// A packet of bytes only, from the section's first interface. Its snap length cut off the bytes that were not
    /// captured.
    fn simple(&self, body: &[u8], length: u32, record: usize) -> Result<Entry, Reason> {
        let block_type = SIMPLE_PACKET;
        let original = body.first_chunk::<4>().ok_or(Reason::BlockLength { block_type, length })?;
        let wire_len = self.order.u32(*original);
        let Interface { link_type, snap_len, .. } = *self.interface(0)?;
        let captured = believed(wire_len.min(snap_len), length - SIMPLE_OVERHEAD, link_type)?;
        Ok(Entry {
            time: self.time,
            offset: record as u32 + SIMPLE_OVERHEAD - 4,
            captured,
            wire_len,
            link_type,
        })
    }

    #[inline]
    fn interface(&self, interface: u32) -> Result<&Interface, Reason> {
        let described = self.interfaces.len();
        self.interfaces.get(interface as usize).ok_or(Reason::UnknownInterface { interface, described })
    }

    fn section(&mut self, body: &[u8], length: u32) -> Result<(), Reason> {
        let block_type = SECTION_HEADER;
        let fields = body.first_chunk::<16>().ok_or(Reason::BlockLength { block_type, length })?;
        let [_, _, _, _, a, b, c, d, ..] = *fields;
        let (major, minor) = (self.order.u16([a, b]), self.order.u16([c, d]));
        if major != 1 {
            return Err(Reason::SectionVersion { major, minor });
        }
        self.interfaces.clear();
        self.time = Timestamp::default();
        Ok(())
    }

    fn describe(&mut self, body: &[u8], length: u32) -> Result<(), Reason> {
        let block_type = INTERFACE_DESCRIPTION;
        let Some(([a, b, _, _, s @ ..], options)) = body.split_first_chunk::<8>() else {
            return Err(Reason::BlockLength { block_type, length });
        };
        if self.interfaces.len() >= MOST_INTERFACES {
            return Err(Reason::TooManyInterfaces { most: MOST_INTERFACES });
        }
        self.interfaces.push(Interface {
            link_type: self.order.u16([*a, *b]),
            snap_len: match self.order.u32(*s) {
                0 => u32::MAX,
                limit => limit,
            },
            clock: Clock::from_options(options, self.order)?,
        });
        Ok(())
    }
}

fn byte_order(magic: [u8; 4]) -> Option<ByteOrder> {
    [ByteOrder::Little, ByteOrder::Big].into_iter().find(|order| order.u32(magic) == BYTE_ORDER_MAGIC)
}

fn is_packet(block_type: u32) -> bool {
    matches!(block_type, ENHANCED_PACKET | PACKET | SIMPLE_PACKET)
}

/// The number of bytes of a packet to deliver, if its stated length is possible.
#[inline]
fn believed(length: u32, room: u32, link_type: u16) -> Result<u32, Reason> {
    let longest = longest_packet(link_type);
    if length > longest {
        return Err(Reason::PacketTooLong { length, longest });
    }
    if length > room {
        return Err(Reason::PacketOutsideBlock { length, room });
    }
    Ok(length.min(LONGEST_FRAME))
}

impl Clock {
    /// Reads the options of an Interface Description Block: `if_tsresol` and `if_tsoffset`.
    fn from_options(mut options: &[u8], order: ByteOrder) -> Result<Self, Reason> {
        const END: u16 = 0;
        const TSRESOL: u16 = 9;
        const TSOFFSET: u16 = 14;
        let (mut ticks_per_second, mut offset_seconds) = (1_000_000, 0);
        while let Some(([a, b, c, d], rest)) = options.split_first_chunk::<4>() {
            let (code, length) = (order.u16([*a, *b]), order.u16([*c, *d]));
            let impossible = Reason::InterfaceOption { code, length };
            match (code, rest.get(..usize::from(length))) {
                (END, _) => break,
                (TSRESOL, Some(&[value])) => ticks_per_second = resolution(value)?,
                (TSOFFSET, Some(value)) => {
                    offset_seconds = order.i64(value.try_into().map_err(|_| impossible)?);
                }
                (TSRESOL, _) | (_, None) => return Err(impossible),
                _ => {}
            }
            options = rest.get(usize::from(length).next_multiple_of(4)..).unwrap_or_default();
        }
        let whole = NS_PER_SECOND.is_multiple_of(ticks_per_second);
        let ns_per_tick = whole.then_some(NS_PER_SECOND / ticks_per_second);
        Ok(Self { ticks_per_second, ns_per_tick, offset_seconds })
    }

    /// The point in time, rounded down to nanoseconds, and not before the epoch.
    #[inline]
    fn time(&self, ticks: u64) -> Timestamp {
        if self.offset_seconds == 0 {
            let (seconds, rest) = (ticks / self.ticks_per_second, ticks % self.ticks_per_second);
            return match self.ns_per_tick {
                Some(ns_per_tick) => Timestamp::new(seconds, rest * ns_per_tick),
                None => Timestamp::new(seconds, self.nanoseconds(rest) as u64),
            };
        }
        let offset = i128::from(self.offset_seconds) * i128::from(NS_PER_SECOND);
        let time = (self.nanoseconds(ticks) as i128).saturating_add(offset);
        Timestamp::from_nanoseconds(time.max(0) as u128)
    }

    /// Less than 2^64 * 10^9: nothing overflows.
    fn nanoseconds(&self, ticks: u64) -> u128 {
        u128::from(ticks) * u128::from(NS_PER_SECOND) / u128::from(self.ticks_per_second)
    }
}

/// Ticks per second from `if_tsresol`: a power of ten, or of two if the highest bit is set.
fn resolution(value: u8) -> Result<u64, Reason> {
    let exponent = u32::from(value & 0x7f);
    let base: u64 = if value & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(exponent).ok_or(Reason::TimeResolution { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(options: &[u8]) -> Result<Clock, Reason> {
        Clock::from_options(options, ByteOrder::Big)
    }

    fn tsresol(value: u8) -> [u8; 8] {
        [0, 9, 0, 1, value, 0, 0, 0]
    }

    #[test]
    fn ticks_become_nanoseconds_rounded_down() {
        let converted = |value, ticks| clock(&tsresol(value)).unwrap().time(ticks).nanoseconds();
        assert_eq!(clock(&[]).unwrap().time(1_700_000_000_123_456).nanoseconds(), 1_700_000_000_123_456_000);
        assert_eq!(converted(0, 7), 7_000_000_000);
        assert_eq!(converted(3, 7), 7_000_000);
        assert_eq!(converted(9, 7), 7);
        assert_eq!(converted(12, 1_999), 1);
        assert_eq!(converted(19, u64::MAX), 1_844_674_407);
        assert_eq!(converted(0x80 | 1, 3), 1_500_000_000);
        assert_eq!(converted(0x80 | 63, u64::MAX), 1_999_999_999);
        assert_eq!(converted(6, u64::MAX), u128::from(u64::MAX) * 1000);
        assert_eq!(clock(&tsresol(0)).unwrap().time(u64::MAX), Timestamp::MAX);
    }

    #[test]
    fn offset_is_added_and_held_at_the_bounds() {
        let offset = |seconds: i64| [&[0, 14, 0, 8][..], &seconds.to_be_bytes()].concat();
        let converted = |seconds, ticks| clock(&offset(seconds)).unwrap().time(ticks).nanoseconds();
        assert_eq!(converted(5, 1), 5_000_001_000);
        assert_eq!(converted(-5, 5_000_001), 1_000);
        assert_eq!(converted(-5, 1), 0);
        assert_eq!(converted(i64::MAX, u64::MAX), Timestamp::MAX.nanoseconds());
        assert_eq!(converted(i64::MIN, u64::MAX), 0);
    }

    #[test]
    fn options_that_cannot_be_are_refused() {
        let refused = |options: &[u8]| clock(options).err();
        assert_eq!(refused(&tsresol(20)), Some(Reason::TimeResolution { value: 20 }));
        assert_eq!(refused(&tsresol(0x80 | 64)), Some(Reason::TimeResolution { value: 0xc0 }));
        assert_eq!(refused(&[0, 9, 0, 2, 6, 6, 0, 0]), Some(Reason::InterfaceOption { code: 9, length: 2 }));
        assert_eq!(
            refused(&[0, 14, 0, 4, 0, 0, 0, 1]),
            Some(Reason::InterfaceOption { code: 14, length: 4 })
        );
        assert_eq!(
            refused(&[0, 2, 0, 5, b'e', b't', b'h', 0]),
            Some(Reason::InterfaceOption { code: 2, length: 5 })
        );
        // Bytes after the end of the options are ignored.
        assert_eq!(refused(&[0, 0, 0, 0, 0, 9, 0, 2]), None);
    }
}

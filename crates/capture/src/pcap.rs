//! The classic format: libpcap's savefile (draft-ietf-opsawg-pcap), in both byte orders, with microseconds or
//! nanoseconds, and the "modified" variant of Alexey Kuznetzov's patches.

use crate::block::Entry;
use crate::records::{ByteOrder, Flaw, LONGEST_FRAME, NS_PER_SECOND, Walked, longest_packet};
use crate::{Reason, Timestamp};

/// Length of the file header.
pub(crate) const FILE_HEADER: usize = 24;
/// Length of a record's header: seconds, fraction, captured length, original length.
const RECORD_HEADER: usize = 16;
/// The modified variant adds interface index, protocol and packet type.
const MODIFIED_RECORD_HEADER: usize = 24;

/// The meaning of the first four bytes of a pcap file.
pub(crate) struct Magic {
    order: ByteOrder,
    ns_per_fraction: u64,
    record_header: usize,
}

impl Magic {
    pub(crate) fn read(bytes: [u8; 4]) -> Option<Self> {
        [ByteOrder::Little, ByteOrder::Big].into_iter().find_map(|order| {
            let (ns_per_fraction, record_header) = match order.u32(bytes) {
                0xa1b2_c3d4 => (1_000, RECORD_HEADER),
                0xa1b2_3c4d => (1, RECORD_HEADER),
                0xa1b2_cd34 => (1_000, MODIFIED_RECORD_HEADER),
                _ => return None,
            };
            Some(Self { order, ns_per_fraction, record_header })
        })
    }
}

/// Reads the records of one file.
pub(crate) struct Reader {
    magic: Magic,
    lengths: Lengths,
    snap_len: u32,
    link_type: u16,
    longest: u32,
    /// The greatest accepted fraction of a second, in its own unit.
    most_fraction: u32,
}

/// The order of the two lengths in a record: files before version 2.4 differ.
#[derive(Clone, Copy)]
enum Lengths {
    CapturedFirst,
    /// Files of version 2.3 were written both ways.
    ShorterIsCaptured,
    OriginalFirst,
}

impl Reader {
    /// Begins with the file header.
    pub(crate) fn begin(magic: Magic, head: &[u8]) -> Result<Self, Flaw> {
        let header = head.first_chunk::<FILE_HEADER>().ok_or(Flaw::CutShort)?;
        let [_, version, _, _, snap_len, network] = header.as_chunks::<4>().0 else {
            return Err(Flaw::CutShort);
        };
        let [a, b, c, d] = *version;
        let (major, minor) = (magic.order.u16([a, b]), magic.order.u16([c, d]));
        let lengths = match (major, minor) {
            (2, 4) => Lengths::CapturedFirst,
            (2, 3) => Lengths::ShorterIsCaptured,
            (2, 0..=2) | (543, 0) => Lengths::OriginalFirst,
            _ => return Err(Flaw::Version { major, minor, known: "2.4" }),
        };
        let snap_len = match magic.order.u32(*snap_len) {
            0 => u32::MAX,
            limit => limit,
        };
        // The upper bits say whether frames end in a check sequence; those bytes do no harm here.
        let link_type = magic.order.u32(*network) as u16;
        let longest = longest_packet(link_type);
        Ok(Self { magic, lengths, snap_len, link_type, longest, most_fraction: u32::MAX })
    }

    /// Takes fractions of a second that are a second or more for damage.
    pub(crate) fn check_fractions(&mut self) {
        self.most_fraction = (NS_PER_SECOND / self.magic.ns_per_fraction) as u32 - 1;
    }

    pub(crate) fn walk(&mut self, bytes: &[u8], start: usize, index: &mut Vec<Entry>) -> Walked {
        let mut record = start;
        loop {
            let Some(header) = bytes.get(record..).and_then(|rest| rest.first_chunk::<RECORD_HEADER>())
            else {
                return Walked::until(record);
            };
            let [seconds, fraction, captured, original] = header.as_chunks::<4>().0 else {
                return Walked::until(record);
            };
            let order = self.magic.order;
            let (captured, wire_len) = self.lengths.sort(order.u32(*captured), order.u32(*original));
            if captured > self.longest {
                let reason = Reason::PacketTooLong { length: captured, longest: self.longest };
                return Walked::damaged(record, reason);
            }
            let fraction = order.u32(*fraction);
            if fraction > self.most_fraction {
                let reason = Reason::Fraction { value: fraction, per_second: self.most_fraction + 1 };
                return Walked::damaged(record, reason);
            }
            let packet = record + self.magic.record_header;
            if packet + captured.min(LONGEST_FRAME) as usize > bytes.len() {
                return Walked::until(record);
            }
            index.push(Entry {
                time: Timestamp::new(
                    order.u32(*seconds).into(),
                    u64::from(fraction) * self.magic.ns_per_fraction,
                ),
                offset: packet as u32,
                captured: captured.min(self.snap_len).min(LONGEST_FRAME),
                wire_len,
                link_type: self.link_type,
            });
            let next = packet + captured as usize;
            if next > bytes.len() {
                return Walked::past(record, next);
            }
            record = next;
        }
    }
}

impl Lengths {
    /// Sorts two lengths into captured and original length.
    #[inline]
    fn sort(self, first: u32, second: u32) -> (u32, u32) {
        match self {
            Self::OriginalFirst => (second, first),
            Self::ShorterIsCaptured if first > second => (second, first),
            _ => (first, second),
        }
    }
}

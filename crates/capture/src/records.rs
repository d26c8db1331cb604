//! The common parts of the formats of capture files: flaws of a header, progress of a walk over records, the greatest length of a
//! packet, and byte order.

use crate::Reason;

/// The longest packet that is delivered: 256 KiB, the most that libpcap captures. No greater length is accepted, except those from
/// [`longest_packet`].
pub(crate) const LONGEST_FRAME: u32 = 256 * 1024;

/// Nanoseconds in a second.
pub(crate) const NS_PER_SECOND: u64 = 1_000_000_000;

/// The reason why a file header is not valid, though its first bytes promise the format.
pub(crate) enum Flaw {
    CutShort,
    /// A pcapng section header without a byte-order magic: the bytes up to where it should be.
    Magic([u8; 12]),
    Version {
        major: u16,
        minor: u16,
        known: &'static str,
    },
}

/// The progress of a walk over a buffer.
pub(crate) struct Walked {
    /// Offset of the last record that was examined: the incomplete one, the damaged one, or one that extends past the buffer.
    pub(crate) record: usize,
    /// Offset of the record after the last complete one. It is past the buffer's end if the rest of the previous record is ignored.
    pub(crate) next: usize,
    /// Why the walk cannot continue, unless it only lacks bytes.
    pub(crate) damage: Option<Reason>,
}

impl Walked {
    /// Stops at an incomplete record, or at the end.
    pub(crate) fn until(next: usize) -> Self {
        Self { record: next, next, damage: None }
    }

    /// Stops past an incomplete record that need not be complete.
    pub(crate) fn past(record: usize, next: usize) -> Self {
        Self { record, next, damage: None }
    }

    pub(crate) fn damaged(record: usize, reason: Reason) -> Self {
        Self { record, next: record, damage: Some(reason) }
    }
}

/// The greatest accepted length of a packet, by link type. D-Bus messages and USB transfers may be longer than any packet of a
/// network; they are delivered cut to [`LONGEST_FRAME`].
pub(crate) fn longest_packet(link_type: u16) -> u32 {
    const DBUS: u16 = 231;
    const USBPCAP: u16 = 249;
    const EBHSCR: u16 = 279;
    match link_type {
        DBUS | USBPCAP => 128 << 20,
        EBHSCR => 8 << 20,
        _ => LONGEST_FRAME,
    }
}

/// Byte order of a file or section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    #[inline]
    pub(crate) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    #[inline]
    pub(crate) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    pub(crate) fn i64(self, bytes: [u8; 8]) -> i64 {
        match self {
            Self::Little => i64::from_le_bytes(bytes),
            Self::Big => i64::from_be_bytes(bytes),
        }
    }
}

//! What the formats of capture files have in common: what is wrong with a header, how far a walk over records came, how long a packet
//! may be, and byte order.

use crate::Reason;

/// The longest packet that is delivered; 256 KiB, the most that libpcap captures. Nothing longer is believed, except
/// from [`longest_packet`].
pub(crate) const LONGEST_FRAME: u32 = 256 * 1024;

/// Why a file header of a format that its first bytes promise is none.
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

/// How far a walk over a buffer came.
pub(crate) struct Walked {
    /// Where the last record looked at begins: the incomplete one, the damaged one, or one that extends past the buffer.
    pub(crate) record: usize,
    /// Where the record after the last complete one begins. Past the buffer's end if what remains of the record before
    /// is of no interest.
    pub(crate) next: usize,
    /// Why the walk cannot go on, if not only for want of bytes.
    pub(crate) damage: Option<Reason>,
}

impl Walked {
    /// At a record that is not wholly there, or at the end.
    pub(crate) fn until(next: usize) -> Self {
        Self { record: next, next, damage: None }
    }

    /// Past a record that is not wholly there and need not be.
    pub(crate) fn past(record: usize, next: usize) -> Self {
        Self { record, next, damage: None }
    }

    pub(crate) fn damaged(record: usize, reason: Reason) -> Self {
        Self { record, next: record, damage: Some(reason) }
    }
}

/// The longest packet that is believed, by link type. D-Bus messages and USB transfers may be longer than any packet
/// of a network; they are delivered cut to [`LONGEST_FRAME`].
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

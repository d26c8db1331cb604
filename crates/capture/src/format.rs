//! [`Format`]: tells the formats of capture files apart.

use crate::block::Entry;
use crate::records::{Flaw, Walked};
use crate::{Error, pcap, pcapng};

/// Number of bytes of a capture that identify its format: those of a pcap file header.
pub(crate) const HEAD: usize = pcap::FILE_HEADER;

/// A capture file of one of the formats, at some place inside it.
pub(crate) enum Format {
    Pcap(pcap::Reader),
    Pcapng(pcapng::Reader),
}

impl Format {
    /// Detects the format from the first [`HEAD`] bytes of a capture, or all if there are fewer. Also returns the
    /// number of bytes of the file header, before the first record.
    pub(crate) fn detect(head: &[u8], input: &str) -> Result<(Self, usize), Error> {
        let input = || input.to_owned();
        let Some(first) = head.first_chunk::<4>() else {
            return Err(match head {
                [] => Error::Empty { input: input() },
                _ => Error::NotACapture { input: input(), first: head.to_vec() },
            });
        };
        let (format, detected) = if let Some(magic) = pcap::Magic::read(*first) {
            ("pcap", pcap::Reader::begin(magic, head).map(|reader| (Self::Pcap(reader), HEAD)))
        } else if *first == pcapng::SECTION_HEADER.to_be_bytes() {
            ("pcapng", pcapng::Reader::begin(head).map(|reader| (Self::Pcapng(reader), 0)))
        } else {
            return Err(Error::NotACapture { input: input(), first: first.to_vec() });
        };
        detected.map_err(|flaw| match flaw {
            Flaw::CutShort => Error::HeaderCutShort { input: input(), format, length: head.len() },
            Flaw::Magic(first) => Error::NotACapture { input: input(), first: first.to_vec() },
            Flaw::Version { major, minor, known } => {
                Error::Version { input: input(), format, major, minor, known }
            }
        })
    }

    /// Takes fractions of a second that are a second or more for damage. A pcapng file cannot have any: its times are one number.
    pub(crate) fn check_fractions(&mut self) {
        if let Self::Pcap(reader) = self {
            reader.check_fractions();
        }
    }

    /// Lists the frames in `bytes`, beginning with the record at `start`.
    #[inline]
    pub(crate) fn walk(&mut self, bytes: &[u8], start: usize, index: &mut Vec<Entry>) -> Walked {
        match self {
            Self::Pcap(reader) => reader.walk(bytes, start, index),
            Self::Pcapng(reader) => reader.walk(bytes, start, index),
        }
    }
}

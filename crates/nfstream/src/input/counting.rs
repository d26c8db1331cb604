//! Which frames count: only these tell the time.

use nfstream_capture::Frame;
use nfstream_decode::{LinkType, Reading, counts, decode};

use super::checksums::Verdict;

/// Tells frames that count from others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counting {
    pub(crate) reading: Reading,
    /// Whether packets with a wrong checksum are left out.
    pub(crate) drops_wrong_checksums: bool,
}

impl Counting {
    /// Whether a frame has a packet that counts.
    pub(crate) fn counts(self, frame: &Frame<'_>) -> bool {
        let link = LinkType(frame.link_type);
        let reading = self.reading.of_frame(frame.wire_len, false);
        if !self.drops_wrong_checksums {
            return counts(link, frame.bytes, reading);
        }
        decode(link, frame.bytes, reading).is_ok_and(|headers| !Verdict::of(&headers, frame.bytes).is_wrong())
    }
}

//! Which frames count: only these tell the time.

use nfstream_capture::Frame;
use nfstream_decode::{LinkType, counts, decode};

use super::checksums::Verdict;

/// Tells frames that count from others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counting {
    pub(crate) decode_tunnels: bool,
    /// Whether packets with a wrong checksum are left out.
    pub(crate) drops_wrong_checksums: bool,
}

impl Counting {
    /// Whether a frame has a packet that counts.
    pub(crate) fn counts(self, frame: &Frame<'_>) -> bool {
        let link = LinkType(frame.link_type);
        if !self.drops_wrong_checksums {
            return counts(link, frame.bytes, self.decode_tunnels);
        }
        decode(link, frame.bytes, self.decode_tunnels)
            .is_ok_and(|headers| !Verdict::of(&headers, frame.bytes).is_wrong())
    }
}

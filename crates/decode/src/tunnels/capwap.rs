//! CAPWAP data (RFC 5415 section 4) that carries IEEE 802.11 frames (RFC 5416).
use crate::link::{ieee80211, llc};

/// The registered UDP port of the data channel.
pub(crate) const DATA_PORT: u16 = 5247;

/// The preamble's type: a CAPWAP header, and not a DTLS one, follows.
const TYPE_PLAIN: u8 = 0;

/// Where in a UDP payload the 802.11 frame, the LLC header in it, and the IP packet in that begin.
pub(crate) struct Content {
    pub(crate) frame: usize,
    pub(crate) llc: usize,
    pub(crate) packet: usize,
}

/// Finds the content; `None` when the payload is not a CAPWAP header with 802.11 data behind it.
///
/// Controllers differ in the byte order of the frame control field, so it is not looked at: the header is taken to
/// be one of 24 bytes, with SNAP behind it.
#[cold]
pub(crate) fn content(payload: &[u8]) -> Option<Content> {
    let &[preamble, header_len] = payload.first_chunk::<2>()?;
    if preamble & 0x0f != TYPE_PLAIN {
        return None;
    }
    let frame = usize::from(header_len >> 3) * 4;
    let llc = frame + ieee80211::LEN;
    let packet = llc + llc::SNAP_LEN;
    (packet < payload.len()).then_some(Content { frame, llc, packet })
}

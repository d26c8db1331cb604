//! [`Frame`]: one captured frame.

use crate::Timestamp;

/// One captured frame, borrowed from its [`Block`](crate::Block).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Time of capture, as the capture gives it.
    pub time: Timestamp,
    /// Length on the wire in bytes, link header included.
    pub wire_len: u32,
    /// Link-layer header type, LINKTYPE registry of tcpdump.org.
    pub link_type: u16,
    /// The captured bytes, from the link header on.
    pub bytes: &'a [u8],
}

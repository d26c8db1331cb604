//! Captured frames, from files: pcap and pcapng, plain or compressed, standard input, lists of files.
//!
//! A [`Source`] fills [`Block`]s: one buffer of bytes and a list of the frames in it. A block owns its bytes, so it
//! can be handed to another thread; a block that comes back is filled again, so that reading allocates nothing.

/// One captured frame, borrowed from its [`Block`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Nanoseconds since the Unix epoch, as the capture says.
    pub time_ns: u64,
    /// Length on the wire in bytes, link header included.
    pub wire_len: u32,
    /// Link-layer header type, LINKTYPE registry of tcpdump.org.
    pub link_type: u16,
    /// The captured bytes, from the link header on.
    pub bytes: &'a [u8],
}

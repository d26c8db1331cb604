//! [`Fragment`]: which part of a datagram a packet is.

/// Which part of an IP datagram a packet is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Fragment {
    /// All of it.
    #[default]
    Whole = 0,
    /// The first fragment, which has the transport header.
    First = 1,
    /// A later one. The offsets of its transport header and of its payload are those of its data, which has no transport header:
    /// ports are 0, and all of it counts as payload.
    Later = 2,
}

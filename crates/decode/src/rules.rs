//! [`Rules`]: what is understood of a frame.

/// What is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// What nfstream 6.6.0 understands, and in its way: an unknown `EtherType` does not matter if IP follows, and
    /// lengths of tunnels are not checked.
    Reference,
    /// Also service tags, TZSP with tagged fields, and the link types that nfstream does not read. Used for frames
    /// that count for nothing by the other rules, so that these decide wherever they say anything.
    Extended,
    /// Also packets of IP version 6 that end behind what was captured.
    Cut,
}

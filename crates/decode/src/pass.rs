//! [`Pass`]: the encapsulations that the walk by the rules of nfstream 6.6.0 understands.

/// The encapsulations that the walk understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Those of nfstream 6.6.0, read in its way: an unknown `EtherType` does not matter if IP follows, and lengths of
    /// tunnels are not checked.
    Reference,
    /// Also service tags, TZSP with tagged fields, and the link types that nfstream does not read. Used only for frames
    /// that do not count by the rules of the reference, so that the reference decides wherever it can.
    Extended,
    /// Also IPv6 packets that end after the last captured byte.
    Cut,
}

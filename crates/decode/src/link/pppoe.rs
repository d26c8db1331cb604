//! PPP over Ethernet, session stage (RFC 2516 section 4).

/// Bytes of version, type, code, session id and length (6 bytes), and of the PPP protocol number after them (2 bytes).
pub(crate) const LEN: usize = 8;

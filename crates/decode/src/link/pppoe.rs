//! PPP over Ethernet, session stage (RFC 2516 section 4).

/// Version, type, code, session id and length (6 bytes), and the PPP protocol number behind them (2 bytes).
pub(crate) const LEN: usize = 8;

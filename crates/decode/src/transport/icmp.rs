//! ICMP (RFC 792) and ICMPv6 (RFC 4443).

/// Bytes before what a message carries: type, code, checksum, and four bytes that depend on the type.
pub(crate) const LEN: usize = 8;

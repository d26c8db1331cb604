//! ICMP (RFC 792) and ICMPv6 (RFC 4443).

/// Bytes before the content of a message: type, code, checksum, and four bytes that depend on the type.
pub(crate) const LEN: usize = 8;

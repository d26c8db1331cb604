//! PPP over Ethernet, session stage (RFC 2516 section 4).

/// Bytes of version, type, code, session id and length (6 bytes), and of the PPP protocol number after them (2 bytes).
pub(crate) const LEN: usize = 8;

/// Version 1, type 1, and the code of session data.
const SESSION_DATA: [u8; 2] = [0x11, 0x00];

/// Bytes before the PPP frame.
pub(crate) const HEADER_LEN: usize = 6;

/// Whether a header is that of session data.
pub(crate) fn is_session_data(bytes: &[u8]) -> bool {
    bytes.starts_with(&SESSION_DATA)
}

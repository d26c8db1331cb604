//! Bytes as text.

/// Adds bytes to a text, in hexadecimal.
pub(crate) fn push_hexadecimal(text: &mut String, bytes: &[u8]) {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]));
}

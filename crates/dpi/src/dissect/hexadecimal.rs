//! Fingerprints: which software speaks, by how it says hello.

pub(crate) mod hassh;
pub(crate) mod ja3;
pub(crate) mod ja4;

/// Values that clients throw in at random so that servers stay tolerant (RFC 8701): 0x0a0a, 0x1a1a, ... 0xfafa.
pub(crate) fn is_grease(code: u16) -> bool {
    let [high, low] = code.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// Adds bytes to a text, in hexadecimal.
fn push_hexadecimal(text: &mut String, bytes: &[u8]) {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]));
}

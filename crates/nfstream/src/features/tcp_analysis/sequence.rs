//! Arithmetic of sequence numbers, which wrap (RFC 9293, section 3.4).

/// Bytes from sequence number `from` to `to`; negative if `to` comes first.
#[inline]
pub(super) fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

/// Whether `a` comes before `b`.
#[inline]
pub(super) fn is_before(a: u32, b: u32) -> bool {
    distance(a, b) > 0
}

/// The one of two sequence numbers that comes first.
#[inline]
pub(super) fn first(a: u32, b: u32) -> u32 {
    if is_before(b, a) { b } else { a }
}

/// The one of two sequence numbers that comes last.
#[inline]
pub(super) fn last(a: u32, b: u32) -> u32 {
    if is_before(a, b) { b } else { a }
}

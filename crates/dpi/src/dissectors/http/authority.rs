//! The authority of a URI: host and port (RFC 3986, section 3.2).

/// RFC 3986, section 3: the authority of an absolute URI, which has a scheme.
pub(super) fn authority(target: &[u8]) -> Option<&[u8]> {
    let scheme = target.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let rest = target.get(scheme..).filter(|_| scheme > 0)?.strip_prefix(b"://")?;
    rest.split(|byte| matches!(byte, b'/' | b'?')).next()
}

/// RFC 3986, section 3.2: the host of an authority. An IPv6 address keeps its brackets.
pub(in crate::dissectors) fn without_port(authority: &[u8]) -> &[u8] {
    let end = match authority {
        [b'[', ..] => memchr::memchr(b']', authority).map(|end| end + 1),
        _ => memchr::memchr(b':', authority),
    };
    end.and_then(|end| authority.get(..end)).unwrap_or(authority)
}

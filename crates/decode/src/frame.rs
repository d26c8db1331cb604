//! [`decode`]: finds the packet that counts in a frame, by the fast path or by the walk.
use crate::rules::Rules;
use crate::walk::Walk;
use crate::{Headers, Ignored, LinkType, fast_path};

/// Finds the packet that counts in a frame.
///
/// `decode_tunnels` looks into [tunnels](crate::Tunnel).
///
/// A TCP or UDP header that the capture cut off still counts: its missing bytes read as zeros, and as a TCP header
/// without options.
///
/// # Errors
/// Returns the reason when the frame does not count.
#[inline]
pub fn decode(link: LinkType, frame: &[u8], decode_tunnels: bool) -> Result<Headers, Ignored> {
    match fast_path::ipv4_headers(link, frame, decode_tunnels) {
        Some(headers) => Ok(headers),
        None => decode_any(link, frame, decode_tunnels),
    }
}

/// Whether a frame counts: whether [`decode`] finds headers in it.
#[inline(never)]
pub fn counts(link: LinkType, frame: &[u8], decode_tunnels: bool) -> bool {
    decode(link, frame, decode_tunnels).is_ok()
}

/// Decodes as [`decode`] does, for a frame of which only the first bytes were captured.
///
/// [`decode`] rejects IPv6 packets that end after the last captured byte, as nfstream 6.6.0 does with capture files.
/// Here they count.
///
/// # Errors
/// Returns the reason when the frame does not count.
// Kept apart from `decode`, which most frames take.
#[cold]
#[inline(never)]
pub fn decode_cut(link: LinkType, frame: &[u8], decode_tunnels: bool) -> Result<Headers, Ignored> {
    decode(link, frame, decode_tunnels).or_else(|reason| {
        if reason != Ignored::IpLength {
            return Err(reason);
        }
        let mut headers = Headers::EMPTY;
        Walk::new(link, frame, decode_tunnels, Rules::Cut, &mut headers).run().map(|()| headers)
    })
}

#[inline(never)]
fn decode_any(link: LinkType, frame: &[u8], decode_tunnels: bool) -> Result<Headers, Ignored> {
    if let Some(headers) = fast_path::ipv6_headers(link, frame, decode_tunnels) {
        return Ok(headers);
    }
    let mut headers = Headers::EMPTY;
    if link.is_read_by_reference()
        && Walk::new(link, frame, decode_tunnels, Rules::Reference, &mut headers).run().is_ok()
    {
        return Ok(headers);
    }
    // Frames that nfstream 6.6.0 does not count: the other link types and encapsulations.
    headers = Headers::EMPTY;
    Walk::new(link, frame, decode_tunnels, Rules::Extended, &mut headers).run().map(|()| headers)
}

//! [`decode`]: finds the packet that counts in a frame, by the fast path or by a walk.
use crate::pass::Pass;
use crate::reading::Rules;
use crate::walk::Walk;
use crate::{Headers, Ignored, LinkType, Reading, TunnelSet, fast_path};

/// Finds the packet that counts in a frame.
///
/// A TCP or UDP header that the capture cut off still counts: its missing bytes read as zeros, and as a TCP header
/// without options.
///
/// # Errors
/// Returns the reason when the frame does not count.
#[inline]
pub fn decode(link: LinkType, frame: &[u8], reading: Reading) -> Result<Headers, Ignored> {
    match fast_path::ipv4_headers(link, frame, &reading) {
        Some(headers) => Ok(headers),
        None => decode_any(link, frame, &reading),
    }
}

/// Whether a frame counts: whether [`decode`] finds headers in it.
#[inline(never)]
pub fn counts(link: LinkType, frame: &[u8], reading: Reading) -> bool {
    decode(link, frame, reading).is_ok()
}

#[inline(never)]
fn decode_any(link: LinkType, frame: &[u8], reading: &Reading) -> Result<Headers, Ignored> {
    if let Some(headers) = fast_path::ipv6_headers(link, frame, reading) {
        return Ok(headers);
    }
    match reading.rules {
        Rules::Specification => reference(link, frame, reading),
        Rules::Reference => reference(link, frame, reading),
    }
}

/// Reads a frame as nfstream 6.6.0 does, and those that it does not count by more lenient passes.
fn reference(link: LinkType, frame: &[u8], reading: &Reading) -> Result<Headers, Ignored> {
    let decode_tunnels = reading.tunnels != TunnelSet::None;
    let walk = |pass| {
        let mut headers = Headers::EMPTY;
        Walk::new(link, frame, decode_tunnels, pass, &mut headers).run().map(|()| headers)
    };
    if link.is_read_by_reference()
        && let Ok(headers) = walk(Pass::Reference)
    {
        return Ok(headers);
    }
    // Frames that nfstream 6.6.0 does not count: the other link types and encapsulations.
    match walk(Pass::Extended) {
        Err(Ignored::IpLength) if reading.is_cut => walk(Pass::Cut),
        decoded => decoded,
    }
}

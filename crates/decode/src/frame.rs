//! [`decode`]: finds the packet that counts in a frame, by the fast path or by a walk.
use crate::ip::{ipv6, protocol};
use crate::pass::Pass;
use crate::reading::Rules;
use crate::transport::udp;
use crate::walk::Walk;
use crate::{Fragment, Headers, Ignored, LinkType, Reading, TunnelSet, fast_path, specification, tunnels};

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
        Rules::Specification => specification::decode(link, frame, reading),
        Rules::Reference => reference(link, frame, reading),
    }
}

/// Reads a frame as nfstream 6.6.0 does, and goes beyond that only as far as the reading asks for.
fn reference(link: LinkType, frame: &[u8], reading: &Reading) -> Result<Headers, Ignored> {
    let found = as_reference(link, frame, reading);
    let specified = |tunnels| specification::decode(link, frame, &Reading { tunnels, ..*reading });
    let wanted = |found: &Headers| {
        found.is_length_mended && reading.mends_lengths
            || found.fragment != Fragment::Whole && reading.counts_fragments
    };
    match found {
        Ok(mut headers) if needs_a_second_look(&headers, frame, reading) => {
            let Ok(all) = specified(TunnelSet::All) else { return found };
            let has_tunnel = all.ip_offset > headers.ip_offset;
            headers.carries_tunnel = has_tunnel;
            match specified(reading.tunnels) {
                Ok(found) if wanted(&found) => Ok(found.as_reference()),
                _ if has_tunnel && reading.tunnels == TunnelSet::All => Ok(all),
                _ => Ok(headers),
            }
        }
        Err(reason) if reading.mends_lengths || reading.counts_fragments => {
            specified(reading.tunnels).ok().filter(wanted).map(Headers::as_reference).ok_or(reason)
        }
        Err(reason) if reading.tunnels == TunnelSet::All => {
            specified(TunnelSet::All).ok().filter(|found| found.tunnel_depth > 0).ok_or(reason)
        }
        found => found,
    }
}

/// Whether a packet may carry a tunnel, be in a fragment, or have a length that is not the header's.
fn needs_a_second_look(headers: &Headers, frame: &[u8], reading: &Reading) -> bool {
    let has_ports = headers.protocol == protocol::UDP && headers.transport_size > 0;
    let ports = frame.get(headers.transport_offset as usize..).and_then(<[u8]>::first_chunk);
    let may_carry_tunnel = match ports {
        Some(ports) if has_ports => tunnels::may_be(&udp::Header::new(ports)),
        _ => tunnels::is_carrier(headers.protocol),
    };
    may_carry_tunnel
        || reading.mends_lengths && headers.ip_version == 6 && headers.ip_size as usize == ipv6::LEN
        || reading.counts_fragments
}

/// Reads a frame as nfstream 6.6.0 does, and those that it does not count by more lenient passes.
fn as_reference(link: LinkType, frame: &[u8], reading: &Reading) -> Result<Headers, Ignored> {
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

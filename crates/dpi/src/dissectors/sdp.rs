//! SDP: Session Description Protocol (RFC 8866), inside SIP, RTSP, MGCP: which endpoints will receive media.

use std::net::{IpAddr, SocketAddr};

use crate::dissect::{Found, Reader};
use crate::flow::Transport;
use crate::lessons::About;
use crate::vocabulary::{Label, labels};

const MOST_LINES: usize = 256;

/// Teaches the RTP endpoints that a description names; lines of the surrounding message do no harm.
pub(super) fn teach(text: &[u8], found: &mut Found<'_>) {
    let mut reader = Reader::new(text);
    let mut address = None;
    let mut port = None;
    for _ in 0..MOST_LINES {
        let Ok(line) = reader.line() else { return };
        if let Some(connection) = line.strip_prefix(b"c=IN IP") {
            address = connection_address(connection).or(address);
        } else if let Some(media) = line.strip_prefix(b"m=") {
            port = rtp_port(media);
        } else {
            continue;
        }
        if let (Some(address), Some(port)) = (address, port) {
            let endpoint = About::Endpoint(Transport::Udp, SocketAddr::new(address, port));
            found.teach(endpoint, labels::RTP, Label::UNKNOWN);
        }
    }
}

/// Section 5.7: `4 192.0.2.1`, maybe with `/ttl`.
fn connection_address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text.get(2..)?).ok()?;
    let address: IpAddr = text.split('/').next()?.trim_end().parse().ok()?;
    (!address.is_unspecified()).then_some(address)
}

/// Section 5.14: `audio 49170 RTP/AVP 0 8`; port 0 refuses the media.
fn rtp_port(text: &[u8]) -> Option<u16> {
    let mut words = text.split(|byte| *byte == b' ');
    let (port, protocol) = (words.nth(1)?, words.next()?);
    let port = std::str::from_utf8(port).ok()?.split('/').next()?.parse().ok()?;
    let carries_rtp = protocol.windows(4).any(|part| part == b"RTP/");
    (port != 0 && (carries_rtp || protocol.windows(5).any(|part| part == b"SAVPF"))).then_some(port)
}

//! CAPWAP data (RFC 5415 section 4) that carries IEEE 802.11 frames (RFC 5416).
use super::udp_tunnel::{Content, UdpTunnel};
use crate::Ignored;
use crate::link::{ieee80211, llc};
use crate::pass::Pass;

/// CAPWAP on the registered port of its data channel.
pub(super) const TUNNEL: UdpTunnel = UdpTunnel { port: 5247, fewest_bytes: 0, id: |_| 0, open };

/// Type in the preamble that says that a CAPWAP header follows, and not a DTLS header.
const TYPE_PLAIN: u8 = 0;

/// Finds the IP packet after the LLC header of an 802.11 frame; returns `None` unless the payload is a CAPWAP header
/// with 802.11 data after it.
///
/// Controllers differ in the byte order of the frame control field, so this function ignores the field. It assumes that
/// the 802.11 header has 24 bytes and that SNAP follows it.
#[cold]
fn open(payload: &[u8], _: Pass) -> Result<Option<Content>, Ignored> {
    Ok(packet(payload))
}

fn packet(payload: &[u8]) -> Option<Content> {
    let &[preamble, header_len] = payload.first_chunk::<2>()?;
    if preamble & 0x0f != TYPE_PLAIN {
        return None;
    }
    let frame_offset = usize::from(header_len >> 3) * 4;
    let llc_offset = frame_offset + ieee80211::LEN;
    let offset = llc_offset + llc::SNAP_LEN;
    if offset >= payload.len() {
        return None;
    }
    let frame = ieee80211::Header::new(payload.get(frame_offset..)?)?;
    let llc = llc::Header::new(payload.get(llc_offset..)?)?;
    let (src_mac, dst_mac) = (frame.address_2(), frame.address_3());
    Some(Content::Packet { offset, ethertype: llc.ethertype(), src_mac, dst_mac })
}

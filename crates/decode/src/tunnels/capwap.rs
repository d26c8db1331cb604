//! CAPWAP data (RFC 5415 section 4) that carries IEEE 802.11 frames (RFC 5416).
use super::payload::{Inside, Layer, Payload};
use super::tunnel_header::{Carrier, TunnelHeader};
use super::udp_tunnel::{Content, UdpTunnel};
use crate::link::{ieee80211, llc};
use crate::pass::Pass;
use crate::{Ignored, LinkType};

/// As nfstream 6.6.0 reads it.
pub(super) const REFERENCE: UdpTunnel =
    UdpTunnel { port: PORT, fewest_bytes: 0, id: |_| 0, open: open_as_reference };

pub(super) const TUNNEL: TunnelHeader =
    TunnelHeader { carriers: &[Carrier::Udp(PORT)], is_id_shared: false, open };

/// The registered port of the data channel.
const PORT: u16 = 5247;

/// Type in the preamble that says that a CAPWAP header follows, and not a DTLS header.
const TYPE_PLAIN: u8 = 0;

/// Finds the IP packet after the LLC header of an 802.11 frame; returns `None` unless the payload is a CAPWAP header
/// with 802.11 data after it.
///
/// Controllers differ in the byte order of the frame control field, so this function ignores the field. It assumes that
/// the 802.11 header has 24 bytes and that SNAP follows it.
#[cold]
fn open_as_reference(payload: &[u8], _: Pass) -> Result<Option<Content>, Ignored> {
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

/// Bytes of the header without radio address and wireless information.
const LEN: usize = 8;
/// The frame is one of the wireless link, and not one of Ethernet.
const FLAG_NATIVE: u8 = 0x01;
/// This is a fragment of a frame.
const FLAG_FRAGMENT: u8 = 0x80;
/// A message that keeps the channel alive, without a frame.
const FLAG_KEEP_ALIVE: u8 = 0x08;
/// Number of IEEE 802.11 among wireless links.
const BINDING_IEEE802_11: u8 = 1;

/// A frame of IEEE 802.11, or of Ethernet. Of a frame in fragments, only the first is opened.
fn open(payload: Payload<'_>) -> Option<Inside> {
    let [preamble, header_len, binding, flags, _, _, offset_high, offset_low] = *payload.array::<LEN>(0)?;
    let is_later = flags & FLAG_FRAGMENT != 0 && u16::from_be_bytes([offset_high, offset_low]) >> 3 != 0;
    if preamble != TYPE_PLAIN || is_later || flags & FLAG_KEEP_ALIVE != 0 {
        return None;
    }
    let offset = usize::from(header_len >> 3) * 4;
    if binding & FLAG_NATIVE == 0 {
        return Some(Inside::new(Layer::Frame(LinkType::ETHERNET), offset, payload));
    }
    if binding >> 1 & 0x1f != BINDING_IEEE802_11 {
        return None;
    }
    let frame = ieee80211::Header::new(payload.bytes.get(offset..)?)?;
    if frame.is_data() && after_llc(&frame, offset, payload).is_some() {
        return Some(Inside::new(Layer::Frame(LinkType::IEEE802_11), offset, payload));
    }
    // Some controllers send the two bytes of frame control in the other order.
    let mut swapped = *payload.array::<{ ieee80211::LEN }>(offset)?;
    swapped.swap(0, 1);
    let frame = ieee80211::Header::new(&swapped)?;
    let (ethertype, content) = after_llc(&frame, offset, payload)?;
    if !frame.is_data() || frame.is_protected() {
        return None;
    }
    let macs = frame.source_and_destination(payload.bytes.get(offset..)?);
    Some(Inside { macs, ..Inside::new(Layer::EtherType(ethertype), content, payload) })
}

/// The type of the content of a frame, and its offset.
fn after_llc(frame: &ieee80211::Header<'_>, offset: usize, payload: Payload<'_>) -> Option<(u16, usize)> {
    let offset = offset + frame.len();
    let llc = llc::Header::new(payload.bytes.get(offset..)?)?;
    llc.is_snap().then(|| (llc.ethertype(), offset + llc::SNAP_LEN))
}

//! From the start of a frame, or of what a tunnel carries, to the IP header.
use super::{Place, Walk};
use crate::link::{
    ethernet, ieee80211, linux_cooked, llc, loopback, mpls, nsh, ppi, ppp, pppoe, radiotap, vlan,
};
use crate::tunnels::{self, Carrier, Layer, Payload};
use crate::{Ignored, LinkType, MAX_HEADERS, TunnelSet};

/// How long a header is, and what follows it.
type Next = Result<(usize, Layer), Ignored>;

impl<'a> Walk<'a> {
    /// Walks headers of the link up to an IP header, whose version is not yet known.
    #[inline]
    pub(super) fn find_ip(&self, place: &mut Place) -> Result<(), Ignored> {
        for _ in 0..=MAX_HEADERS {
            let (len, next) = match place.layer {
                Layer::Ip => return Ok(()),
                Layer::Frame(LinkType::ETHERNET) => self.ethernet(place)?,
                Layer::Frame(link) => self.other_frame(link, place)?,
                Layer::EtherType(ethertype) => self.after_ethertype(ethertype, place)?,
                Layer::Labels => self.after_labels(place)?,
                Layer::Ppp => after_ppp(self.captured_from(place.offset))?,
            };
            place.offset += len;
            place.layer = next;
        }
        Err(Ignored::NestingLimit)
    }

    #[inline]
    fn ethernet(&self, place: &mut Place) -> Next {
        let header = ethernet::Header::new(self.captured_from(place.offset)).ok_or(Ignored::TooShort)?;
        place.headers.src_mac = header.source();
        place.headers.dst_mac = header.destination();
        place.headers.vlan_id = 0;
        Ok((ethernet::LEN, Layer::EtherType(header.type_or_length())))
    }

    #[cold]
    fn other_frame(&self, link: LinkType, place: &mut Place) -> Next {
        let bytes = self.captured_from(place.offset);
        Ok(match link {
            LinkType::NULL | LinkType::LOOP => (loopback::LEN, Layer::Ip),
            LinkType::PPP | LinkType::C_HDLC | LinkType::PPP_HDLC => {
                let header = ppp::Header::new(bytes).ok_or(Ignored::TooShort)?;
                match header.is_cisco() {
                    true => (ppp::FRAMED_LEN, Layer::EtherType(header.framed_protocol())),
                    false => (0, Layer::Ppp),
                }
            }
            LinkType::LINUX_SLL => {
                let header = linux_cooked::HeaderV1::new(bytes).ok_or(Ignored::TooShort)?;
                (linux_cooked::V1_LEN, Layer::EtherType(header.ethertype()))
            }
            LinkType::LINUX_SLL2 => {
                let header = linux_cooked::HeaderV2::new(bytes).ok_or(Ignored::TooShort)?;
                (linux_cooked::V2_LEN, Layer::EtherType(header.ethertype()))
            }
            LinkType::DLT_RAW
            | LinkType::DLT_RAW_OPENBSD
            | LinkType::RAW
            | LinkType::IPV4
            | LinkType::IPV6 => (0, Layer::Ip),
            LinkType::IEEE802_11_RADIOTAP => {
                let header = radiotap::Header::new(bytes).ok_or(Ignored::TooShort)?;
                if header.was_received_with_errors() {
                    return Err(Ignored::Ieee80211BadFcs);
                }
                let frame = bytes.get(header.len()..).ok_or(Ignored::TooShort)?;
                let (len, next) = ieee80211(frame, header.is_padded(), place)?;
                (header.len() + len, next)
            }
            LinkType::IEEE802_11 => ieee80211(bytes, false, place)?,
            LinkType::PPI => {
                let header = ppi::Header::new(bytes).ok_or(Ignored::TooShort)?;
                match u16::try_from(header.link_type()).map(LinkType) {
                    Err(_) | Ok(LinkType::PPI) => return Err(Ignored::LinkType),
                    Ok(inner) => (header.len(), Layer::Frame(inner)),
                }
            }
            _ => return Err(Ignored::LinkType),
        })
    }

    /// After an `EtherType`, or a length in its place. IP may also follow after a type that is not known, if its header
    /// is right in all and this is no tunnel.
    #[inline]
    fn after_ethertype(&self, ethertype: u16, place: &mut Place) -> Next {
        let bytes = self.captured_from(place.offset);
        match ethertype {
            ethernet::IPV4 | ethernet::IPV6 => Ok((0, Layer::Ip)),
            ethernet::VLAN
            | ethernet::SERVICE_VLAN
            | ethernet::OLD_SERVICE_VLAN
            | ethernet::OTHER_SERVICE_VLAN => {
                let header = vlan::Header::new(bytes).ok_or(Ignored::LinkHeader)?;
                place.headers.vlan_id = header.id();
                Ok((vlan::LEN, Layer::EtherType(header.ethertype())))
            }
            ethernet::MPLS | ethernet::MPLS_UPSTREAM => Ok((0, Layer::Labels)),
            ethernet::PPPOE_SESSION if pppoe::is_session_data(bytes) => Ok((pppoe::HEADER_LEN, Layer::Ppp)),
            ethernet::SERVICE_HEADER => {
                let header = nsh::Header::new(bytes).ok_or(Ignored::LinkHeader)?;
                let next = tunnels::next_layer(header.next_protocol()).filter(|_| !header.is_oam());
                Ok((header.len(), next.ok_or(Ignored::NotIp)?))
            }
            ethernet::BACKBONE_SERVICE => {
                self.on_link(Carrier::EtherType(ethertype), place.offset, place).ok_or(Ignored::LinkHeader)
            }
            1..=ethernet::MAX_LENGTH => after_llc(bytes),
            _ if place.is_strict => Err(Ignored::NotIp),
            _ => {
                let payload = self.payload(place.offset, place).ok_or(Ignored::LinkHeader)?;
                tunnels::begins_with_ip(payload).then_some((0, Layer::Ip)).ok_or(Ignored::NotIp)
            }
        }
    }

    /// After a label stack: an Ethernet frame, or else IP.
    fn after_labels(&self, place: &mut Place) -> Next {
        let (label, len) = mpls::bottom(self.captured_from(place.offset)).ok_or(Ignored::LinkHeader)?;
        let Some((inside, layer)) = self.on_link(Carrier::Labels, place.offset + len, place) else {
            return Ok((len, Layer::Ip));
        };
        if self.reading.tunnels == TunnelSet::All {
            place.headers.tunnel_id = label;
        }
        Ok((len + inside, layer))
    }

    /// Enters a tunnel that no IP packet carries, at `start`. It is entered in any case: there is nothing else that
    /// counts. But the headers name it only if tunnels are wanted.
    #[cold]
    fn on_link(&self, carrier: Carrier, start: usize, place: &mut Place) -> Option<(usize, Layer)> {
        let payload = self.payload(start, place)?;
        let (tunnel, header) = tunnels::announced_by(|other| other == carrier, TunnelSet::All).next()?;
        let inside = Self::open(*tunnel, header, payload, start, &place.headers)?;
        if self.reading.tunnels == TunnelSet::All {
            place.headers = inside.headers;
        }
        Some((inside.offset - start, inside.layer))
    }

    /// What is at `start`, up to the end of a place.
    fn payload(&self, start: usize, place: &Place) -> Option<Payload<'a>> {
        Some(Payload {
            bytes: self.frame.get(start..place.end.min(self.frame.len()))?,
            len: place.end - start,
            ip_version: 0,
            is_segment_routed: false,
            number: 0,
        })
    }
}

/// Reads an 802.11 frame up to the end of its LLC header; `is_padded` says that the header before that is padded to four
/// bytes.
fn ieee80211(bytes: &[u8], is_padded: bool, place: &mut Place) -> Next {
    let frame = ieee80211::Header::new(bytes).ok_or(Ignored::TooShort)?;
    if !frame.is_data() || frame.is_null() {
        return Err(Ignored::Ieee80211NotData);
    }
    if frame.is_protected() {
        return Err(Ignored::Ieee80211Protected);
    }
    (place.headers.src_mac, place.headers.dst_mac) =
        frame.source_and_destination(bytes).ok_or(Ignored::LinkHeader)?;
    place.headers.vlan_id = 0;
    let header_len = if is_padded { frame.len().next_multiple_of(4) } else { frame.len() };
    let (len, next) = after_llc(bytes.get(header_len..).unwrap_or_default())?;
    Ok((header_len + len, next))
}

/// After an LLC frame's length, in Ethernet or in IEEE 802.11.
#[cold]
fn after_llc(bytes: &[u8]) -> Next {
    let header = llc::Header::new(bytes).ok_or(Ignored::LinkHeader)?;
    match header {
        _ if header.is_snap() => Ok((llc::SNAP_LEN, Layer::EtherType(header.ethertype()))),
        _ if header.is_spanning_tree() => Err(Ignored::SpanningTree),
        _ => Err(Ignored::NotIp),
    }
}

fn after_ppp(bytes: &[u8]) -> Next {
    match ppp::protocol(bytes).ok_or(Ignored::LinkHeader)? {
        (ppp::IPV4 | ppp::IPV6, len) => Ok((len, Layer::Ip)),
        (ppp::MPLS, len) => Ok((len, Layer::Labels)),
        _ => Err(Ignored::NotIp),
    }
}

//! From the start of a frame, or of what a tunnel carries, to the IP header.
use super::{Place, Walk};
use crate::link::{
    ethernet, ieee80211, linux_cooked, llc, loopback, mpls, nsh, ppi, ppp, pppoe, radiotap, vlan,
};
use crate::tunnels::{self, Carrier, Layer, Payload};
use crate::{Ignored, LinkType, MAX_HEADERS, TunnelSet};

impl Walk<'_> {
    /// Walks headers of the link up to an IP header, whose version is not yet known.
    #[inline]
    pub(super) fn find_ip(&self, mut place: Place) -> Result<Place, Ignored> {
        for _ in 0..=MAX_HEADERS {
            place = match place.layer {
                Layer::Ip => return Ok(place),
                Layer::Frame(LinkType::ETHERNET) => self.ethernet(place)?,
                Layer::Frame(link) => self.other_frame(link, place)?,
                Layer::EtherType(ethertype) => self.after_ethertype(ethertype, place)?,
                Layer::Labels => self.after_labels(place)?,
                Layer::Ppp => self.after_ppp(place)?,
            };
        }
        Err(Ignored::NestingLimit)
    }

    #[inline]
    fn ethernet(&self, mut place: Place) -> Result<Place, Ignored> {
        let header = ethernet::Header::new(self.captured_from(place.offset)).ok_or(Ignored::TooShort)?;
        place.headers.src_mac = header.source();
        place.headers.dst_mac = header.destination();
        place.headers.vlan_id = 0;
        let ethertype = header.type_or_length();
        let next = place.after(ethernet::LEN, Layer::EtherType(ethertype));
        match ethertype {
            1..=ethernet::MAX_LENGTH => self.after_llc(next),
            _ => Ok(next),
        }
    }

    /// Enters an LLC frame in Ethernet or in IEEE 802.11.
    #[cold]
    fn after_llc(&self, place: Place) -> Result<Place, Ignored> {
        let header = llc::Header::new(self.captured_from(place.offset)).ok_or(Ignored::LinkHeader)?;
        match header {
            _ if header.is_snap() => Ok(place.after(llc::SNAP_LEN, Layer::EtherType(header.ethertype()))),
            _ if header.is_spanning_tree() => Err(Ignored::SpanningTree),
            _ => Err(Ignored::NotIp),
        }
    }

    #[cold]
    fn other_frame(&self, link: LinkType, place: Place) -> Result<Place, Ignored> {
        let bytes = self.captured_from(place.offset);
        Ok(match link {
            LinkType::NULL | LinkType::LOOP => place.after(loopback::LEN, Layer::Ip),
            LinkType::PPP | LinkType::C_HDLC | LinkType::PPP_HDLC => {
                let header = ppp::Header::new(bytes).ok_or(Ignored::TooShort)?;
                match header.is_cisco() {
                    true => place.after(ppp::FRAMED_LEN, Layer::EtherType(header.framed_protocol())),
                    false => place.after(0, Layer::Ppp),
                }
            }
            LinkType::LINUX_SLL => {
                let header = linux_cooked::HeaderV1::new(bytes).ok_or(Ignored::TooShort)?;
                place.after(linux_cooked::V1_LEN, Layer::EtherType(header.ethertype()))
            }
            LinkType::LINUX_SLL2 => {
                let header = linux_cooked::HeaderV2::new(bytes).ok_or(Ignored::TooShort)?;
                place.after(linux_cooked::V2_LEN, Layer::EtherType(header.ethertype()))
            }
            LinkType::DLT_RAW
            | LinkType::DLT_RAW_OPENBSD
            | LinkType::RAW
            | LinkType::IPV4
            | LinkType::IPV6 => place.after(0, Layer::Ip),
            LinkType::IEEE802_11_RADIOTAP => {
                let header = radiotap::Header::new(bytes).ok_or(Ignored::TooShort)?;
                if header.was_received_with_errors() {
                    return Err(Ignored::Ieee80211BadFcs);
                }
                return self.ieee80211(place.after(header.len(), Layer::Ip), header.is_padded());
            }
            LinkType::IEEE802_11 => return self.ieee80211(place, false),
            LinkType::PPI => {
                let header = ppi::Header::new(bytes).ok_or(Ignored::TooShort)?;
                match u16::try_from(header.link_type()).map(LinkType) {
                    Err(_) | Ok(LinkType::PPI) => return Err(Ignored::LinkType),
                    Ok(inner) => place.after(header.len(), Layer::Frame(inner)),
                }
            }
            _ => return Err(Ignored::LinkType),
        })
    }

    /// Enters an 802.11 frame; `is_padded` says that its header is padded to four bytes.
    fn ieee80211(&self, mut place: Place, is_padded: bool) -> Result<Place, Ignored> {
        let bytes = self.captured_from(place.offset);
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
        let len = if is_padded { frame.len().next_multiple_of(4) } else { frame.len() };
        self.after_llc(place.after(len, Layer::Ip))
    }

    /// After an `EtherType`. Outside tunnels IP may also follow after one that is not known, if its header is right.
    #[inline]
    fn after_ethertype(&self, ethertype: u16, mut place: Place) -> Result<Place, Ignored> {
        let bytes = self.captured_from(place.offset);
        match ethertype {
            ethernet::IPV4 | ethernet::IPV6 => Ok(place.after(0, Layer::Ip)),
            ethernet::VLAN
            | ethernet::SERVICE_VLAN
            | ethernet::OLD_SERVICE_VLAN
            | ethernet::OTHER_SERVICE_VLAN => {
                let header = vlan::Header::new(bytes).ok_or(Ignored::LinkHeader)?;
                place.headers.vlan_id = header.id();
                Ok(place.after(vlan::LEN, Layer::EtherType(header.ethertype())))
            }
            ethernet::MPLS | ethernet::MPLS_UPSTREAM => Ok(place.after(0, Layer::Labels)),
            ethernet::PPPOE_SESSION if pppoe::is_session_data(bytes) => {
                Ok(place.after(pppoe::HEADER_LEN, Layer::Ppp))
            }
            ethernet::SERVICE_HEADER => {
                let header = nsh::Header::new(bytes).ok_or(Ignored::LinkHeader)?;
                let layer = tunnels::next_layer(header.next_protocol()).filter(|_| !header.is_oam());
                Ok(place.after(header.len(), layer.ok_or(Ignored::NotIp)?))
            }
            ethernet::BACKBONE_SERVICE => {
                self.enter_on_link(Carrier::EtherType(ethertype), place).ok_or(Ignored::LinkHeader)
            }
            _ if place.is_strict => Err(Ignored::NotIp),
            _ => Ok(place.after(0, Layer::Ip)),
        }
    }

    /// After a label stack: IP, or an Ethernet frame.
    fn after_labels(&self, place: Place) -> Result<Place, Ignored> {
        let (label, len) = mpls::bottom(self.captured_from(place.offset)).ok_or(Ignored::LinkHeader)?;
        let place = place.after(len, Layer::Ip);
        let wire = self.enter_on_link(Carrier::Labels, place);
        match wire {
            Some(mut inside) => {
                inside.headers.tunnel_id = label;
                Ok(inside)
            }
            None => Ok(place),
        }
    }

    fn after_ppp(&self, place: Place) -> Result<Place, Ignored> {
        let (protocol, len) = ppp::protocol(self.captured_from(place.offset)).ok_or(Ignored::LinkHeader)?;
        match protocol {
            ppp::IPV4 | ppp::IPV6 => Ok(place.after(len, Layer::Ip)),
            ppp::MPLS => Ok(place.after(len, Layer::Labels)),
            _ => Err(Ignored::NotIp),
        }
    }

    /// Enters a tunnel that no IP packet carries. It is entered in any case: there is nothing else that counts. But the
    /// headers name it only if tunnels are wanted.
    #[cold]
    fn enter_on_link(&self, carrier: Carrier, place: Place) -> Option<Place> {
        let end = place.end.min(self.frame.len());
        let payload = Payload {
            bytes: self.frame.get(place.offset..end)?,
            len: place.end.checked_sub(place.offset)?,
            ip_version: 0,
            is_segment_routed: false,
            number: 0,
        };
        let (tunnel, header) = tunnels::announced_by(|other| other == carrier, TunnelSet::All).next()?;
        let inside = Self::open(*tunnel, header, payload, place.offset, place.headers)?;
        let headers = match self.reading.tunnels {
            TunnelSet::All => inside.headers,
            TunnelSet::None | TunnelSet::Reference => place.headers,
        };
        let (carrier, is_strict) = (place.carrier, place.is_strict);
        Some(Place { carrier, is_strict, headers, ..inside })
    }
}

impl Place {
    /// The place `len` bytes further on.
    #[inline]
    fn after(self, len: usize, layer: Layer) -> Self {
        Self { layer, offset: self.offset + len, ..self }
    }
}

//! The walk through a frame: link, tags, IP in IP, tunnels, to the one packet that counts.
use crate::ip::{ipv4, ipv6, protocol};
use crate::link::{ethernet, ieee80211, linux_cooked, llc, loopback, mpls, ppi, ppp, pppoe, radiotap, vlan};
use crate::pass::Pass;
use crate::segment;
use crate::transport::udp;
use crate::tunnels::{self, Content, UdpTunnel};
use crate::{Headers, Ignored, LinkType, MAX_HEADERS, Tunnel};

/// Fewest bytes from the start of a link header to the end of the capture.
const MIN_FRAME: usize = 28;

/// Bytes of a frame that are read at most, so that offsets fit in 32 bits.
const MAX_FRAME: usize = 1 << 30;

/// State of the walk through a frame.
pub(crate) struct Walk<'a, 'h> {
    frame: &'a [u8],
    link: LinkType,
    decode_tunnels: bool,
    pass: Pass,
    /// Headers found so far.
    headers: &'h mut Headers,
    /// `EtherType` before the IP header, or the number in its place in other link headers. The IP version alone decides
    /// whether a packet is IP, whatever this field says, but fragments and tunnels are recognised only after the number
    /// of IPv4.
    ethertype: u16,
    /// Whether the last packet after the `EtherType` of IPv4 was UDP. After another `EtherType`, inside a tunnel, this
    /// is not checked again: there the reference takes every IPv4 packet that may carry a tunnel for UDP.
    is_udp: bool,
    /// Number of encapsulations entered.
    depth: u32,
}

/// The next step of the walk.
enum Step {
    /// A frame of the walk's link type begins here.
    Frame(usize),
    /// An IP packet that may carry IP or a tunnel begins here.
    Network(usize),
    /// An IP packet that counts, even if it carries IP or a tunnel, begins here.
    Last(usize),
    /// The packet that counts.
    Found(Packet),
}

/// Position of an IP packet, checked against the frame.
struct Packet {
    ip_offset: usize,
    /// Bytes from the IP header to the end of the packet, captured or not.
    ip_size: usize,
    transport_offset: usize,
}

impl Packet {
    /// Bytes after the IP headers.
    #[inline]
    fn transport_len(&self) -> usize {
        self.ip_offset + self.ip_size - self.transport_offset
    }
}

impl<'a, 'h> Walk<'a, 'h> {
    #[inline]
    pub(crate) fn new(
        link: LinkType,
        frame: &'a [u8],
        decode_tunnels: bool,
        pass: Pass,
        headers: &'h mut Headers,
    ) -> Self {
        Self {
            frame: frame.get(..MAX_FRAME).unwrap_or(frame),
            link,
            decode_tunnels,
            pass,
            headers,
            ethertype: 0,
            is_udp: false,
            depth: 0,
        }
    }

    #[inline]
    pub(crate) fn run(mut self) -> Result<(), Ignored> {
        let mut packet_offset = self.enter_frame(0)?;
        loop {
            let step = self.enter_packet(packet_offset)?;
            packet_offset = match step {
                Step::Found(packet) => {
                    self.enter_transport(&packet);
                    return Ok(());
                }
                Step::Last(offset) => {
                    let packet = self.last_packet(offset)?;
                    self.enter_transport(&packet);
                    return Ok(());
                }
                Step::Network(offset) => offset,
                Step::Frame(offset) => self.enter_frame(offset)?,
            };
            self.depth += 1;
            if self.depth > MAX_HEADERS {
                return Err(Ignored::NestingLimit);
            }
        }
    }

    /// Returns the captured bytes from `offset` on.
    #[inline]
    fn captured_from(&self, offset: usize) -> &'a [u8] {
        self.frame.get(offset..).unwrap_or_default()
    }

    /// Reads the link header and the headers between it and IP; returns the offset of IP.
    #[inline]
    fn enter_frame(&mut self, offset: usize) -> Result<usize, Ignored> {
        let bytes = self.captured_from(offset);
        if bytes.len() < MIN_FRAME {
            return Err(self.or_tunnel_content(Ignored::TooShort));
        }
        if self.link != LinkType::ETHERNET {
            return self.enter_other_frame(offset);
        }
        let header = ethernet::Header::new(bytes).ok_or(Ignored::TooShort)?;
        self.headers.src_mac = header.source();
        self.headers.dst_mac = header.destination();
        let type_or_length = header.type_or_length();
        let offset = offset + ethernet::LEN;
        match type_or_length {
            1..=ethernet::MAX_LENGTH => self.enter_llc(offset),
            ethernet::MIN_TYPE.. => self.enter_ethertype(type_or_length, offset),
            _ => Ok(offset),
        }
    }

    #[cold]
    fn enter_other_frame(&mut self, offset: usize) -> Result<usize, Ignored> {
        if self.pass != Pass::Reference && self.link == LinkType::PPI {
            return self.enter_ppi(offset);
        }
        let bytes = self.captured_from(offset);
        let (ethertype, header_len) = match self.link {
            LinkType::NULL => {
                let header = loopback::Header::new(bytes).ok_or(Ignored::TooShort)?;
                (if header.is_ipv4() { ethernet::IPV4 } else { 0 }, loopback::LEN)
            }
            LinkType::PPP | LinkType::C_HDLC => {
                let header = ppp::Header::new(bytes).ok_or(Ignored::TooShort)?;
                if header.is_cisco() {
                    (header.framed_protocol(), ppp::FRAMED_LEN)
                } else {
                    (header.bare_protocol(), ppp::PROTOCOL_LEN)
                }
            }
            LinkType::PPP_HDLC => {
                let header = ppp::Header::new(bytes).ok_or(Ignored::TooShort)?;
                (header.framed_protocol(), ppp::FRAMED_LEN)
            }
            LinkType::LINUX_SLL => {
                let header = linux_cooked::HeaderV1::new(bytes).ok_or(Ignored::TooShort)?;
                (header.ethertype(), linux_cooked::V1_LEN)
            }
            LinkType::DLT_RAW | LinkType::RAW if ip_version(bytes) != Some(4) => (0, 0),
            LinkType::DLT_RAW | LinkType::RAW | LinkType::IPV4 => (ethernet::IPV4, 0),
            LinkType::IPV6 => (0, 0),
            LinkType::IEEE802_11_RADIOTAP => return self.enter_radiotap(offset),
            _ => return self.enter_extended_frame(offset),
        };
        self.enter_ethertype(ethertype, offset + header_len)
    }

    /// Enters a frame of a link type of the extended rules.
    fn enter_extended_frame(&mut self, offset: usize) -> Result<usize, Ignored> {
        let bytes = self.captured_from(offset);
        match self.link {
            LinkType::LINUX_SLL2 => {
                let header = linux_cooked::HeaderV2::new(bytes).ok_or(Ignored::TooShort)?;
                self.enter_ethertype(header.ethertype(), offset + linux_cooked::V2_LEN)
            }
            LinkType::LOOP => self.enter_ethertype(ethernet::IPV4, offset + loopback::LEN),
            LinkType::DLT_RAW_OPENBSD => self.enter_ethertype(ethernet::IPV4, offset),
            LinkType::IEEE802_11 => self.enter_ieee80211(offset),
            _ => Err(Ignored::LinkType),
        }
    }

    fn enter_ppi(&mut self, offset: usize) -> Result<usize, Ignored> {
        let header = ppi::Header::new(self.captured_from(offset)).ok_or(Ignored::TooShort)?;
        let inner = u16::try_from(header.link_type()).map_err(|_| Ignored::LinkType)?;
        self.link = LinkType(inner);
        if self.link == LinkType::PPI {
            return Err(Ignored::LinkType);
        }
        self.enter_frame(offset + header.len())
    }

    /// Enters an 802.11 frame after radiotap.
    ///
    /// A frame to or from a distribution system is read as one with `QoS` control. A frame with both or neither of
    /// these directions is read as one without a header. The reference does the same, and leaves it to the IP version
    /// to decide.
    fn enter_radiotap(&mut self, offset: usize) -> Result<usize, Ignored> {
        let header = radiotap::Header::new(self.captured_from(offset)).ok_or(Ignored::TooShort)?;
        let offset = offset + header.len();
        let frame = ieee80211::Header::new(self.captured_from(offset)).ok_or(Ignored::LinkHeader)?;
        if !frame.is_data() {
            return Err(Ignored::Ieee80211NotData);
        }
        if header.has_bad_fcs() {
            return Err(Ignored::Ieee80211BadFcs);
        }
        self.headers.src_mac = frame.address_2();
        self.headers.dst_mac = frame.address_3();
        let header_len = match frame.enters_distribution_system() ^ frame.leaves_distribution_system() {
            true => ieee80211::LEN + ieee80211::QOS_CONTROL_LEN,
            false => 0,
        };
        let offset = offset + header_len;
        let llc = llc::Header::new(self.captured_from(offset)).ok_or(Ignored::LinkHeader)?;
        let ethertype = if llc.is_to_snap() { llc.ethertype() } else { self.ethertype };
        self.enter_ethertype(ethertype, offset + llc::SNAP_LEN)
    }

    /// Enters an 802.11 frame without radiotap.
    fn enter_ieee80211(&mut self, offset: usize) -> Result<usize, Ignored> {
        let bytes = self.captured_from(offset);
        let frame = ieee80211::Header::new(bytes).ok_or(Ignored::TooShort)?;
        if !frame.is_data() || frame.is_null() {
            return Err(Ignored::Ieee80211NotData);
        }
        if frame.is_protected() {
            return Err(Ignored::Ieee80211Protected);
        }
        (self.headers.src_mac, self.headers.dst_mac) =
            frame.source_and_destination(bytes).ok_or(Ignored::LinkHeader)?;
        let offset = offset + frame.len();
        let llc = llc::Header::new(self.captured_from(offset)).ok_or(Ignored::LinkHeader)?;
        if !llc.is_to_snap() {
            return Err(Ignored::NotIp);
        }
        self.enter_ethertype(llc.ethertype(), offset + llc::SNAP_LEN)
    }

    /// Enters an LLC frame in Ethernet.
    ///
    /// The reference reads SNAP's `EtherType` with its bytes swapped, so that tags, tunnels and fragments after SNAP
    /// are not recognised.
    #[cold]
    fn enter_llc(&mut self, offset: usize) -> Result<usize, Ignored> {
        let header = llc::Header::new(self.captured_from(offset)).ok_or(Ignored::LinkHeader)?;
        if header.is_snap() {
            self.enter_ethertype(header.ethertype().swap_bytes(), offset + llc::SNAP_LEN)
        } else if header.is_spanning_tree() {
            Err(Ignored::SpanningTree)
        } else {
            Ok(offset)
        }
    }

    /// Walks VLAN tags, and then a label stack or a PPPoE header. With any other `EtherType` the IP version decides
    /// whether IP follows.
    #[inline]
    fn enter_ethertype(&mut self, ethertype: u16, offset: usize) -> Result<usize, Ignored> {
        self.ethertype = ethertype;
        if ethertype == ethernet::IPV4 {
            return Ok(offset);
        }
        self.enter_tagged(ethertype, offset)
    }

    fn enter_tagged(&mut self, mut ethertype: u16, mut offset: usize) -> Result<usize, Ignored> {
        let mut tags = 0;
        while self.is_vlan(ethertype) {
            let header = vlan::Header::new(self.captured_from(offset)).ok_or(Ignored::LinkHeader)?;
            self.headers.vlan_id = header.id();
            ethertype = header.ethertype();
            offset += vlan::LEN;
            tags += 1;
            if tags > MAX_HEADERS {
                return Err(Ignored::NestingLimit);
            }
        }
        self.ethertype = ethertype;
        match ethertype {
            ethernet::MPLS | ethernet::MPLS_UPSTREAM => {
                self.ethertype = ethernet::IPV4;
                self.after_labels(offset)
            }
            ethernet::PPPOE_SESSION => {
                self.ethertype = ethernet::IPV4;
                Ok(offset + pppoe::LEN)
            }
            _ => Ok(offset),
        }
    }

    fn is_vlan(&self, ethertype: u16) -> bool {
        match ethertype {
            ethernet::VLAN => true,
            ethernet::SERVICE_VLAN | ethernet::OLD_SERVICE_VLAN => self.pass != Pass::Reference,
            _ => false,
        }
    }

    fn after_labels(&self, mut offset: usize) -> Result<usize, Ignored> {
        for _ in 0..MAX_HEADERS {
            let entry = mpls::Entry::new(self.captured_from(offset)).ok_or(Ignored::LinkHeader)?;
            offset += mpls::LEN;
            if entry.is_bottom_of_stack() {
                return Ok(offset);
            }
        }
        Err(Ignored::NestingLimit)
    }

    /// Reads an IP header and looks for another one inside: IP in IP, or a tunnel.
    #[inline]
    fn enter_packet(&mut self, offset: usize) -> Result<Step, Ignored> {
        let packet = self.captured_from(offset);
        match ip_version(packet) {
            Some(4) => {
                let header =
                    ipv4::Header::new(packet).ok_or_else(|| self.or_tunnel_content(Ignored::IpTruncated))?;
                let protocol = header.protocol();
                if carries_ip(protocol) && header.header_len() > 0 {
                    return Ok(Step::Network(offset + header.header_len()));
                }
                if self.ethertype == ethernet::IPV4 {
                    if header.is_later_fragment() {
                        return Err(Ignored::LaterFragment);
                    }
                    self.is_udp = protocol == protocol::UDP;
                }
                if self.is_udp && self.decode_tunnels {
                    let step = self.enter_tunnel(offset + header.header_len(), offset)?;
                    if let Some(step) = step {
                        return Ok(step);
                    }
                }
                self.ipv4_packet(&header, offset).map(Step::Found)
            }
            Some(6) => {
                let found = self.ipv6_packet(offset)?;
                let protocol = self.headers.protocol;
                if carries_ip(protocol) {
                    self.is_udp = false;
                    return Ok(Step::Network(found.transport_offset));
                }
                if protocol == protocol::UDP && self.decode_tunnels {
                    // The reference does not look for the ports where the datagram begins, but as far after the IP
                    // header as the datagram is long. So it misses tunnels over IPv6, and takes a few in 100,000 other
                    // datagrams for TZSP. Flows are equal only if this code takes the same ones.
                    let step = self.enter_tunnel(offset + found.transport_len(), offset)?;
                    if let Some(step) = step {
                        return Ok(step);
                    }
                }
                Ok(Step::Found(found))
            }
            _ => Err(self.or_tunnel_content(Ignored::NotIp)),
        }
    }

    /// Looks for a tunnel in a UDP datagram at `offset`, in the IP packet at `ip_offset`; returns `None` if there is none.
    #[inline]
    fn enter_tunnel(&mut self, offset: usize, ip_offset: usize) -> Result<Option<Step>, Ignored> {
        let datagram = self.captured_from(offset);
        let (header, payload) = datagram.split_first_chunk().ok_or(Ignored::UdpTruncated)?;
        let header = udp::Header::new(header);
        match tunnels::of_reference(&header, payload) {
            Some((tunnel, header)) => {
                let step = self.enter_content(*tunnel, header, payload, offset + udp::LEN)?;
                if step.is_some() {
                    self.headers.outer_ip_offset = ip_offset as u32;
                    self.headers.tunnel_depth = self.headers.tunnel_depth.saturating_add(1);
                    self.headers.tunnel_id = (header.id)(payload);
                }
                Ok(step)
            }
            None => Ok(None),
        }
    }

    /// Returns the next step in a tunnel; `None` when the datagram itself counts.
    #[cold]
    fn enter_content(
        &mut self,
        tunnel: Tunnel,
        header: &UdpTunnel,
        payload: &[u8],
        start: usize,
    ) -> Result<Option<Step>, Ignored> {
        let Some(content) = (header.open)(payload, self.pass)? else { return Ok(None) };
        self.headers.tunnel = tunnel;
        Ok(match content {
            Content::Unread => None,
            Content::LastPacket(offset) => Some(Step::Last(start + offset)),
            Content::Packet { offset, ethertype, src_mac, dst_mac } => {
                self.ethertype = ethertype;
                (self.headers.src_mac, self.headers.dst_mac) = (src_mac, dst_mac);
                Some(Step::Network(start + offset))
            }
            Content::Frame { offset, link } => {
                self.link = link.unwrap_or(self.link);
                Some(Step::Frame(start + offset))
            }
        })
    }

    /// Reads the packet at `offset`, without looking inside it.
    #[cold]
    fn last_packet(&mut self, offset: usize) -> Result<Packet, Ignored> {
        let packet = self.captured_from(offset);
        match ip_version(packet) {
            Some(4) => {
                let header = ipv4::Header::new(packet).ok_or(Ignored::TunnelContent)?;
                self.ipv4_packet(&header, offset)
            }
            Some(6) => self.ipv6_packet(offset),
            _ => Err(Ignored::TunnelContent),
        }
    }

    /// Checks lengths only as far as the reference does: it accepts header lengths below 20, and total lengths beyond
    /// the captured bytes.
    #[inline]
    fn ipv4_packet(&mut self, header: &ipv4::Header<'_>, offset: usize) -> Result<Packet, Ignored> {
        let header_len = header.header_len();
        let ip_size = header.total_len();
        if header_len.max(ipv4::LEN) > captured_len(self.captured_from(offset)) {
            return Err(self.or_tunnel_content(Ignored::IpTruncated));
        }
        if ip_size < header_len {
            return Err(Ignored::IpLength);
        }
        self.headers.ip_version = 4;
        self.headers.protocol = header.protocol();
        self.headers.src = header.source();
        self.headers.dst = header.destination();
        Ok(Packet { ip_offset: offset, ip_size, transport_offset: offset + header_len })
    }

    #[inline]
    fn ipv6_packet(&mut self, offset: usize) -> Result<Packet, Ignored> {
        let packet = self.captured_from(offset);
        let header = ipv6::Header::new(packet).ok_or_else(|| self.or_tunnel_content(Ignored::IpTruncated))?;
        let captured = packet.get(ipv6::LEN..captured_len(packet)).ok_or(Ignored::IpLength)?;
        let payload_len = header.payload_len();
        if payload_len > captured.len() && self.pass != Pass::Cut {
            return Err(Ignored::IpLength);
        }
        let mut upper = ipv6::Upper { protocol: header.next_header(), offset: 0 };
        if ipv6::is_extension(upper.protocol) {
            upper = ipv6::walk_extensions(upper.protocol, captured, payload_len)?;
        }
        self.headers.ip_version = 6;
        self.headers.protocol = upper.protocol;
        self.headers.src = header.source();
        self.headers.dst = header.destination();
        Ok(Packet {
            ip_offset: offset,
            ip_size: ipv6::LEN + payload_len,
            transport_offset: offset + ipv6::LEN + upper.offset,
        })
    }

    /// Reads the transport header of a packet that is long enough for one, and records all offsets and sizes.
    #[inline]
    fn enter_transport(&mut self, packet: &Packet) {
        let captured = self.captured_from(packet.transport_offset);
        let (size, header_len) = segment::read(self.headers, captured, packet.transport_len());
        let payload_end = self.frame.len().min(packet.ip_offset + packet.ip_size);
        let payload_offset = payload_end.min(packet.transport_offset + header_len);
        // Offsets stay below MAX_FRAME and sizes below 65,576.
        self.headers.ip_size = packet.ip_size as u32;
        self.headers.transport_size = size as u32;
        self.headers.payload_size = size.saturating_sub(header_len) as u32;
        self.headers.ip_offset = packet.ip_offset as u32;
        if self.headers.tunnel_depth == 0 {
            self.headers.outer_ip_offset = packet.ip_offset as u32;
        }
        self.headers.transport_offset = packet.transport_offset as u32;
        self.headers.payload_offset = payload_offset as u32;
        self.headers.payload_end = payload_end as u32;
    }

    /// Returns the reason, or [`Ignored::TunnelContent`] inside a tunnel.
    fn or_tunnel_content(&self, reason: Ignored) -> Ignored {
        if self.headers.tunnel == Tunnel::None { reason } else { Ignored::TunnelContent }
    }
}

/// Captured length of an IP packet, in the 16 bits of the reference: it is taken modulo 65,536.
#[inline]
fn captured_len(packet: &[u8]) -> usize {
    packet.len() & 0xffff
}

#[inline]
fn ip_version(packet: &[u8]) -> Option<u8> {
    packet.first().map(|first| first >> 4)
}

#[inline]
fn carries_ip(protocol: u8) -> bool {
    matches!(protocol, protocol::IPV4 | protocol::IPV6)
}

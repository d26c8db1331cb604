//! [`Part`]: a fragment of an IP datagram (RFC 791 section 3.2, RFC 8200 section 4.5).
use crate::ip::{ipv4, ipv6, protocol};
use crate::transport::tcp;
use crate::{Fragment, Headers, MAX_HEADERS, Tunnel, TunnelSet, tunnels};

/// The largest size of a datagram that a length field of 16 bits can give, in bytes. IPv4 counts the header as well.
const MAX_LENGTH: usize = 0xffff;

/// A fragment of an IP datagram: where its data belongs in the datagram, and where it is in the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The number that all fragments of a datagram have: 16 bits in IPv4, 32 in IPv6.
    pub identification: u32,
    /// Offset of the data in the datagram, after the headers that every fragment repeats, in bytes.
    pub offset: u32,
    /// Bytes of data, captured or not.
    pub size: u32,
    /// Whether more fragments follow.
    pub has_more: bool,
    /// IP protocol number of what the datagram begins with.
    pub protocol: u8,
    /// Offset of the IP header in the frame.
    ip_offset: usize,
    /// Offset in the frame of the end of the headers that every fragment repeats.
    headers_end: usize,
    /// Offset of the data in the frame.
    data_offset: usize,
    /// IPv6: offset in the frame of the number that announces the fragment header.
    announced_at: Option<usize>,
}

impl Part {
    /// Reads the fragment that `headers` describe from its frame; `None` if it is none.
    #[must_use]
    pub fn of(headers: &Headers, frame: &[u8]) -> Option<Self> {
        let packet = frame.get(headers.ip_offset as usize..)?;
        if headers.ip_version == 4 { Self::ipv4(headers, packet) } else { Self::ipv6(headers, packet) }
    }

    fn ipv4(headers: &Headers, packet: &[u8]) -> Option<Self> {
        let header = ipv4::Header::new(packet)?;
        if !header.is_fragment() {
            return None;
        }
        let ip_offset = headers.ip_offset as usize;
        let data_offset = ip_offset + header.header_len();
        Some(Self {
            identification: header.identification(),
            offset: header.fragment_offset(),
            size: (headers.ip_size as usize).checked_sub(header.header_len())? as u32,
            has_more: header.has_more_fragments(),
            protocol: header.protocol(),
            ip_offset,
            headers_end: data_offset,
            data_offset,
            announced_at: None,
        })
    }

    fn ipv6(headers: &Headers, packet: &[u8]) -> Option<Self> {
        let ip_offset = headers.ip_offset as usize;
        let (mut next, mut offset, mut announced_at) =
            (packet.get(ipv6::NEXT_HEADER)?, ipv6::LEN, ipv6::NEXT_HEADER);
        for _ in 0..MAX_HEADERS {
            let header = packet.get(offset..)?;
            if *next == ipv6::FRAGMENT {
                let header = ipv6::FragmentHeader::new(header)?;
                let data_offset = offset + ipv6::UNIT;
                if !header.is_fragment() {
                    // An atomic fragment (RFC 6946), which may have a fragment in it.
                    announced_at = offset;
                    next = packet.get(offset)?;
                    offset = data_offset;
                    continue;
                }
                return Some(Self {
                    identification: header.identification(),
                    offset: header.offset(),
                    size: (headers.ip_size as usize).checked_sub(data_offset)? as u32,
                    has_more: header.has_more_fragments(),
                    protocol: header.next_header(),
                    ip_offset,
                    headers_end: ip_offset + offset,
                    data_offset: ip_offset + data_offset,
                    announced_at: Some(ip_offset + announced_at),
                });
            }
            if !ipv6::is_extension(*next) {
                return None;
            }
            announced_at = offset;
            next = header.first()?;
            offset += (usize::from(*header.get(1)?) + 1) * ipv6::UNIT;
        }
        None
    }

    /// Offset of the end of the data in the datagram, in bytes.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.offset.saturating_add(self.size)
    }

    /// The captured part of the data.
    #[must_use]
    pub fn data<'a>(&self, frame: &'a [u8]) -> &'a [u8] {
        let data = frame.get(self.data_offset..).unwrap_or_default();
        data.get(..self.size as usize).unwrap_or(data)
    }

    /// The frame up to the end of the headers that every fragment repeats.
    #[must_use]
    pub fn headers<'a>(&self, frame: &'a [u8]) -> &'a [u8] {
        frame.get(..self.headers_end).unwrap_or_default()
    }

    /// The frame up to the data.
    #[must_use]
    pub fn up_to_data<'a>(&self, frame: &'a [u8]) -> &'a [u8] {
        frame.get(..self.data_offset).unwrap_or(frame)
    }

    /// Makes such [headers](Self::headers) those of a whole datagram with `size` bytes after them. `false` if no
    /// datagram is so large.
    #[must_use]
    pub fn make_whole(&self, headers: &mut [u8], size: usize) -> bool {
        let length = if self.announced_at.is_some() {
            self.headers_end - self.ip_offset - ipv6::LEN
        } else {
            self.headers_end - self.ip_offset
        };
        let length = length + size;
        if length > MAX_LENGTH {
            return false;
        }
        if let Some(announced) = self.announced_at.and_then(|at| headers.get_mut(at)) {
            *announced = self.protocol;
        }
        let Some(header) = headers.get_mut(self.ip_offset..) else { return false };
        let length = (length as u16).to_be_bytes();
        match self.announced_at {
            Some(_) => ipv6::set_payload_len(header, length),
            None => ipv4::make_whole(header, length),
        }
    }
}

impl Headers {
    /// For the first fragment of a datagram: whether it lacks a part of the transport header (RFC 1858, RFC 7112).
    #[must_use]
    pub fn is_tiny_fragment(&self) -> bool {
        let is_cut_off = self.protocol == protocol::TCP && self.transport_size < tcp::LEN as u32;
        self.fragment == Fragment::First && (is_cut_off || self.lacks_ports())
    }

    /// For the first fragment of a datagram: whether only the whole datagram shows which flow it belongs to, because the
    /// fragment ends before the ports or the TCP flags, or may be a part of a tunnel.
    #[must_use]
    pub fn needs_whole(&self, tunnels: TunnelSet) -> bool {
        let has_tunnel_port =
            self.protocol == protocol::UDP && tunnels::may_have_ports(self.src_port, self.dst_port);
        let may_carry_tunnel =
            tunnels != TunnelSet::None && has_tunnel_port || tunnels::is_carrier(self.protocol);
        let lacks_flags = self.protocol == protocol::TCP && self.transport_size <= tcp::FLAGS as u32;
        may_carry_tunnel || lacks_flags || self.lacks_ports()
    }

    fn lacks_ports(&self) -> bool {
        let has_ports = matches!(self.protocol, protocol::TCP | protocol::UDP);
        has_ports && self.transport_size == 0 || self.ip_version == 6 && ipv6::is_extension(self.protocol)
    }

    /// These headers as nfstream 6.6.0 has them: IP in IP is no tunnel.
    #[must_use]
    pub fn as_reference(self) -> Self {
        match self.tunnel {
            Tunnel::IpInIp | Tunnel::SixInFour => Self {
                tunnel: Tunnel::None,
                tunnel_id: 0,
                tunnel_depth: 0,
                outer_ip_offset: self.ip_offset,
                ..self
            },
            _ => self,
        }
    }

    /// These headers, found in a packet at `offset` of a frame, as headers found in that frame. What the packet does not
    /// tell is as in `outside`, the headers of the fragment that the frame begins with.
    #[must_use]
    pub fn found_at(self, offset: u32, outside: &Self) -> Self {
        let is_inside = self.tunnel_depth > 0;
        let tunnel = if is_inside { &self } else { outside };
        let outer_ip_offset = if is_inside { self.outer_ip_offset + offset } else { outside.outer_ip_offset };
        let has_macs = (self.src_mac, self.dst_mac) != ([0; 6], [0; 6]);
        let macs = if has_macs { &self } else { outside };
        Self {
            src_mac: macs.src_mac,
            dst_mac: macs.dst_mac,
            vlan_id: if self.vlan_id == 0 { outside.vlan_id } else { self.vlan_id },
            tunnel: tunnel.tunnel,
            tunnel_id: tunnel.tunnel_id,
            tunnel_depth: self.tunnel_depth.saturating_add(outside.tunnel_depth),
            is_length_mended: self.is_length_mended || outside.is_length_mended,
            ip_offset: self.ip_offset + offset,
            outer_ip_offset,
            transport_offset: self.transport_offset + offset,
            payload_offset: self.payload_offset + offset,
            payload_end: self.payload_end + offset,
            ..self
        }
    }
}

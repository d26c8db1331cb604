//! Which endpoint is the source of a flow that begins.

use nfstream_decode::Headers;
use nfstream_dpi::ServerPorts;

use super::closing::{ACK, SYN, TCP};
use super::servers::Servers;
use crate::flow::{Datagram, Direction, Orientation, Packet};
use crate::lane::shows_server;

const ICMP: u8 = 1;
const ICMPV6: u8 = 58;
const UDP: u8 = 17;

/// Bytes of a UDP header (RFC 768).
const UDP_HEADER: usize = 8;

/// The port of DNS (RFC 1035), of multicast DNS (RFC 6762), of LLMNR (RFC 4795) and of NetBIOS names (RFC 1002), whose messages
/// have the same header.
const DNS_PORTS: [u16; 4] = [53, 5353, 5355, 137];

/// Finds the direction of the first packet of a flow.
pub(super) struct Compass {
    orientation: Orientation,
    services: Option<Services>,
}

/// Where servers are.
#[derive(Default)]
struct Services {
    ports: ServerPorts,
    servers: Servers,
}

impl Compass {
    pub(super) fn new(orientation: &Orientation) -> Self {
        let services = (*orientation == Orientation::Service).then(Services::default);
        Self { orientation: orientation.clone(), services }
    }

    /// Takes note of the server that a packet shows, if that matters. `false` if it does not matter or the packet shows none.
    #[inline]
    pub(super) fn note_server(&mut self, headers: &Headers) -> bool {
        let Some(services) = self.services.as_mut().filter(|_| shows_server(headers)) else { return false };
        services.servers.add((headers.ip_version, headers.src, headers.src_port));
        true
    }

    /// Whether a part of a flow has the source of the part before it.
    pub(super) fn keeps(&self) -> bool {
        self.orientation != Orientation::FirstPacket
    }

    /// The direction of a packet that begins a flow: towards the source if it is an answer.
    pub(super) fn direction(&self, packet: &Packet<'_>, is_answer: bool) -> Direction {
        let is_turned = match &self.orientation {
            Orientation::FirstPacket => false,
            Orientation::Handshake => is_answer,
            Orientation::Service => is_answer || !is_request(packet) && self.is_of_server(packet),
            Orientation::Local(networks) => {
                let headers = packet.headers;
                let is_local = |address: nfstream_decode::Address| {
                    let address = address.to_ip(headers.ip_version);
                    networks.iter().any(|network| network.contains(address))
                };
                match (is_local(headers.src), is_local(headers.dst)) {
                    (true, false) => false,
                    (false, true) => true,
                    _ => is_answer,
                }
            }
        };
        if is_turned { Direction::DstToSrc } else { Direction::SrcToDst }
    }

    /// Whether a server sent a packet, by what the packet says, by earlier handshakes, or by its ports.
    fn is_of_server(&self, packet: &Packet<'_>) -> bool {
        let headers = packet.headers;
        let (sender, receiver) = (headers.src_port, headers.dst_port);
        if headers.protocol == UDP && (DNS_PORTS.contains(&sender) || DNS_PORTS.contains(&receiver)) {
            // The bit QR: query or response. A fragment shows no payload, but the first one has it.
            let flags = match packet.datagram {
                Datagram::Pending => packet.frame.get(headers.transport_offset as usize + UDP_HEADER + 2),
                _ => packet.payload().get(2),
            };
            return flags.is_some_and(|flags| flags & 0x80 != 0);
        }
        let Some(Services { ports, servers }) = &self.services else { return false };
        let is_known =
            |address, port| headers.protocol == TCP && servers.has(&(headers.ip_version, address, port));
        match (is_known(headers.src, sender), is_known(headers.dst, receiver)) {
            (true, false) => true,
            (false, true) => false,
            _ => {
                let [is_sender, is_receiver] =
                    [sender, receiver].map(|port| ports.has(headers.protocol, port));
                is_sender && !is_receiver
                    || is_sender == is_receiver && is_system_port(sender) && !is_system_port(receiver)
            }
        }
    }
}

/// Whether a port is one of those that only privileged programs could serve (RFC 6335, section 6). Clients may have one, too.
fn is_system_port(port: u16) -> bool {
    (1..1024).contains(&port)
}

/// Whether a packet opens a conversation.
fn is_request(packet: &Packet<'_>) -> bool {
    match packet.headers.protocol {
        TCP => packet.headers.tcp_flags & (SYN | ACK) == SYN,
        ICMP | ICMPV6 => true,
        _ => false,
    }
}

/// Whether a packet answers one of the other endpoint: a SYN-ACK (RFC 9293, section 3.5) or a reply of ICMP (RFC 792, 950,
/// 4443, 4620, 8335).
pub(super) fn is_answer(packet: &Packet<'_>) -> bool {
    let kind = || packet.frame.get(packet.headers.transport_offset as usize).copied();
    match packet.headers.protocol {
        TCP => packet.headers.tcp_flags & (SYN | ACK) == SYN | ACK,
        ICMP => matches!(kind(), Some(0 | 14 | 16 | 18 | 43)),
        ICMPV6 => matches!(kind(), Some(129 | 140 | 161)),
        _ => false,
    }
}

//! Supported tunnels: one table, which the walk, the fast path, documentation and tests read.
//!
//! To add a tunnel, write a file that reads its header, with a [`TunnelHeader`], and add a line to the table.

mod ayiya;
mod capwap;
mod erspan;
mod ether_ip;
mod fou;
mod geneve;
mod gre;
mod gtp_u;
mod gue;
mod ip_in_ip;
mod l2tp2;
mod l2tp3;
mod lisp;
mod mpls_in_gre;
mod mpls_in_udp;
mod nvgre;
mod payload;
mod pbb;
mod plausible;
mod port_table;
mod pptp;
mod pseudowire;
mod six_in_four;
mod srv6;
mod teredo;
mod tunnel_header;
mod tzsp;
mod udp_tunnel;
mod vxlan;
mod vxlan_gpe;

use crate::TunnelSet;
use crate::transport::udp;

pub(crate) use self::payload::{Inside, Layer, Payload};
pub(crate) use self::plausible::begins_with_ip;
use self::port_table::PortTable;
pub(crate) use self::tunnel_header::{Carrier, TunnelHeader};
pub(crate) use self::udp_tunnel::{Content, UdpTunnel};
pub(crate) use self::vxlan_gpe::next_layer;

macro_rules! tunnels {
    ($($(#[$attribute:meta])+ $tunnel:ident = $id:literal $name:literal $header:ident,)+) => {
        /// The innermost tunnel that the counted packet was found in; the number is the `tunnel_id` column.
        ///
        /// The variants say what [`Headers::tunnel_id`](crate::Headers::tunnel_id) is.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Tunnel {
            /// No tunnel.
            #[default]
            None = 0,
            $($(#[$attribute])+ $tunnel = $id,)+
        }

        impl Tunnel {
            /// All tunnels. If a packet may belong to several, by its ports or its number, the first is tried first.
            pub const ALL: &[Self] = &[$(Self::$tunnel,)+];

            /// Returns the name that the documentation uses.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Self::None => "none",
                    $(Self::$tunnel => $name,)+
                }
            }

            /// Whether both directions of a tunnel have the same identifier, so that conversations with other
            /// identifiers are others.
            #[must_use]
            pub const fn is_id_shared(self) -> bool {
                match self {
                    Self::None => false,
                    $(Self::$tunnel => $header::TUNNEL.is_id_shared,)+
                }
            }
        }

        const TUNNELS: &[(Tunnel, TunnelHeader)] = &[$((Tunnel::$tunnel, $header::TUNNEL),)+];
    };
}

tunnels! {
    /// GTP-U, 3GPP TS 29.281. The tunnel endpoint identifier, TEID.
    Gtp = 1 "GTP-U" gtp_u,
    /// TaZmen Sniffer Protocol. 0.
    Tzsp = 3 "TZSP" tzsp,
    /// CAPWAP data, RFC 5415. 0.
    Capwap = 2 "CAPWAP" capwap,
    /// Segment routing over IPv6, RFC 8754. 0.
    Srv6 = 23 "SRv6" srv6,
    /// IPv6 in IPv4: 6in4, 6to4 and the like, RFC 4213. 0.
    SixInFour = 5 "6in4" six_in_four,
    /// IPv4 in IPv4, and either in IPv6, RFC 2003 and RFC 2473. 0.
    IpInIp = 4 "IP in IP" ip_in_ip,
    /// ERSPAN I, II and III. The session's id; 0 in type I.
    Erspan = 8 "ERSPAN" erspan,
    /// PPTP, RFC 2637. The call id.
    Pptp = 9 "PPTP" pptp,
    /// NVGRE, RFC 7637. The virtual subnet's id, VSID.
    Nvgre = 7 "NVGRE" nvgre,
    /// MPLS in GRE, RFC 4023. The label at the bottom of the stack.
    MplsInGre = 18 "MPLS in GRE" mpls_in_gre,
    /// GRE, RFC 2784. The key; 0 without one.
    Gre = 6 "GRE" gre,
    /// VXLAN, RFC 7348. The VXLAN network identifier, VNI.
    Vxlan = 10 "VXLAN" vxlan,
    /// VXLAN-GPE. The VNI.
    VxlanGpe = 11 "VXLAN-GPE" vxlan_gpe,
    /// Geneve, RFC 8926. The VNI.
    Geneve = 12 "Geneve" geneve,
    /// L2TP version 2, RFC 2661. The tunnel's id in the upper 16 bits, the session's id in the lower.
    L2tp2 = 13 "L2TPv2" l2tp2,
    /// L2TP version 3, RFC 3931. The session's id.
    L2tp3 = 14 "L2TPv3" l2tp3,
    /// Teredo, RFC 4380. 0.
    Teredo = 15 "Teredo" teredo,
    /// AYIYA. 0.
    Ayiya = 16 "AYIYA" ayiya,
    /// MPLS in UDP, RFC 7510. The label at the bottom of the stack.
    MplsInUdp = 17 "MPLS in UDP" mpls_in_udp,
    /// Ethernet pseudowire over MPLS, RFC 4448. The label at the bottom of the stack.
    Pseudowire = 19 "pseudowire" pseudowire,
    /// Generic UDP Encapsulation. The key if it carries GRE, else 0.
    Gue = 20 "GUE" gue,
    /// Foo over UDP. The key if it carries GRE, else 0.
    Fou = 21 "FOU" fou,
    /// Data of LISP, RFC 9300. The instance id; 0 without one.
    Lisp = 22 "LISP" lisp,
    /// Provider backbone bridging, IEEE 802.1ah. The service instance's id, I-SID.
    Pbb = 24 "PBB" pbb,
    /// `EtherIP`, RFC 3378. 0.
    EtherIp = 25 "EtherIP" ether_ip,
}

/// The tunnels of nfstream 6.6.0, in the order in which it tries them.
const OF_REFERENCE: &[(Tunnel, UdpTunnel)] =
    &[(Tunnel::Gtp, gtp_u::REFERENCE), (Tunnel::Tzsp, tzsp::REFERENCE), (Tunnel::Capwap, capwap::REFERENCE)];

static PORTS: PortTable = PortTable::new(TUNNELS);

impl TunnelSet {
    fn has(self, tunnel: Tunnel) -> bool {
        match self {
            Self::None => false,
            Self::Reference => matches!(
                tunnel,
                Tunnel::Gtp | Tunnel::Tzsp | Tunnel::Capwap | Tunnel::SixInFour | Tunnel::IpInIp
            ),
            Self::All => true,
        }
    }
}

/// The tunnels of a set that a carrier may announce.
pub(crate) fn announced_by(
    is_carrier: impl Fn(Carrier) -> bool,
    set: TunnelSet,
) -> impl Iterator<Item = &'static (Tunnel, TunnelHeader)> {
    TUNNELS.iter().filter(move |(tunnel, header)| {
        set.has(*tunnel) && header.carriers.iter().any(|carrier| is_carrier(*carrier))
    })
}

/// Whether a packet with this protocol number may carry a tunnel without UDP.
#[inline]
pub(crate) fn is_carrier(protocol: u8) -> bool {
    const CARRIERS: [bool; 256] = port_table::protocols(TUNNELS);
    CARRIERS[protocol as usize]
}

/// Whether a datagram may carry a tunnel, by its ports.
#[inline]
pub(crate) fn may_be(header: &udp::Header<'_>) -> bool {
    PORTS.has(header.source_port()) | PORTS.has(header.destination_port())
}

/// The same by the numbers of the ports.
pub(crate) fn may_have_ports(src_port: u16, dst_port: u16) -> bool {
    PORTS.has(src_port) | PORTS.has(dst_port)
}

/// Finds the tunnel of nfstream 6.6.0 that a datagram may belong to, by its ports and its length.
#[inline]
pub(crate) fn of_reference(header: &udp::Header<'_>, payload: &[u8]) -> Option<&'static (Tunnel, UdpTunnel)> {
    OF_REFERENCE.iter().find(|(_, tunnel)| tunnel.fits(header, payload))
}

/// The ports of all tunnels.
#[cfg(test)]
pub(crate) fn ports() -> Vec<u16> {
    let carriers = TUNNELS.iter().flat_map(|(_, tunnel)| tunnel.carriers);
    carriers.filter_map(|carrier| if let Carrier::Udp(port) = carrier { Some(*port) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::pass::Pass;

    #[test]
    fn every_tunnel_has_its_own_number_and_name() {
        assert!(Tunnel::ALL.iter().all(|tunnel| *tunnel != Tunnel::None));
        for count in [
            Tunnel::ALL.iter().map(|tunnel| *tunnel as u8).collect::<BTreeSet<_>>().len(),
            Tunnel::ALL.iter().map(|tunnel| tunnel.name()).collect::<BTreeSet<_>>().len(),
        ] {
            assert_eq!(count, TUNNELS.len());
        }
    }

    #[test]
    fn the_table_of_ports_has_those_of_the_tunnels() {
        let ports: BTreeSet<u16> = ports().into_iter().collect();
        let found: BTreeSet<u16> = (1..=u16::MAX).filter(|port| PORTS.has(*port)).collect();
        assert_eq!(found, ports);
    }

    #[test]
    fn the_table_of_protocols_has_those_of_the_tunnels() {
        let found: Vec<u8> = (0..=u8::MAX).filter(|protocol| is_carrier(*protocol)).collect();
        assert_eq!(found, [4, 41, 47, 97, 115, 143]);
    }

    proptest! {
        #[test]
        fn what_a_tunnel_carries_lies_in_its_payload(
            mut payload in prop::collection::vec(any::<u8>(), 0..200),
            start in prop::sample::select(vec![
                vec![], vec![0x30, 255], vec![0x34, 255], vec![1, 0, 0, 1], vec![0, 0x10], vec![0, 0x20],
            ]),
        ) {
            payload.splice(..start.len().min(payload.len()), start);
            for (name, tunnel) in OF_REFERENCE.iter().filter(|(_, tunnel)| payload.len() >= tunnel.fewest_bytes) {
                for pass in [Pass::Reference, Pass::Extended, Pass::Cut] {
                    match (tunnel.open)(&payload, pass) {
                        Ok(Some(
                            Content::LastPacket(offset)
                            | Content::Packet { offset, .. }
                            | Content::Frame { offset, .. },
                        )) => prop_assert!(offset <= payload.len(), "{name:?} {offset}"),
                        Ok(None | Some(Content::Unread)) | Err(_) => {}
                    }
                }
            }
        }
    }
}

//! Supported tunnels: one table, which the walk, the fast path, documentation and tests read.
//!
//! To add a tunnel, write a file that reads its header, with a [`UdpTunnel`], and add a line to the table.

mod capwap;
mod gtp_u;
mod tzsp;
mod udp_tunnel;

use crate::transport::udp;

pub(crate) use self::udp_tunnel::{Content, UdpTunnel};

macro_rules! tunnels {
    ($($(#[$attribute:meta])+ $tunnel:ident = $id:literal $name:literal $header:ident,)+) => {
        /// The tunnel that the counted packet was found in; the number is the `tunnel_id` column.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Tunnel {
            /// No tunnel.
            #[default]
            None = 0,
            $($(#[$attribute])+ $tunnel = $id,)+
        }

        impl Tunnel {
            /// All tunnels. If a datagram may belong to two of them, by its ports, the first is tried.
            pub const ALL: &[Self] = &[$(Self::$tunnel,)+];

            /// Returns the name that the documentation uses.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Self::None => "none",
                    $(Self::$tunnel => $name,)+
                }
            }
        }

        const UDP_TUNNELS: &[(Tunnel, UdpTunnel)] = &[$((Tunnel::$tunnel, $header::TUNNEL),)+];
    };
}

tunnels! {
    /// GTP-U, 3GPP TS 29.281.
    Gtp = 1 "GTP-U" gtp_u,
    /// TaZmen Sniffer Protocol.
    Tzsp = 3 "TZSP" tzsp,
    /// CAPWAP data, RFC 5415.
    Capwap = 2 "CAPWAP" capwap,
}

/// Finds the tunnel that a datagram may belong to, by its ports and its length.
#[inline]
pub(crate) fn of_datagram(header: &udp::Header<'_>, payload: &[u8]) -> Option<&'static (Tunnel, UdpTunnel)> {
    UDP_TUNNELS.iter().find(|(_, tunnel)| tunnel.fits(header, payload))
}

/// Whether a datagram may belong to any tunnel, by its ports.
#[inline]
pub(crate) fn may_be(header: &udp::Header<'_>) -> bool {
    UDP_TUNNELS.iter().any(|(_, tunnel)| tunnel.has_port_of(header))
}

/// The ports of all tunnels.
#[cfg(test)]
pub(crate) fn ports() -> Vec<u16> {
    UDP_TUNNELS.iter().map(|(_, tunnel)| tunnel.port).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::pass::Pass;

    #[test]
    fn every_tunnel_has_its_own_number_name_and_port() {
        assert!(Tunnel::ALL.iter().all(|tunnel| *tunnel != Tunnel::None));
        for count in [
            Tunnel::ALL.iter().map(|tunnel| *tunnel as u8).collect::<BTreeSet<_>>().len(),
            Tunnel::ALL.iter().map(|tunnel| tunnel.name()).collect::<BTreeSet<_>>().len(),
            ports().into_iter().collect::<BTreeSet<_>>().len(),
        ] {
            assert_eq!(count, UDP_TUNNELS.len());
        }
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
            for (name, tunnel) in UDP_TUNNELS.iter().filter(|(_, tunnel)| payload.len() >= tunnel.fewest_bytes) {
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

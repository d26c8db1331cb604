//! Tunnels over UDP, by their ports: the one list, for the walk and for the frames that are read without it.
use super::{capwap, gtp_u, tzsp};
use crate::transport::udp;

/// A tunnel over UDP. The walk says how it is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UdpTunnel {
    GtpU,
    Tzsp,
    Capwap,
}

/// The port of each and the fewest bytes that it has, in the order in which they are looked for.
const UDP_TUNNELS: [(u16, usize, UdpTunnel); 3] = [
    (gtp_u::PORT, gtp_u::LEN + 1, UdpTunnel::GtpU),
    (tzsp::PORT, 0, UdpTunnel::Tzsp),
    (capwap::DATA_PORT, 0, UdpTunnel::Capwap),
];

impl UdpTunnel {
    /// The tunnel that a datagram may be of, by its ports and its length.
    #[inline]
    pub(crate) fn of(header: &udp::Header<'_>, payload: &[u8]) -> Option<Self> {
        let fits =
            |(port, fewest, _): &(u16, usize, Self)| header.has_port(*port) && payload.len() >= *fewest;
        UDP_TUNNELS.into_iter().find(fits).map(|(.., tunnel)| tunnel)
    }

    /// Whether a datagram may be of any, by its ports.
    #[inline]
    pub(crate) fn may_be(header: &udp::Header<'_>) -> bool {
        UDP_TUNNELS.iter().any(|(port, ..)| header.has_port(*port))
    }

    /// Their ports.
    #[cfg(test)]
    pub(crate) fn ports() -> Vec<u16> {
        UDP_TUNNELS.iter().map(|(port, ..)| *port).collect()
    }
}

//! [`TunnelHeader`]: an entry of the table of tunnels.
use super::payload::{Inside, Payload};

/// How a tunnel is recognised, and the function that reads its header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TunnelHeader {
    pub(super) carriers: &'static [Carrier],
    /// Whether both directions of a tunnel have the same identifier.
    pub(super) is_id_shared: bool,
    /// Reads the header at the start of a payload; `None` if it is not one of this tunnel. The caller still checks that
    /// what is inside can be read, and otherwise takes the payload for that of another protocol.
    pub(crate) open: fn(Payload<'_>) -> Option<Inside>,
}

/// What a tunnel is announced by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// Either port of a UDP datagram.
    Udp(u16),
    /// The protocol number of an IP packet.
    Protocol(u8),
    /// An `EtherType`.
    EtherType(u16),
    /// The bottom of a label stack.
    Labels,
}

//! Tunnels that packets are found in, and their headers.

pub(crate) mod capwap;
pub(crate) mod gtp_u;
pub(crate) mod tunnel;
pub(crate) mod tzsp;
pub(crate) mod udp_tunnel;

//! Headers of what IP carries.

pub(crate) mod icmp;
pub(crate) mod tcp;
pub(crate) mod udp;

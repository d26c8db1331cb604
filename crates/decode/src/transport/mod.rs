//! Headers of the protocols in IP.

pub(crate) mod icmp;
pub(crate) mod tcp;
pub(crate) mod udp;

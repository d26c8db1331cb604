//! Headers of IP.

pub(crate) mod fragmentation;
pub(crate) mod ipv4;
pub(crate) mod ipv6;
pub(crate) mod protocol;

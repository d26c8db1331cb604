//! Numbers of IP protocols (IANA, protocol numbers).

pub(crate) const ICMP: u8 = 1;
pub(crate) const IPV4: u8 = 4;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const IPV6: u8 = 41;
pub(crate) const GRE: u8 = 47;
pub(crate) const ICMPV6: u8 = 58;
/// Ethernet in IP (RFC 3378).
pub(crate) const ETHER_IP: u8 = 97;
/// Layer Two Tunneling Protocol version 3.
pub(crate) const L2TP: u8 = 115;
/// An Ethernet frame (RFC 8986 section 10.1).
pub(crate) const ETHERNET: u8 = 143;

//! [`Address`]: an IPv4 or IPv6 address.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 or IPv6 address as sixteen bytes in network order.
///
/// An IPv4 address is in the first four bytes, and the others are zero.
/// [`Headers::ip_version`](crate::Headers::ip_version) says which of the two it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub [u8; 16]);

impl Address {
    /// Returns the address as the standard library's type, read as IPv4 when `ip_version` is 4 and as IPv6 otherwise.
    pub fn to_ip(self, ip_version: u8) -> IpAddr {
        if ip_version == 4 {
            let [a, b, c, d, ..] = self.0;
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        } else {
            IpAddr::V6(Ipv6Addr::from(self.0))
        }
    }
}

impl From<Ipv4Addr> for Address {
    #[inline]
    fn from(address: Ipv4Addr) -> Self {
        let [a, b, c, d] = address.octets();
        Self([a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }
}

impl From<Ipv6Addr> for Address {
    #[inline]
    fn from(address: Ipv6Addr) -> Self {
        Self(address.octets())
    }
}

//! The network interfaces of this machine.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

use nix::ifaddrs::getifaddrs;
use nix::net::if_::{InterfaceFlags, if_nametoindex};
use nix::sys::socket::{SockaddrLike, SockaddrStorage};

use crate::Error;

/// The name that stands for all interfaces together.
pub const ANY: &str = "any";

/// A network interface of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name, as in `eth0`.
    pub name: String,
    /// The system's number for the interface.
    pub index: u32,
    /// Its IP addresses, in the order in which the system lists them.
    pub addresses: Vec<IpAddr>,
    /// Its address on the link (MAC address), if it has one.
    pub mac: Option<[u8; 6]>,
    /// Whether it has been brought up.
    pub is_up: bool,
    /// Whether it leads only to this machine.
    pub is_loopback: bool,
    /// The hardware type: ARP's number for it on Linux, as in `/sys/class/net/NAME/type`; 0 if it is not known.
    pub hardware_type: u16,
}

/// Ethernet (`ARPHRD_ETHER`).
pub(crate) const ARPHRD_ETHER: u16 = 1;
/// PPP.
pub(crate) const ARPHRD_PPP: u16 = 512;
/// IPv4 in IPv4.
pub(crate) const ARPHRD_TUNNEL: u16 = 768;
/// Anything in IPv6.
pub(crate) const ARPHRD_TUNNEL6: u16 = 769;
/// The loopback device, whose frames look like Ethernet's.
pub(crate) const ARPHRD_LOOPBACK: u16 = 772;
/// IPv6 in IPv4.
pub(crate) const ARPHRD_SIT: u16 = 776;
/// GRE over IPv4.
pub(crate) const ARPHRD_IPGRE: u16 = 778;
/// IEEE 802.11.
pub(crate) const ARPHRD_IEEE80211: u16 = 801;
/// IEEE 802.11 after a radiotap header.
pub(crate) const ARPHRD_IEEE80211_RADIOTAP: u16 = 803;
/// No link header: TUN devices, WireGuard.
pub(crate) const ARPHRD_NONE: u16 = 0xfffe;

impl Interface {
    /// A name for the kind of link.
    #[must_use]
    pub fn link(&self) -> &'static str {
        match self.hardware_type {
            ARPHRD_ETHER => "Ethernet",
            ARPHRD_LOOPBACK => "loopback",
            ARPHRD_NONE => "IP",
            ARPHRD_PPP => "PPP",
            ARPHRD_TUNNEL | ARPHRD_TUNNEL6 | ARPHRD_SIT | ARPHRD_IPGRE => "IP tunnel",
            ARPHRD_IEEE80211 => "802.11",
            ARPHRD_IEEE80211_RADIOTAP => "802.11 with radiotap",
            0 if self.is_loopback => "loopback",
            _ => "other",
        }
    }
}

/// The error that none of the interfaces has this name.
pub(super) fn none_named(name: &str, all: Vec<Interface>) -> Error {
    let known = all.into_iter().map(|interface| interface.name).collect();
    Error::NoInterface { interface: name.to_owned(), known }
}

/// Lists the interfaces of this machine, in the order of their numbers.
///
/// # Errors
/// When the operating system does not report them.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let mut found: BTreeMap<u32, Interface> = BTreeMap::new();
    for entry in getifaddrs()? {
        // An interface may have disappeared since the list was made.
        let Ok(index) = if_nametoindex(entry.interface_name.as_str()) else { continue };
        let interface = found.entry(index).or_insert_with(|| Interface {
            name: entry.interface_name.clone(),
            index,
            addresses: Vec::new(),
            mac: None,
            is_up: entry.flags.contains(InterfaceFlags::IFF_UP),
            is_loopback: entry.flags.contains(InterfaceFlags::IFF_LOOPBACK),
            hardware_type: 0,
        });
        if let Some(address) = entry.address {
            interface.learn(&address);
        }
    }
    Ok(found.into_values().collect())
}

impl Interface {
    fn learn(&mut self, address: &SockaddrStorage) {
        if let Some(v4) = address.as_sockaddr_in() {
            self.addresses.push(v4.ip().into());
        } else if let Some(v6) = address.as_sockaddr_in6() {
            self.addresses.push(v6.ip().into());
        } else if address.family() == LINK_FAMILY
            && let Some(link) = address.as_link_addr()
        {
            self.mac = link.addr().filter(|mac| *mac != [0; 6]);
            self.hardware_type = hardware_type(link);
        }
    }
}

#[cfg(target_os = "linux")]
const LINK_FAMILY: Option<nix::sys::socket::AddressFamily> = Some(nix::sys::socket::AddressFamily::Packet);
#[cfg(not(target_os = "linux"))]
const LINK_FAMILY: Option<nix::sys::socket::AddressFamily> = Some(nix::sys::socket::AddressFamily::Link);

#[cfg(target_os = "linux")]
fn hardware_type(link: &nix::sys::socket::LinkAddr) -> u16 {
    link.hatype()
}

#[cfg(not(target_os = "linux"))]
fn hardware_type(_: &nix::sys::socket::LinkAddr) -> u16 {
    0
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_loopback_interface_is_there() {
        let all = interfaces().unwrap();
        let loopback = all.iter().find(|interface| interface.is_loopback).expect("every machine has one");
        assert_eq!(loopback.link(), "loopback");
        assert_eq!(loopback.mac, None);
        if loopback.is_up {
            assert!(loopback.addresses.contains(&Ipv4Addr::LOCALHOST.into()), "{loopback:?}");
        }
        assert!(all.iter().is_sorted_by_key(|interface| interface.index));
    }
}

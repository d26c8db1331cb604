//! Networks: the owners of addresses. The data is `data/networks.txt`: address ranges by owner. `build/networks.rs`
//! generates tables from it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::vocabulary::Label;

/// The tables that `build/networks.rs` generates from the data.
mod builtin {
    include!(concat!(env!("OUT_DIR"), "/networks.rs"));
}

/// The owners of addresses.
#[derive(Debug)]
pub struct Networks {
    v4: Owners<u32>,
    /// For each network of 2^16 addresses, the number of changes of owner before it; at the end, the number of all changes.
    v4_before: &'static [u16],
    v6: Owners<u128>,
}

/// The owners of addresses, from one change of owner to the next.
#[derive(Debug)]
struct Owners<A: 'static> {
    /// First addresses of the ranges that one owner, or nobody, has, in order.
    firsts: &'static [A],
    /// Ids of the labels of their owners.
    owners: &'static [u16],
}

impl Networks {
    /// The built-in networks.
    pub fn builtin() -> Self {
        Self {
            v4: Owners { firsts: &builtin::V4_FIRSTS, owners: &builtin::V4_OWNERS },
            v4_before: &builtin::V4_BEFORE,
            v6: Owners { firsts: &builtin::V6_FIRSTS, owners: &builtin::V6_OWNERS },
        }
    }

    /// Owner of an address; [`Label::UNKNOWN`] if it is not known.
    pub fn owner(&self, address: IpAddr) -> Label {
        match address.to_canonical() {
            IpAddr::V4(address) => self.owner_v4(address.into()),
            IpAddr::V6(address) => self.v6.since(self.v6.changes_until(address.into())),
        }
    }

    /// All owners of addresses.
    pub(crate) fn owners(&self) -> BTreeSet<Label> {
        let ids = self.v4.owners.iter().chain(self.v6.owners);
        ids.copied().map(Label).filter(|owner| owner.is_known()).collect()
    }

    fn owner_v4(&self, address: u32) -> Label {
        let network = (address >> 16) as usize;
        let Some(&[before, until]) = self.v4_before.get(network..network + 2) else { return Label::UNKNOWN };
        let [before, until] = [before, until].map(usize::from);
        let within = self.v4.firsts.get(before..until).unwrap_or_default();
        self.v4.since(before + within.partition_point(|first| *first <= address))
    }
}

impl<A: Copy + Ord> Owners<A> {
    /// Number of changes of owner up to an address.
    fn changes_until(&self, address: A) -> usize {
        self.firsts.partition_point(|first| *first <= address)
    }

    /// The owner after this many changes.
    fn since(&self, changes: usize) -> Label {
        changes.checked_sub(1).and_then(|last| self.owners.get(last)).copied().map(Label).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;
    use crate::vocabulary::labels;

    const NETWORKS: &str = include_str!("../../data/networks.txt");

    fn owner(address: &str) -> Label {
        Networks::builtin().owner(address.parse().expect("an address"))
    }

    #[test]
    fn well_known_addresses_have_their_owner() {
        for (address, label) in [
            ("8.8.8.8", labels::GOOGLE),
            ("2001:4860:4860::8888", labels::GOOGLE),
            ("::ffff:8.8.8.8", labels::GOOGLE),
            ("1.1.1.1", labels::CLOUDFLARE),
            ("2606:4700:4700::1111", labels::CLOUDFLARE),
            ("17.253.144.10", labels::APPLE),
            ("157.240.20.35", labels::FACEBOOK),
            ("157.240.20.53", labels::WHATSAPP),
            ("149.154.167.51", labels::TELEGRAM),
            ("13.107.64.1", labels::TEAMS),
            ("52.98.1.1", labels::OUTLOOK),
            ("20.50.2.3", labels::AZURE),
            ("52.58.18.25", labels::AWS_EC2),
            ("52.219.1.1", labels::AWS_S3),
            ("140.82.121.3", labels::GITHUB),
            ("146.66.152.12", labels::STEAM),
            ("62.109.229.158", labels::WEBEX),
            ("64.227.107.71", labels::DIGITALOCEAN),
            ("208.67.222.222", labels::OPENDNS),
            ("77.88.8.8", labels::YANDEX),
        ] {
            assert_eq!(owner(address), label, "{address}");
        }
    }

    #[test]
    fn private_and_other_addresses_have_none() {
        for address in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.1.1",
            "172.16.0.1",
            "192.168.1.1",
            "224.0.0.251",
            "239.255.255.250",
            "255.255.255.255",
            "192.0.2.1",
            "65.55.223.33",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "ff02::fb",
            "2001:db8::1",
        ] {
            assert_eq!(owner(address), Label::UNKNOWN, "{address}");
        }
    }

    /// The ranges in the data: the first address of each, with its last address and its owner.
    fn ranges() -> BTreeMap<IpAddr, (IpAddr, Label)> {
        let mut ranges = BTreeMap::new();
        let mut owner = Label::UNKNOWN;
        for line in NETWORKS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                owner = Label::named(line.trim_matches(['[', ']'])).expect("a name of the vocabulary");
            } else {
                let (first, last) = line.split_once(' ').expect("two addresses");
                let [first, last] = [first, last].map(|address| address.parse().expect("an address"));
                ranges.insert(first, (last, owner));
            }
        }
        ranges
    }

    /// The address this many places after another, if there is one.
    fn behind(address: IpAddr, places: i32) -> Option<IpAddr> {
        match address {
            IpAddr::V4(v4) => u32::from(v4).checked_add_signed(places).map(|v4| Ipv4Addr::from(v4).into()),
            IpAddr::V6(v6) => {
                u128::from(v6).checked_add_signed(places.into()).map(|v6| Ipv6Addr::from(v6).into())
            }
        }
    }

    #[test]
    fn each_owner_stands_once_in_the_data_in_order() {
        let names: Vec<&str> =
            NETWORKS.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']')).collect();
        assert!(names.is_sorted_by(|name, next| name < next), "{names:?}");
    }

    #[test]
    fn the_ends_of_every_range_and_what_is_next_to_them_have_the_owner_of_the_data() {
        let (networks, ranges) = (Networks::builtin(), ranges());
        assert!(ranges.len() > 10_000, "{}", ranges.len());
        for (first, (last, _)) in &ranges {
            for address in
                [behind(*first, -1), Some(*first), Some(*last), behind(*last, 1)].into_iter().flatten()
            {
                let nearest = ranges.range(..=address).next_back().filter(|(_, (last, _))| address <= *last);
                let owner = nearest.map_or(Label::UNKNOWN, |(_, (_, owner))| *owner);
                assert_eq!(networks.owner(address), owner, "{address}");
            }
        }
    }

    #[test]
    fn edges_are_found_with_and_without_the_index() {
        let networks = Networks::builtin();
        for first in networks.v4.firsts.iter().copied() {
            for address in [first.saturating_sub(1), first] {
                let searched = networks.v4.since(networks.v4.changes_until(address));
                assert_eq!(networks.owner_v4(address), searched, "{}", Ipv4Addr::from(address));
            }
        }
        for first in networks.v6.firsts.iter().copied() {
            assert_ne!(
                networks.owner(Ipv6Addr::from(first).into()),
                networks.owner(Ipv6Addr::from(first - 1).into())
            );
        }
    }
}

//! Networks: whom addresses belong to. The data is `data/networks.txt`: address ranges by owner.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::label::Label;

const NETWORKS: &str = include_str!("../data/networks.txt");

/// Whom addresses belong to.
#[derive(Debug)]
pub struct Networks {
    v4: Owners<u32>,
    /// For each network of 2^16 addresses, how many changes of owner there are before it; at the end, how many there are.
    v4_before: Vec<usize>,
    v6: Owners<u128>,
}

/// Who owns addresses, from one change of owner to the next.
#[derive(Debug)]
struct Owners<A> {
    /// The first addresses of what somebody owns, or nobody does, in order.
    firsts: Vec<A>,
    owners: Vec<Label>,
}

/// From the first to the last address, and whose they are.
type Range<A> = (A, A, Label);

impl Networks {
    /// The built-in networks.
    pub fn builtin() -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        let mut owner = Label::UNKNOWN;
        for line in NETWORKS.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                owner = Label::named(name).unwrap_or_default();
            } else if let Some((first, last)) = ends::<Ipv4Addr>(line) {
                v4.push((u32::from(first), u32::from(last), owner));
            } else if let Some((first, last)) = ends::<Ipv6Addr>(line) {
                v6.push((u128::from(first), u128::from(last), owner));
            }
        }
        let v4 = Owners::new(v4, |last| last.checked_add(1));
        let v6 = Owners::new(v6, |last| last.checked_add(1));
        Self { v4_before: changes_before_networks(&v4.firsts), v4, v6 }
    }

    /// Whom an address belongs to; [`Label::UNKNOWN`] if that is not known.
    pub fn owner(&self, address: IpAddr) -> Label {
        match address.to_canonical() {
            IpAddr::V4(address) => self.owner_v4(address.into()),
            IpAddr::V6(address) => self.v6.since(self.v6.changes_until(address.into())),
        }
    }

    /// Everybody who owns addresses.
    pub(crate) fn owners(&self) -> BTreeSet<Label> {
        self.v4.owners.iter().chain(&self.v6.owners).copied().filter(|owner| owner.is_known()).collect()
    }

    fn owner_v4(&self, address: u32) -> Label {
        let network = (address >> 16) as usize;
        let Some(&[before, until]) = self.v4_before.get(network..network + 2) else { return Label::UNKNOWN };
        let within = self.v4.firsts.get(before..until).unwrap_or_default();
        self.v4.since(before + within.partition_point(|first| *first <= address))
    }
}

impl<A: Copy + Ord> Owners<A> {
    /// `after` is the address behind another, if there is one.
    fn new(mut ranges: Vec<Range<A>>, after: impl Fn(A) -> Option<A>) -> Self {
        ranges.sort_by_key(|(first, ..)| *first);
        let mut changes: Vec<(A, Label)> = Vec::with_capacity(2 * ranges.len());
        for (first, last, owner) in ranges {
            changes.pop_if(|(end, _)| *end == first);
            changes.push((first, owner));
            changes.extend(after(last).map(|end| (end, Label::UNKNOWN)));
        }
        let (firsts, owners) = changes.into_iter().unzip();
        Self { firsts, owners }
    }

    /// How many changes of owner there are up to an address.
    fn changes_until(&self, address: A) -> usize {
        self.firsts.partition_point(|first| *first <= address)
    }

    /// The owner since the last of so many changes.
    fn since(&self, changes: usize) -> Label {
        changes.checked_sub(1).and_then(|last| self.owners.get(last)).copied().unwrap_or_default()
    }
}

/// The index of changes of owner by network of 2^16 addresses: see [`Networks::v4_before`].
fn changes_before_networks(firsts: &[u32]) -> Vec<usize> {
    let mut before = Vec::with_capacity((1 << 16) + 1);
    for (nth, first) in firsts.iter().enumerate() {
        let network = (first >> 16) as usize;
        before.resize(before.len().max(network + 1), nth);
    }
    before.resize((1 << 16) + 1, firsts.len());
    before
}

/// The two addresses of a line.
fn ends<A: FromStr>(line: &str) -> Option<(A, A)> {
    let (first, last) = line.split_once(' ')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels;

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

    #[test]
    fn the_data_is_of_known_owners_and_does_not_overlap() {
        let lines = || NETWORKS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let [names, ranges]: [Vec<&str>; 2] =
            [true, false].map(|is_name| lines().filter(|line| line.starts_with('[') == is_name).collect());
        let names: Vec<&str> = names.iter().map(|name| name.trim_matches(['[', ']'])).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert!(names.iter().all(|name| Label::named(name).is_some()), "{names:?}");

        let mut v4: Vec<_> = ranges.iter().filter_map(|line| ends::<Ipv4Addr>(line)).collect();
        let mut v6: Vec<_> = ranges.iter().filter_map(|line| ends::<Ipv6Addr>(line)).collect();
        assert_eq!(v4.len() + v6.len(), ranges.len());
        v4.sort();
        v6.sort();
        assert!(v4.iter().all(|(first, last)| first <= last) && v4.is_sorted_by(|a, b| a.1 < b.0));
        assert!(v6.iter().all(|(first, last)| first <= last) && v6.is_sorted_by(|a, b| a.1 < b.0));
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

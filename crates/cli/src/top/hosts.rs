//! Hosts: a bounded number of them. When there are too many, those go that have been silent the longest.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::rate::{Rate, Traffic};

/// Names of a host that are kept.
const MOST_NAMES: usize = 4;

/// What is known of an address.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) address: IpAddr,
    pub(super) flows_alive: u64,
    pub(super) flows: u64,
    pub(super) sent: Traffic,
    pub(super) received: Traffic,
    pub(super) rate: Rate,
    pub(super) last_seen_ms: u64,
    /// By which it was asked for.
    pub(super) names: Vec<Arc<str>>,
    /// Tells this stay in the list from others at the same place.
    stay: u32,
}

impl Host {
    pub(super) fn add_name(&mut self, name: &Arc<str>) {
        if self.names.len() < MOST_NAMES && !self.names.contains(name) {
            self.names.push(Arc::clone(name));
        }
    }
}

/// Where a flow's host is, as long as it is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    index: u32,
    stay: u32,
}

impl Place {
    /// That of a host that was not looked for yet.
    pub(super) const NONE: Place = Place { index: u32::MAX, stay: 0 };
}

#[derive(Debug)]
pub(super) struct Hosts {
    most: usize,
    list: Vec<Host>,
    by_address: HashMap<IpAddr, u32>,
    /// Places of hosts that have gone.
    free: Vec<u32>,
    stays: u32,
}

impl Hosts {
    pub(super) fn new(most: usize) -> Self {
        Self { most, list: Vec::new(), by_address: HashMap::new(), free: Vec::new(), stays: 0 }
    }

    /// The host at a place, if it has not gone.
    pub(super) fn get(&mut self, place: Place) -> Option<&mut Host> {
        self.list.get_mut(place.index as usize).filter(|host| host.stay == place.stay)
    }

    /// The host of a flow, which is one flow more for a host that is new or has come back.
    pub(super) fn of_flow(&mut self, place: &mut Place, address: IpAddr, now_ms: u64) -> &mut Host {
        if self.get(*place).is_none() {
            *place = self.place_of(address, now_ms);
            let host = &mut self.list[place.index as usize];
            host.flows_alive += 1;
            host.flows += 1;
        }
        &mut self.list[place.index as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Host> {
        self.by_address.values().map(|index| &self.list[*index as usize])
    }

    fn place_of(&mut self, address: IpAddr, now_ms: u64) -> Place {
        if let Some(&index) = self.by_address.get(&address) {
            return Place { index, stay: self.list[index as usize].stay };
        }
        if self.by_address.len() >= self.most {
            self.let_go();
        }
        self.stays = self.stays.wrapping_add(1);
        let host = Host {
            address,
            flows_alive: 0,
            flows: 0,
            sent: Traffic::default(),
            received: Traffic::default(),
            rate: Rate::default(),
            last_seen_ms: now_ms,
            names: Vec::new(),
            stay: self.stays,
        };
        let index = match self.free.pop() {
            Some(index) => {
                self.list[index as usize] = host;
                index
            }
            None => {
                self.list.push(host);
                self.list.len() as u32 - 1
            }
        };
        self.by_address.insert(address, index);
        Place { index, stay: self.stays }
    }

    /// A quarter at a time, so that packets do not have to keep an order.
    fn let_go(&mut self) {
        let mut seen: Vec<(u64, u32)> =
            self.by_address.values().map(|&index| (self.list[index as usize].last_seen_ms, index)).collect();
        let going = (self.most / 4).max(1).min(seen.len());
        seen.select_nth_unstable(going - 1);
        for &(_, index) in &seen[..going] {
            self.by_address.remove(&self.list[index as usize].address);
            // No place has the stay 0 but that of no host.
            self.list[index as usize].stay = 0;
            self.free.push(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn those_that_were_silent_the_longest_go() {
        let mut hosts = Hosts::new(100);
        let mut regular = Place::NONE;
        let mut first = Place::NONE;
        hosts.of_flow(&mut first, address(0), 0);
        for number in 1..10_000 {
            hosts.of_flow(&mut Place::NONE.clone(), address(number), u64::from(number)).sent.add(1);
            hosts.of_flow(&mut regular, address(u32::MAX), u64::from(number)).last_seen_ms =
                u64::from(number);
            assert!(hosts.iter().count() <= 100);
        }
        assert!(hosts.list.len() <= 100);
        assert!(hosts.get(first).is_none());
        assert_eq!(hosts.get(regular).map(|host| (host.flows, host.flows_alive)), Some((1, 1)));
        let oldest = hosts.iter().map(|host| host.last_seen_ms).min();
        assert!(oldest > Some(9_890), "{oldest:?}");
        // It comes back with the same flow.
        assert_eq!(hosts.of_flow(&mut first, address(0), 10_000).flows_alive, 1);
        assert!(hosts.get(first).is_some());
    }

    #[test]
    fn a_host_has_a_few_names_each_once() {
        let mut hosts = Hosts::new(1);
        let host = hosts.of_flow(&mut Place::NONE.clone(), address(1), 0);
        ["a", "b", "a", "c", "d", "e"].iter().for_each(|name| host.add_name(&Arc::from(*name)));
        assert_eq!(host.names.iter().map(|name| &**name).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    }
}

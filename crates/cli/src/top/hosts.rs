//! Hosts: those with a live flow, and a bounded number of others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::kept::Kept;
use super::rate::{Rate, Traffic};
use super::rows::{HostRow, Sorting};

/// Most names of a host that are kept.
const MOST_NAMES: usize = 4;

/// A host: an address, and all that is known of it.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) address: IpAddr,
    pub(super) flows_alive: u64,
    pub(super) flows: u64,
    pub(super) sent: Traffic,
    pub(super) received: Traffic,
    pub(super) rate: Rate,
    pub(super) last_seen_ms: u64,
    /// Names by which the host was asked for.
    pub(super) names: Vec<Arc<str>>,
}

impl Host {
    pub(super) fn add_name(&mut self, name: &Arc<str>) {
        if self.names.len() < MOST_NAMES && !self.names.contains(name) {
            self.names.push(Arc::clone(name));
        }
    }

    fn row(&self, now_ms: u64) -> HostRow {
        HostRow {
            address: self.address,
            flows_alive: self.flows_alive,
            flows: self.flows,
            sent: self.sent,
            received: self.received,
            bits_per_second: self.rate.per_second(now_ms) * 8.0,
            silent_ms: now_ms.saturating_sub(self.last_seen_ms),
            names: self.names.clone(),
        }
    }
}

/// The place of a host. A host keeps its place while it has a live flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(usize);

/// Totals of the hosts that were dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gone {
    /// Number of hosts. A host that comes back and is dropped again counts again.
    pub(super) hosts: u64,
    pub(super) sent: Traffic,
    pub(super) received: Traffic,
}

#[derive(Debug)]
pub(super) struct Hosts {
    /// Most hosts without a live flow that are kept.
    most: usize,
    list: Vec<Host>,
    by_address: HashMap<IpAddr, usize>,
    /// Places of hosts that were dropped.
    free: Vec<usize>,
    /// Number of hosts without a live flow.
    without_flow: usize,
    gone: Gone,
}

impl Hosts {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            list: Vec::new(),
            by_address: HashMap::new(),
            free: Vec::new(),
            without_flow: 0,
            gone: Gone::default(),
        }
    }

    /// The host of a live flow.
    pub(super) fn at(&mut self, place: Place) -> &mut Host {
        &mut self.list[place.0]
    }

    /// Begins a flow.
    pub(super) fn begin_flow(&mut self, address: IpAddr) -> Place {
        let place = match self.by_address.get(&address) {
            Some(&place) => place,
            None => self.add(address),
        };
        let host = &mut self.list[place];
        self.without_flow -= usize::from(host.flows_alive == 0);
        host.flows_alive += 1;
        host.flows += 1;
        Place(place)
    }

    /// Ends a flow.
    pub(super) fn end_flow(&mut self, place: Place, now_ms: u64) {
        let host = &mut self.list[place.0];
        host.flows_alive -= 1;
        self.without_flow += usize::from(host.flows_alive == 0);
        if self.without_flow > self.most {
            self.let_go(now_ms);
        }
    }

    pub(super) fn rows(&self, now_ms: u64) -> Vec<HostRow> {
        self.by_address.values().map(|&place| self.list[place].row(now_ms)).collect()
    }

    pub(super) fn gone(&self) -> Gone {
        self.gone
    }

    /// Adds a host without a flow.
    fn add(&mut self, address: IpAddr) -> usize {
        let host = Host {
            address,
            flows_alive: 0,
            flows: 0,
            sent: Traffic::default(),
            received: Traffic::default(),
            rate: Rate::default(),
            last_seen_ms: 0,
            names: Vec::new(),
        };
        self.without_flow += 1;
        let place = match self.free.pop() {
            Some(place) => {
                self.list[place] = host;
                place
            }
            None => {
                self.list.push(host);
                self.list.len() - 1
            }
        };
        self.by_address.insert(address, place);
        place
    }

    /// Drops half of the hosts without a flow. Between two calls nothing has to be kept in order. The hosts that come first
    /// in the list stay. So do those that were seen last, because they are the likeliest to come back.
    fn let_go(&mut self, now_ms: u64) {
        let is_without = |place: &usize| self.list[*place].flows_alive == 0;
        let places: Vec<usize> = self.by_address.values().copied().filter(is_without).collect();
        let rows: Vec<HostRow> = places.iter().map(|&place| self.list[place].row(now_ms)).collect();
        let newest = Sorting { column: HostRow::LAST_SEEN, is_descending: false };
        let is_kept = Kept::leading(&rows).fill(newest, self.most / 2);
        for (place, _) in places.into_iter().zip(is_kept).filter(|(_, is_kept)| !is_kept) {
            let host = &mut self.list[place];
            self.by_address.remove(&host.address);
            host.names = Vec::new();
            self.gone.hosts += 1;
            self.gone.sent = self.gone.sent.plus(host.sent);
            self.gone.received = self.gone.received.plus(host.received);
            self.free.push(place);
            self.without_flow -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::kept::LEADING;

    fn address(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn the_largest_and_the_newest_stay() {
        const MOST: usize = 50 * LEADING;
        let mut hosts = Hosts::new(MOST);
        // Hosts of one packet each, but for the first, and one whose flow goes on.
        let regular = hosts.begin_flow(address(u32::MAX));
        let mut all = Traffic::default();
        for number in 0..200_000_u32 {
            let place = hosts.begin_flow(address(number));
            let host = hosts.at(place);
            let bytes = if number == 0 { 1_000_000 } else { 1000 - u64::from(number) / 200 };
            host.sent.add(bytes);
            host.last_seen_ms = number.into();
            all.add(bytes);
            hosts.end_flow(place, number.into());
            assert!(hosts.by_address.len() <= MOST + 1);
        }
        assert!(hosts.list.len() <= MOST + 2, "places are used again: {}", hosts.list.len());
        assert_eq!((hosts.at(regular).address, hosts.at(regular).flows_alive), (address(u32::MAX), 1));

        let rows = hosts.rows(200_000);
        let has = |number| rows.iter().any(|row| row.address == address(number));
        // The largest senders were the first, the smallest were the last, as were the newest.
        assert!((0..LEADING as u32).chain(199_000..200_000).all(has));
        assert!(!has(100_000));
        let sent = rows.iter().fold(hosts.gone().sent, |sent, row| sent.plus(row.sent));
        assert_eq!((sent, hosts.gone().hosts + rows.len() as u64), (all, 200_001));
    }

    #[test]
    fn a_host_has_a_few_names_each_once() {
        let mut hosts = Hosts::new(1);
        let place = hosts.begin_flow(address(1));
        let host = hosts.at(place);
        ["a", "b", "a", "c", "d", "e"].iter().for_each(|name| host.add_name(&Arc::from(*name)));
        assert_eq!(host.names.iter().map(|name| &**name).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    }
}

//! The table of sockets and their processes, which the watcher writes and everybody reads.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Protocol;
use crate::process::Process;

/// How much later than its packets a flow may be reported to begin, because captures hold packets back.
const LATENESS: Duration = Duration::from_secs(5);

/// The process of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The process of the flow's socket, if it is known.
    pub process: Option<Arc<Process>>,
    /// Whether no better answer can come. If it is false, ask again when [`generation`](crate::Watcher::generation) has
    /// changed.
    pub is_final: bool,
    /// Whether the flow has an endpoint on this machine.
    pub is_local: bool,
}

/// Properties of a socket that packets can be matched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Connected { protocol: Protocol, local: SocketAddr, remote: SocketAddr },
    Bound { protocol: Protocol, local: SocketAddr, v6_only: bool },
}

#[derive(Debug)]
struct Holder {
    /// The kernel's number of the socket; 0 when the socket was only seen when it was closed.
    cookie: u64,
    process: Arc<Process>,
    /// Time when the socket ended.
    gone: Option<Instant>,
}

impl Holder {
    /// Whether a flow that began at this time can belong to the socket.
    fn fits(&self, begun: Instant) -> bool {
        self.gone.is_none_or(|gone| gone + LATENESS >= begun)
    }
}

#[derive(Debug)]
struct Bound {
    address: IpAddr,
    v6_only: bool,
    holder: Holder,
}

impl Bound {
    /// How well the socket fits packets to an address; a higher rank is better.
    fn rank(&self, to: IpAddr) -> Option<u8> {
        match self.address {
            address if address == to => Some(3),
            address if !address.is_unspecified() => None,
            IpAddr::V4(_) => to.is_ipv4().then_some(2),
            IpAddr::V6(_) if to.is_ipv6() => Some(2),
            IpAddr::V6(_) => (!self.v6_only).then_some(1),
        }
    }
}

/// Sockets whose process is known.
#[derive(Debug, Default)]
pub(crate) struct Table {
    connected: HashMap<(Protocol, SocketAddr, SocketAddr), Holder>,
    bound: HashMap<(Protocol, u16), Vec<Bound>>,
    /// Addresses of this machine, and the broadcast addresses that it accepts.
    addresses: HashSet<IpAddr>,
}

impl Table {
    /// Sets the addresses of this machine.
    pub(crate) fn set_addresses(&mut self, addresses: HashSet<IpAddr>) {
        self.addresses = addresses;
    }

    pub(crate) fn addresses(&self) -> &HashSet<IpAddr> {
        &self.addresses
    }

    /// Finds the process of a flow that began at this time.
    pub(crate) fn process_of(
        &self,
        protocol: Protocol,
        source: SocketAddr,
        destination: SocketAddr,
        begun: Instant,
    ) -> Answer {
        let (source, destination) = (canonical(source), canonical(destination));
        let source_is_local = self.is_local(source.ip());
        let end = |own, other, is_local| {
            let connected = self.connected.get(&(protocol, own, other)).filter(|holder| holder.fits(begun));
            connected.or_else(|| if is_local { self.bound_to(protocol, own, begun) } else { None })
        };
        if let Some(holder) = end(source, destination, source_is_local) {
            return Answer { process: Some(Arc::clone(&holder.process)), is_final: true, is_local: true };
        }
        let is_received = self.receives(protocol, destination.ip());
        let holder = end(destination, source, is_received);
        Answer {
            process: holder.map(|holder| Arc::clone(&holder.process)),
            is_final: holder.is_some() && !source_is_local,
            is_local: source_is_local || is_received || holder.is_some(),
        }
    }

    fn bound_to(&self, protocol: Protocol, local: SocketAddr, begun: Instant) -> Option<&Holder> {
        let bound = self.bound.get(&(protocol, local.port()))?;
        let fitting = bound.iter().filter(|bound| bound.holder.fits(begun));
        let ranked = fitting.filter_map(|bound| {
            let rank = bound.rank(local.ip())?;
            Some(((bound.holder.gone.is_none(), rank), &bound.holder))
        });
        ranked.max_by_key(|(rank, _)| *rank).map(|(_, holder)| holder)
    }

    fn is_local(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.addresses.contains(&address)
    }

    /// Whether a socket of this machine may receive packets to an address.
    fn receives(&self, protocol: Protocol, address: IpAddr) -> bool {
        let to_many = || address.is_multicast() || address == Ipv4Addr::BROADCAST;
        self.is_local(address) || (protocol == Protocol::Udp && to_many())
    }

    /// Records the process of an open socket.
    pub(crate) fn insert(&mut self, key: Key, cookie: u64, process: Arc<Process>) {
        self.put(key, Holder { cookie, process, gone: None });
    }

    /// Records the process of a socket that has been closed, unless it is known.
    pub(crate) fn insert_gone(&mut self, key: Key, process: Arc<Process>, at: Instant) {
        if let Key::Connected { protocol, local, remote } = key
            && self.connected.get(&(protocol, local, remote)).is_some_and(|holder| holder.fits(at))
        {
            return;
        }
        self.put(key, Holder { cookie: 0, process, gone: Some(at) });
    }

    fn put(&mut self, key: Key, holder: Holder) {
        match key {
            Key::Connected { protocol, local, remote } => {
                self.connected.insert((protocol, local, remote), holder);
            }
            Key::Bound { protocol, local, v6_only } => {
                let bound = self.bound.entry((protocol, local.port())).or_default();
                bound.retain(|bound| bound.holder.cookie != holder.cookie || bound.address != local.ip());
                bound.push(Bound { address: local.ip(), v6_only, holder });
            }
        }
    }

    /// Marks a socket as ended; it may still be asked for.
    pub(crate) fn end(&mut self, key: &Key, cookie: u64, at: Instant) {
        if let Some(holder) = self.holder(key, cookie) {
            holder.gone.get_or_insert(at);
        }
    }

    /// Forgets a socket that has ended.
    pub(crate) fn forget(&mut self, key: &Key, cookie: u64) {
        if self.holder(key, cookie).is_none_or(|holder| holder.gone.is_none()) {
            return;
        }
        match key {
            Key::Connected { protocol, local, remote } => {
                self.connected.remove(&(*protocol, *local, *remote));
            }
            Key::Bound { protocol, local, .. } => {
                let place = (*protocol, local.port());
                if let Some(bound) = self.bound.get_mut(&place) {
                    bound.retain(|bound| bound.holder.cookie != cookie);
                    if bound.is_empty() {
                        self.bound.remove(&place);
                    }
                }
            }
        }
    }

    fn holder(&mut self, key: &Key, cookie: u64) -> Option<&mut Holder> {
        let holder = match key {
            Key::Connected { protocol, local, remote } => {
                self.connected.get_mut(&(*protocol, *local, *remote))
            }
            Key::Bound { protocol, local, .. } => {
                let bound = self.bound.get_mut(&(*protocol, local.port()))?;
                bound.iter_mut().map(|bound| &mut bound.holder).find(|holder| holder.cookie == cookie)
            }
        };
        holder.filter(|holder| holder.cookie == cookie)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.connected.len() + self.bound.values().map(Vec::len).sum::<usize>()
    }
}

/// Converts an endpoint with an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) to IPv4, and removes the scope.
pub(crate) fn canonical(endpoint: SocketAddr) -> SocketAddr {
    SocketAddr::new(endpoint.ip().to_canonical(), endpoint.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Protocol::{Tcp, Udp};

    fn process(pid: i32) -> Arc<Process> {
        let none = String::new;
        Arc::new(Process { pid, name: none(), uid: 0, path: none(), user: none(), cgroup: none() })
    }

    fn at(endpoint: &str) -> SocketAddr {
        endpoint.parse().unwrap()
    }

    fn connected(protocol: Protocol, local: &str, remote: &str) -> Key {
        Key::Connected { protocol, local: at(local), remote: at(remote) }
    }

    fn bound(protocol: Protocol, local: &str) -> Key {
        Key::Bound { protocol, local: at(local), v6_only: false }
    }

    fn table(sockets: &[(Key, i32)]) -> Table {
        let mut table = Table::default();
        table.set_addresses(HashSet::from(["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()]));
        for (number, (key, pid)) in sockets.iter().enumerate() {
            table.insert(*key, number as u64 + 1, process(*pid));
        }
        table
    }

    /// Returns the process, whether the answer is final, and whether the flow is local.
    fn ask(table: &Table, protocol: Protocol, source: &str, destination: &str) -> (Option<i32>, bool, bool) {
        let answer = table.process_of(protocol, at(source), at(destination), Instant::now());
        (answer.process.map(|process| process.pid), answer.is_final, answer.is_local)
    }

    #[test]
    fn a_connected_socket_counts_before_one_that_listens() {
        let table =
            table(&[(bound(Tcp, "0.0.0.0:80"), 1), (connected(Tcp, "192.0.2.1:80", "198.51.100.9:5000"), 2)]);
        assert_eq!(ask(&table, Tcp, "198.51.100.9:5000", "192.0.2.1:80"), (Some(2), true, true));
        assert_eq!(ask(&table, Tcp, "192.0.2.1:80", "198.51.100.9:5000"), (Some(2), true, true));
        assert_eq!(ask(&table, Tcp, "198.51.100.9:5001", "192.0.2.1:80"), (Some(1), true, true));
        assert_eq!(ask(&table, Udp, "198.51.100.9:5000", "192.0.2.1:80"), (None, false, true));
    }

    #[test]
    fn a_listener_is_meant_only_by_addresses_of_this_machine() {
        let table = table(&[(bound(Tcp, "0.0.0.0:80"), 1)]);
        assert_eq!(ask(&table, Tcp, "198.51.100.9:5000", "203.0.113.1:80"), (None, false, false));
        assert_eq!(ask(&table, Tcp, "198.51.100.9:5000", "127.0.0.5:80"), (Some(1), true, true));
    }

    #[test]
    fn between_two_local_processes_the_source_is_meant_as_soon_as_it_is_known() {
        let mut table = table(&[(bound(Tcp, "127.0.0.1:80"), 1)]);
        assert_eq!(ask(&table, Tcp, "127.0.0.1:5000", "127.0.0.1:80"), (Some(1), false, true));
        table.insert(connected(Tcp, "127.0.0.1:5000", "127.0.0.1:80"), 9, process(2));
        assert_eq!(ask(&table, Tcp, "127.0.0.1:5000", "127.0.0.1:80"), (Some(2), true, true));
    }

    #[test]
    fn the_most_specific_of_bound_sockets_is_meant() {
        let v6_only = Key::Bound { protocol: Udp, local: at("[::]:54"), v6_only: true };
        let table = table(&[
            (bound(Udp, "[::]:53"), 1),
            (bound(Udp, "192.0.2.1:53"), 2),
            (v6_only, 3),
            (bound(Udp, "0.0.0.0:5353"), 4),
        ]);
        assert_eq!(ask(&table, Udp, "198.51.100.9:5000", "192.0.2.1:53").0, Some(2));
        assert_eq!(ask(&table, Udp, "127.0.0.1:5000", "127.0.0.1:53").0, Some(1));
        assert_eq!(ask(&table, Udp, "[2001:db8::9]:5000", "[2001:db8::1]:53").0, Some(1));
        assert_eq!(ask(&table, Udp, "[2001:db8::9]:5000", "[2001:db8::1]:54").0, Some(3));
        assert_eq!(ask(&table, Udp, "198.51.100.9:5000", "192.0.2.1:54").0, None);
        assert_eq!(ask(&table, Udp, "198.51.100.9:5353", "224.0.0.251:5353").0, Some(4));
    }

    #[test]
    fn mapped_addresses_are_ipv4() {
        let table = table(&[(connected(Tcp, "192.0.2.1:5000", "198.51.100.9:80"), 1)]);
        assert_eq!(ask(&table, Tcp, "[::ffff:192.0.2.1]:5000", "[::ffff:198.51.100.9]:80").0, Some(1));
    }

    #[test]
    fn a_socket_that_has_ended_is_meant_by_flows_before() {
        let key = connected(Tcp, "192.0.2.1:5000", "198.51.100.9:80");
        let mut table = table(&[(key, 1)]);
        let begun = Instant::now();
        table.end(&key, 7, begun);
        table.end(&key, 1, begun);
        let ask = |table: &Table, begun| {
            let answer = table.process_of(Tcp, at("192.0.2.1:5000"), at("198.51.100.9:80"), begun);
            answer.process.map(|process| process.pid)
        };
        assert_eq!(ask(&table, begun), Some(1));
        assert_eq!(ask(&table, begun + LATENESS * 2), None);
        // Another socket between the same endpoints.
        table.insert(key, 2, process(3));
        table.forget(&key, 1);
        table.end(&key, 1, begun);
        assert_eq!(ask(&table, begun + LATENESS * 2), Some(3));
        table.end(&key, 2, begun);
        table.forget(&key, 2);
        assert_eq!(table.len(), 0);
    }

    #[test]
    fn a_closing_tells_nothing_of_a_socket_that_is_known() {
        let (key, now) = (connected(Tcp, "192.0.2.1:5000", "198.51.100.9:80"), Instant::now());
        let mut table = table(&[(key, 1)]);
        table.insert_gone(key, process(2), now);
        assert_eq!(ask(&table, Tcp, "192.0.2.1:5000", "198.51.100.9:80").0, Some(1));
        table.end(&key, 1, now);
        table.insert_gone(key, process(2), now + LATENESS * 2);
        assert_eq!(ask(&table, Tcp, "192.0.2.1:5000", "198.51.100.9:80").0, Some(2));
    }
}

//! Servers that handshakes have shown.

use std::collections::VecDeque;

use foldhash::quality::RandomState;
use hashbrown::HashSet;
use nfstream_decode::Address;

/// Most servers that are known. A new one takes the place of the oldest.
const MOST_SERVERS: usize = 1 << 16;

/// An endpoint that has accepted a TCP connection: IP version, address, port.
type Server = (u8, Address, u16);

/// The servers that TCP handshakes of a run have shown, up to a limit. Every meter sees the same handshakes in the same order,
/// so all know the same servers.
#[derive(Default)]
pub(super) struct Servers {
    known: HashSet<Server, RandomState>,
    /// The oldest first.
    order: VecDeque<Server>,
}

impl Servers {
    /// The most bytes that they take, about, while the set doubles.
    pub(super) const MEMORY: usize = 6 << 20;

    /// Adds a server. One that is known already keeps its place.
    pub(super) fn add(&mut self, server: Server) {
        if !self.known.insert(server) {
            return;
        }
        self.order.push_back(server);
        if self.order.len() > MOST_SERVERS {
            self.order.pop_front().map(|oldest| self.known.remove(&oldest));
        }
    }

    pub(super) fn has(&self, server: &Server) -> bool {
        self.known.contains(server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_server_makes_room() {
        let server = |number: usize| {
            let [a, b, c, d] = (number as u32).to_be_bytes();
            (4, Address([a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 80)
        };
        let mut servers = Servers::default();
        (0..MOST_SERVERS).for_each(|number| servers.add(server(number)));
        servers.add(server(0));
        servers.add(server(MOST_SERVERS));
        assert_eq!([0, 1, MOST_SERVERS].map(|number| servers.has(&server(number))), [false, true, true]);
        assert_eq!((servers.known.len(), servers.order.len()), (MOST_SERVERS, MOST_SERVERS));
        let taken = servers.known.allocation_size() + servers.order.capacity() * size_of::<Server>();
        assert!(taken < Servers::MEMORY, "{taken}");
    }
}

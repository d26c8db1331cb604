//! [`PortTable`]: whether a port is one of a tunnel, in one multiplication and one comparison.
use super::tunnel_header::{Carrier, TunnelHeader};

const BITS: u32 = 6;

/// Most ports of all tunnels together.
const MAX_PORTS: usize = 32;

/// A set of ports without collisions. Port 0, which no datagram has, counts as one of a tunnel.
pub(super) struct PortTable {
    factor: u32,
    slots: [u16; 1 << BITS],
}

impl PortTable {
    /// The ports of tunnels over UDP. Computed when this crate is compiled.
    pub(super) const fn new<T>(tunnels: &[(T, TunnelHeader)]) -> Self {
        let (ports, count) = udp_ports(tunnels);
        // Any odd number may be the factor; these come in no order.
        let mut factor: u32 = 0x9e37_79b1;
        loop {
            if let Some(table) = Self::with_factor(factor, &ports, count) {
                return table;
            }
            factor = factor.wrapping_mul(0x915f_77f5);
        }
    }

    /// The table with this factor; `None` if two ports have the same slot.
    const fn with_factor(factor: u32, ports: &[u16; MAX_PORTS], count: usize) -> Option<Self> {
        let mut table = Self { factor, slots: [0; 1 << BITS] };
        let mut next = 0;
        while next < count {
            let port = ports[next];
            let slot = table.slot(port);
            if table.slots[slot] != 0 && table.slots[slot] != port {
                return None;
            }
            table.slots[slot] = port;
            next += 1;
        }
        Some(table)
    }

    #[inline]
    const fn slot(&self, port: u16) -> usize {
        ((port as u32).wrapping_mul(self.factor) >> (u32::BITS - BITS)) as usize
    }

    #[inline]
    pub(super) const fn has(&self, port: u16) -> bool {
        self.slots[self.slot(port)] == port
    }
}

/// The ports of tunnels, and how many they are.
const fn udp_ports<T>(tunnels: &[(T, TunnelHeader)]) -> ([u16; MAX_PORTS], usize) {
    let (mut ports, mut count, mut tunnel) = ([0; MAX_PORTS], 0, 0);
    while tunnel < tunnels.len() {
        let carriers = tunnels[tunnel].1.carriers;
        let mut carrier = 0;
        while carrier < carriers.len() {
            if let Carrier::Udp(port) = carriers[carrier] {
                ports[count] = port;
                count += 1;
            }
            carrier += 1;
        }
        tunnel += 1;
    }
    (ports, count)
}

/// The protocol numbers of tunnels without UDP.
pub(super) const fn protocols<T>(tunnels: &[(T, TunnelHeader)]) -> [bool; 256] {
    let mut protocols = [false; 256];
    let mut tunnel = 0;
    while tunnel < tunnels.len() {
        let carriers = tunnels[tunnel].1.carriers;
        let mut carrier = 0;
        while carrier < carriers.len() {
            if let Carrier::Protocol(protocol) = carriers[carrier] {
                protocols[protocol as usize] = true;
            }
            carrier += 1;
        }
        tunnel += 1;
    }
    protocols
}

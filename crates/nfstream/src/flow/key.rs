//! The hash of a flow's key, the same for both directions.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::RandomState;
use nfstream_decode::{Address, Headers, Tunnel};

use super::flow::Flow;

/// Hashes flow keys with a random key of its own, so that nobody outside can aim at one bucket or one meter.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyHash(RandomState);

impl KeyHash {
    /// The hash of the flow that a packet belongs to.
    #[inline]
    pub(crate) fn of_packet(&self, headers: &Headers) -> u64 {
        let Headers { src, dst, src_port, dst_port, vlan_id, ip_version, protocol, tunnel, .. } = *headers;
        self.hash((src, src_port), (dst, dst_port), (vlan_id, ip_version, protocol, tunnel))
    }

    /// The same hash, from the flow.
    pub(crate) fn of_flow(&self, flow: &Flow) -> u64 {
        let Flow { src, dst, src_port, dst_port, protocol, tunnel, .. } = *flow;
        self.hash((src, src_port), (dst, dst_port), (flow.vlan_id(), flow.ip_version(), protocol, tunnel))
    }

    #[inline]
    fn hash(&self, a: (Address, u16), b: (Address, u16), rest: (u16, u8, u8, Tunnel)) -> u64 {
        let (vlan_id, ip_version, protocol, tunnel) = rest;
        let mut state = self.0.build_hasher();
        // The sum is the same whichever endpoint comes first.
        state.write_u64(self.endpoint(a).wrapping_add(self.endpoint(b)));
        state.write_u64(u64::from_be_bytes([
            0,
            0,
            0,
            tunnel as u8,
            protocol,
            ip_version,
            (vlan_id >> 8) as u8,
            vlan_id as u8,
        ]));
        state.finish()
    }

    #[inline]
    fn endpoint(&self, (Address(address), port): (Address, u16)) -> u64 {
        let mut state = self.0.build_hasher();
        state.write_u128(u128::from_ne_bytes(address));
        state.write_u16(port);
        state.finish()
    }
}

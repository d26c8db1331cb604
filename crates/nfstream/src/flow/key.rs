//! The hash of a flow's key, the same for both directions.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::RandomState;
use nfstream_decode::{Address, Headers};

use super::flow::{Circumstances, Flow, KeyRule};
use super::packet::Direction;

/// Hashes flow keys with a random key of its own, so that nobody outside can aim at one bucket or one meter.
#[derive(Clone, Debug)]
pub(crate) struct KeyHash {
    state: RandomState,
    rule: KeyRule,
}

impl KeyHash {
    pub(crate) fn new(rule: KeyRule) -> Self {
        Self { state: RandomState::default(), rule }
    }

    /// What tells flows apart beside addresses and ports.
    #[inline]
    pub(crate) fn rule(&self) -> KeyRule {
        self.rule
    }

    /// The circumstances of a packet that are part of its flow's key.
    #[inline]
    pub(crate) fn circumstances(&self, headers: &Headers) -> Circumstances {
        self.rule.of_packet(headers)
    }

    /// The hash of the flow that a packet belongs to.
    #[inline]
    pub(crate) fn of_packet(&self, headers: &Headers) -> u64 {
        let Headers { src, dst, src_port, dst_port, .. } = *headers;
        self.hash((src, src_port), (dst, dst_port), self.rule.of_packet(headers))
    }

    /// The same hash, from the flow.
    pub(crate) fn of_flow(&self, flow: &Flow) -> u64 {
        let Flow { src, dst, src_port, dst_port, .. } = *flow;
        self.hash((src, src_port), (dst, dst_port), self.rule.of_flow(flow))
    }

    /// The hash of one direction of a packet's flow, if the packets of the direction have an id; `hash` is that of the key.
    pub(crate) fn of_packet_with(&self, hash: u64, headers: &Headers, id: Option<u32>) -> u64 {
        let Headers { src, dst, src_port, dst_port, .. } = *headers;
        self.of_direction(hash, (src, src_port), (dst, dst_port), id)
    }

    /// The same hash, from the flow.
    pub(crate) fn of_flow_with(&self, flow: &Flow, direction: Direction, id: Option<u32>) -> u64 {
        let (hash, src, dst) = (self.of_flow(flow), (flow.src, flow.src_port), (flow.dst, flow.dst_port));
        match direction {
            Direction::SrcToDst => self.of_direction(hash, src, dst, id),
            Direction::DstToSrc => self.of_direction(hash, dst, src, id),
        }
    }

    fn of_direction(
        &self,
        hash: u64,
        sender: (Address, u16),
        receiver: (Address, u16),
        id: Option<u32>,
    ) -> u64 {
        let id = id.map_or(1 << 32, u64::from);
        let is_ordered = (sender.0.0, sender.1) < (receiver.0.0, receiver.1);
        let mut state = self.state.build_hasher();
        state.write_u64(hash);
        state.write_u64(id << 1 | u64::from(is_ordered));
        state.finish()
    }

    #[inline]
    fn hash(&self, a: (Address, u16), b: (Address, u16), rest: Circumstances) -> u64 {
        let Circumstances { tags, tunnel, protocol, tunnel_id } = rest;
        let mut state = self.state.build_hasher();
        // The sum is the same whichever endpoint comes first.
        state.write_u64(self.endpoint(a).wrapping_add(self.endpoint(b)));
        let others = u64::from(tunnel_id) << 32 | u64::from(tunnel) << 24 | u64::from(protocol) << 16;
        state.write_u64(others | u64::from(tags));
        state.finish()
    }

    #[inline]
    fn endpoint(&self, (Address(address), port): (Address, u16)) -> u64 {
        let mut state = self.state.build_hasher();
        state.write_u128(u128::from_ne_bytes(address));
        state.write_u16(port);
        state.finish()
    }
}

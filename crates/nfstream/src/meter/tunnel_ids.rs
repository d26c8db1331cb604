//! Flows with one key, told apart by ids that each direction of their tunnel has for itself (`tunnel_key` all): TEIDs of
//! GTP-U, sessions of L2TP, keys of GRE.
//!
//! A packet belongs to the flow whose id in the packet's direction is the packet's. If there is none, it belongs to the newest
//! flow that has had no packet in that direction. However many flows have one key, a packet costs a few look-ups.

use hashbrown::HashTable;
use nfstream_decode::{Headers, Tunnel};

use crate::flow::{Direction, Flow, KeyHash};
use crate::room::OF_PLACE;
use crate::slab::Slab;

const NONE: u32 = u32::MAX;

/// The ids of a flow.
#[derive(Clone, Copy, Debug)]
struct Ids {
    /// Of the direction of the first packet; `None` if the flow is not in such a tunnel.
    first: Option<u32>,
    /// Of the other direction, once it has had a packet.
    answers: Option<u32>,
    /// While it has had none: the next newer and the next older flow of the same key with none in the same direction.
    newer: u32,
    older: u32,
}

/// The ids of all flows.
pub(super) struct TunnelIds {
    key_hash: KeyHash,
    of_slots: Slab<Ids>,
    /// Flows by the id of their answers. Of the flows without answers, the newest of each key and direction.
    by_answers: HashTable<u32>,
}

impl TunnelIds {
    /// Bytes for each slot.
    pub(super) const SLOT_SIZE: usize = size_of::<Ids>() + OF_PLACE;

    /// `None` if ids of directions tell no flows apart.
    pub(super) fn new(key_hash: &KeyHash) -> Option<Self> {
        key_hash.rule().has_ids_of_directions().then(|| Self {
            key_hash: key_hash.clone(),
            of_slots: Slab::default(),
            by_answers: HashTable::new(),
        })
    }

    /// Whether a packet's flow depends on the id of its tunnel beside the key.
    #[inline]
    pub(super) fn concern(headers: &Headers) -> bool {
        headers.tunnel != Tunnel::None && !headers.tunnel.is_id_shared()
    }

    /// The flow that a packet belongs to, and the packet's direction in it. `hash` is that of the key, and `table` has every
    /// flow under its [hash](Self::hash).
    pub(super) fn find(
        &self,
        hash: u64,
        headers: &Headers,
        table: &HashTable<u32>,
        flows: &Slab<Flow>,
    ) -> Option<(u32, Direction)> {
        let (circumstances, rule) = (self.key_hash.circumstances(headers), self.key_hash.rule());
        let direction = |slot: u32| flows[slot].direction_of(headers, circumstances, rule);
        let is_first = |slot: u32| direction(slot) == Some(flows[slot].first_direction());
        let is_answer = |slot: u32| direction(slot) == Some(flows[slot].first_direction().opposite());
        let id = Some(headers.tunnel_id);
        let with_id = self.key_hash.of_packet_with(hash, headers, id);
        let answers_with = |hash, id| {
            self.by_answers.find(hash, |&slot| self.of_slots[slot].answers == id && is_answer(slot))
        };
        let slot = *table
            .find(with_id, |&slot| self.of_slots[slot].first == id && is_first(slot))
            .or_else(|| answers_with(with_id, id))
            .or_else(|| answers_with(self.key_hash.of_packet_with(hash, headers, None), None))?;
        direction(slot).map(|direction| (slot, direction))
    }

    /// The hash under which the table of flows has the flow in a slot.
    pub(super) fn hash(&self, slot: u32, flows: &Slab<Flow>) -> u64 {
        let flow = &flows[slot];
        match self.of_slots[slot].first {
            None => self.key_hash.of_flow(flow),
            id => self.key_hash.of_flow_with(flow, flow.first_direction(), id),
        }
    }

    /// Begins the flow in a slot with a packet. `answers` is the id of the other direction, if it is known.
    pub(super) fn begin(&mut self, slot: u32, headers: &Headers, answers: Option<u32>, flows: &Slab<Flow>) {
        let first = Self::concern(headers).then_some(headers.tunnel_id);
        self.of_slots.insert(slot, Ids { first, answers, newer: NONE, older: NONE });
        if first.is_none() {
            return;
        }
        let hash = self.hash_of_answers(slot, flows);
        if answers.is_none()
            && let Some(newest) = self.waiting(hash, slot, flows)
        {
            let older = std::mem::replace(newest, slot);
            self.of_slots[slot].older = older;
            self.of_slots[older].newer = slot;
        } else {
            self.insert(hash, slot, flows);
        }
    }

    /// Notes the id of a packet that the flow in a slot has counted.
    pub(super) fn note(&mut self, slot: u32, headers: &Headers, direction: Direction, flows: &Slab<Flow>) {
        let Ids { first, answers, .. } = self.of_slots[slot];
        if first.is_none() || answers.is_some() || direction == flows[slot].first_direction() {
            return;
        }
        self.remove(slot, flows);
        self.of_slots[slot] = Ids { first, answers: Some(headers.tunnel_id), newer: NONE, older: NONE };
        self.insert(self.hash_of_answers(slot, flows), slot, flows);
    }

    /// The id of the direction opposite to that of a packet of the flow in a slot, if it is known.
    pub(super) fn opposite(&self, slot: u32, direction: Direction, flows: &Slab<Flow>) -> Option<u32> {
        let Ids { first, answers, .. } = self.of_slots[slot];
        if direction == flows[slot].first_direction() { answers } else { first }
    }

    /// Forgets the flow in a slot, which ends.
    pub(super) fn end(&mut self, slot: u32, flows: &Slab<Flow>) {
        if self.of_slots[slot].first.is_some() {
            self.remove(slot, flows);
        }
    }

    fn hash_of_answers(&self, slot: u32, flows: &Slab<Flow>) -> u64 {
        let flow = &flows[slot];
        self.key_hash.of_flow_with(flow, flow.first_direction().opposite(), self.of_slots[slot].answers)
    }

    fn insert(&mut self, hash: u64, slot: u32, flows: &Slab<Flow>) {
        let Self { key_hash, of_slots, by_answers } = self;
        by_answers.insert_unique(hash, slot, |&slot| {
            let flow = &flows[slot];
            key_hash.of_flow_with(flow, flow.first_direction().opposite(), of_slots[slot].answers)
        });
    }

    /// The newest flow that waits for answers as the flow in a slot does: with the same key, in the same direction.
    fn waiting(&mut self, hash: u64, slot: u32, flows: &Slab<Flow>) -> Option<&mut u32> {
        let (flow, rule) = (&flows[slot], self.key_hash.rule());
        let of_slots = &self.of_slots;
        self.by_answers.find_mut(hash, |&other| {
            of_slots[other].answers.is_none() && flow.begins_like(&flows[other], rule)
        })
    }

    /// Takes a flow out of the table of answers, or out of the list of those without.
    fn remove(&mut self, slot: u32, flows: &Slab<Flow>) {
        let Ids { newer, older, .. } = self.of_slots[slot];
        if older != NONE {
            self.of_slots[older].newer = newer;
        }
        if newer != NONE {
            self.of_slots[newer].older = older;
            return;
        }
        let hash = self.hash_of_answers(slot, flows);
        let Ok(mut entry) = self.by_answers.find_entry(hash, |&other| other == slot) else { return };
        if older == NONE {
            entry.remove();
        } else {
            *entry.get_mut() = older;
        }
    }
}

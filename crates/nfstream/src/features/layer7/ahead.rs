//! Layer 7 when the meter is in the asking thread. A [`Scout`] in each of the other threads inspects flows ahead of the
//! meter, and a [`Follower`] in the meter takes over what the scouts find.
//!
//! A scout tells flows apart by the same timeouts, but does not know which flows plugins end. So a flow follows the scout's
//! flow only if both began with the same packet: from there on they have the same packets. The follower itself inspects a
//! flow that begins after a plugin has ended a flow and before the scout's flow ends. It also takes over the inspection of a
//! flow when the scout has ended its own flow, for want of room, and begun another.

use std::sync::Arc;

use nfstream_dpi::{Inspection, Memory, Metadata};

use super::inspections::{Identified, Inspections, Inspector, Shared, Taught};
use crate::column::Value;
use crate::features::Part;
use crate::flow::{Flow, Packet};
use crate::slab::Slab;

/// The finding of a scout at a packet. The first packet of a flow always has one.
pub(crate) struct Finding {
    /// Position of the packet in the input.
    pub(crate) position: u64,
    /// Whether the scout's flow began with the packet.
    begins: bool,
    /// The inspection of the flow so far.
    inspection: Inspection,
    /// Whether further packets add nothing.
    is_inspected: bool,
    taught: Vec<Taught>,
}

pub(crate) struct Scout {
    pub(super) inspections: Inspections,
    pub(super) findings: Vec<Finding>,
}

impl Scout {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self { inspections: Inspections::new(shared), findings: Vec::new() }
    }

    fn find(&mut self, slot: u32, packet: &Packet<'_>, flow: &Flow, begins: bool) {
        self.findings.push(Finding {
            position: packet.position,
            begins,
            inspection: self.inspections.inspections[slot].found(),
            is_inspected: flow.is_inspected(),
            taught: self.inspections.take_taught(),
        });
    }

    pub(super) fn on_init(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        self.inspections.on_init(slot, packet, flow);
        self.find(slot, packet, flow, true);
    }

    pub(super) fn on_update(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        let revision = self.inspections.inspections[slot].revision();
        self.inspections.on_update(slot, packet, flow);
        if flow.is_inspected() || self.inspections.inspections[slot].revision() != revision {
            self.find(slot, packet, flow, false);
        }
    }
}

pub(crate) struct Follower {
    inspector: Inspector,
    flows: Slab<Followed>,
    /// Bytes that all inspections keep beside their slots.
    pub(super) memory: u64,
    /// The finding of a scout at the current packet.
    pub(super) finding: Option<Finding>,
}

struct Followed {
    identified: Identified,
    /// Whether a scout's flow has the same packets.
    has_scout: bool,
}

impl Follower {
    /// Size of a slot in bytes.
    pub(super) const SLOT_SIZE: usize = size_of::<Followed>();

    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self { inspector: Inspector::new(shared), flows: Slab::default(), memory: 0, finding: None }
    }

    /// Adds the packet to the flow's inspection.
    fn take(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow, finding: Option<Finding>) {
        let begins =
            flow.first_packet != packet.position && finding.as_ref().is_some_and(|finding| finding.begins);
        let Followed { identified, has_scout } = &mut self.flows[slot];
        let inspection = &mut identified.inspection;
        *has_scout &= !begins;
        let before = inspection.memory();
        match finding {
            _ if !*has_scout => self.inspector.show(inspection, packet, flow),
            Some(finding) => {
                *inspection = finding.inspection;
                flow.set_inspected(finding.is_inspected);
                self.inspector.taught.extend(finding.taught);
            }
            None => inspection.pass(packet.position, !packet.payload().is_empty()),
        }
        self.memory = self.memory + inspection.memory() as u64 - before as u64;
    }

    /// Shows a datagram that is not a packet, because it is not complete. The scout does the same, but what it finds comes
    /// with a packet only.
    pub(super) fn show(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        let Followed { identified, has_scout } = &mut self.flows[slot];
        let inspection = &mut identified.inspection;
        let before = inspection.memory();
        self.inspector.show(inspection, packet, flow);
        if *has_scout {
            // Findings come until the scout is done.
            flow.set_inspected(false);
        }
        self.memory = self.memory + inspection.memory() as u64 - before as u64;
    }

    pub(super) fn on_init(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        let finding = self.finding.take();
        let has_scout = finding.as_ref().is_some_and(|finding| finding.begins);
        let identified = Identified::new(&self.inspector.shared, Inspection::default());
        self.flows.insert(slot, Followed { identified, has_scout });
        self.take(slot, packet, flow, finding);
    }

    pub(super) fn on_update(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        let finding = self.finding.take();
        self.take(slot, packet, flow, finding);
    }

    pub(super) fn on_expire(&mut self, slot: u32) -> Identified {
        let shown = Identified::new(&self.inspector.shared, Inspection::default());
        let identified = std::mem::replace(&mut self.flows[slot].identified, shown);
        self.memory -= identified.inspection.memory() as u64;
        identified
    }

    pub(super) fn value<'a>(
        &'a mut self,
        slot: u32,
        index: usize,
        flow: &'a Flow,
        memory: &Memory,
    ) -> Option<Value<'a>> {
        let identified = &mut self.flows[slot].identified;
        identified.classify(flow, memory);
        identified.value(index, flow)
    }

    pub(super) fn metadata(&self, slot: u32) -> Option<&Metadata> {
        self.flows[slot].identified.inspection.metadata()
    }

    pub(super) fn take_taught(&mut self) -> Vec<Taught> {
        std::mem::take(&mut self.inspector.taught)
    }
}

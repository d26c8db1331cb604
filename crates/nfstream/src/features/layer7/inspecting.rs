//! Layer 7 at work in one meter.

use nfstream_dpi::{Memory, Metadata};

use super::ahead::{Finding, Follower, Scout};
use super::inspections::{Identified, Inspections, Taught};
use crate::column::Value;
use crate::flow::{Flow, Packet};
use crate::room::Workroom;

/// Inspections of a meter's flows. The variants differ in where the meter is.
pub(crate) enum Inspecting {
    /// In a worker.
    Meter(Inspections),
    /// In a worker, ahead of a meter in the asking thread.
    Scout(Scout),
    /// In the asking thread.
    Follower(Follower),
}

impl Inspecting {
    pub(crate) fn on_init(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        match self {
            Self::Meter(inspections) => inspections.on_init(slot, packet, flow),
            Self::Scout(scout) => scout.on_init(slot, packet, flow),
            Self::Follower(follower) => follower.on_init(slot, packet, flow),
        }
    }

    #[inline]
    pub(crate) fn on_update(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        if flow.is_inspected() {
            return;
        }
        match self {
            Self::Meter(inspections) => inspections.on_update(slot, packet, flow),
            Self::Scout(scout) => scout.on_update(slot, packet, flow),
            Self::Follower(follower) => follower.on_update(slot, packet, flow),
        }
    }

    /// Shows a datagram that is not a packet, because it is not complete.
    pub(crate) fn show(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        if flow.is_inspected() {
            return;
        }
        match self {
            Self::Meter(inspections) => inspections.on_update(slot, packet, flow),
            Self::Scout(scout) => scout.inspections.on_update(slot, packet, flow),
            Self::Follower(follower) => follower.show(slot, packet, flow),
        }
    }

    pub(crate) fn on_expire(&mut self, slot: u32) -> Identified {
        match self {
            Self::Meter(inspections) => inspections.on_expire(slot),
            Self::Scout(scout) => scout.inspections.on_expire(slot),
            Self::Follower(follower) => follower.on_expire(slot),
        }
    }

    /// Bytes that a slot takes.
    pub(crate) fn slot_size(&self) -> usize {
        match self {
            Self::Meter(_) | Self::Scout(_) => Inspections::SLOT_SIZE,
            Self::Follower(_) => Follower::SLOT_SIZE,
        }
    }

    /// Bytes that all flows keep beside their slots.
    pub(crate) fn memory(&self) -> u64 {
        match self {
            Self::Meter(inspections) | Self::Scout(Scout { inspections, .. }) => inspections.memory(),
            Self::Follower(follower) => follower.memory,
        }
    }

    /// Bounds the memory of inspections. The scouts of a follower bound the memory of its inspections.
    pub(crate) fn bound(&mut self, workroom: Workroom) {
        match self {
            Self::Meter(inspections) | Self::Scout(Scout { inspections, .. }) => inspections.bound(workroom),
            Self::Follower(_) => {}
        }
    }

    /// The value so far of the column `index`, for a flow that is alive. Only a run packet by packet has such values.
    pub(crate) fn value<'a>(
        &'a mut self,
        slot: u32,
        index: usize,
        flow: &'a Flow,
        memory: &Memory,
    ) -> Option<Value<'a>> {
        match self {
            Self::Meter(_) | Self::Scout(_) => None,
            Self::Follower(follower) => follower.value(slot, index, flow, memory),
        }
    }

    /// The metadata read so far from a flow that is alive.
    pub(crate) fn metadata(&self, slot: u32) -> Option<&Metadata> {
        match self {
            Self::Meter(_) | Self::Scout(_) => None,
            Self::Follower(follower) => follower.metadata(slot),
        }
    }

    /// Takes out the lessons that flows have taught since the last call, in order. A scout's lessons are in its
    /// findings.
    pub(crate) fn take_taught(&mut self) -> Vec<Taught> {
        match self {
            Self::Meter(inspections) => inspections.take_taught(),
            Self::Scout(_) => Vec::new(),
            Self::Follower(follower) => follower.take_taught(),
        }
    }

    /// For a scout: takes out the findings since the last call, in order.
    pub(crate) fn take_findings(&mut self) -> Vec<Finding> {
        match self {
            Self::Scout(scout) => std::mem::take(&mut scout.findings),
            Self::Meter(_) | Self::Follower(_) => Vec::new(),
        }
    }

    /// For a follower: accepts what a scout found at the next packet.
    pub(crate) fn follow(&mut self, finding: Finding) {
        if let Self::Follower(follower) = self {
            follower.finding = Some(finding);
        }
    }
}

//! A family of features as the engine sees it: its columns, its work in a meter, and its part of a record.

use nfstream_dpi::{Inspection, Lesson, Memory, Metadata};

use super::answer::Label;
use crate::column::{Column, Value};
use crate::flow::{Flow, Packet};
use crate::room::Workroom;

/// A plugin whose state type is forgotten, so that several stand in one list.
pub(crate) trait Family: Send + Sync {
    fn columns(&self) -> Vec<Column>;
    fn accumulator(&self) -> Box<dyn Accumulator>;

    /// Whether values of a flow that is alive do not depend on other flows.
    fn is_known_alive(&self) -> bool {
        true
    }

    /// For a run whose meter is in the asking thread: what does the heavy part of the work ahead of it, in other threads.
    fn scout(&self) -> Option<Box<dyn Accumulator>> {
        None
    }

    /// For such a run: what works in the meter, with the findings of scouts if there are any.
    fn follower(&self) -> Box<dyn Accumulator> {
        self.accumulator()
    }
}

/// A plugin at work in one meter: the states of all flows alive, by slot.
pub(crate) trait Accumulator: Send {
    fn on_init(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow);
    fn on_update(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow);
    fn on_expire(&mut self, slot: u32, flow: &mut Flow) -> Box<dyn Part>;

    /// Bytes that a slot takes, and whether a flow may keep more beside it.
    fn slot_size(&self) -> (usize, bool);

    /// Bytes of what all flows keep beside their slots.
    fn memory(&self) -> u64 {
        0
    }

    /// Of inspection: bounds its memory.
    fn bound(&mut self, workroom: Workroom) {
        let _ = workroom;
    }

    /// The value so far of the family's column `index`, for a flow that is alive.
    fn value<'a>(&'a mut self, slot: u32, index: usize, flow: &'a Flow, memory: &Memory)
    -> Option<Value<'a>>;

    /// What was read so far of a flow that is alive.
    fn metadata(&self, slot: u32) -> Option<&Metadata> {
        let _ = slot;
        None
    }

    /// Of a prediction: keeps what the model is to be asked with.
    fn keep(&mut self, slot: u32, inputs: Box<[f64]>) {
        let _ = (slot, inputs);
    }

    /// Gives away what flows have taught since the last call, in order.
    fn take_taught(&mut self) -> Vec<Taught> {
        Vec::new()
    }

    /// Of a scout: gives away what it has found since the last call, in order.
    fn take_findings(&mut self) -> Vec<Finding> {
        Vec::new()
    }

    /// Of a follower: takes what a scout found at the packet that comes next. Others give it back.
    fn follow(&mut self, finding: Finding) -> Option<Finding> {
        Some(finding)
    }
}

/// What a scout found at a packet. A flow's first packet always has one.
pub(crate) struct Finding {
    /// Position of the packet in the input.
    pub(crate) position: u64,
    /// Whether the scout's flow began with the packet.
    pub(crate) begins: bool,
    /// What is known of the flow by now.
    pub(crate) inspection: Inspection,
    /// Whether further packets tell nothing.
    pub(crate) is_inspected: bool,
    pub(crate) taught: Vec<Taught>,
}

/// Something that a flow said of others, and when.
#[derive(Debug)]
pub(crate) struct Taught {
    pub(crate) time_ms: u64,
    pub(crate) lesson: Lesson,
}

/// What a family leaves in a record.
pub(crate) trait Part: Send + Sync {
    /// The value of the family's column `index`.
    fn value<'a>(&'a self, index: usize, flow: &'a Flow) -> Option<Value<'a>>;

    /// Visits the values of all the family's columns, in order.
    fn for_each_value(&self, flow: &Flow, visit: &mut dyn FnMut(Value<'_>));

    /// What was read of the flow's payloads.
    fn metadata(&self) -> Option<&Metadata> {
        None
    }

    /// Of a prediction: what was kept for the model to be asked with.
    fn kept(&self) -> Option<&[f64]> {
        None
    }

    /// Of a prediction: takes what the model says.
    fn set_prediction(&mut self, label: Label, probability: f64) {
        let _ = (label, probability);
    }

    /// Computes what depends on other flows.
    fn conclude(&mut self, flow: &Flow, memory: &Memory) {
        let _ = (flow, memory);
    }
}

//! Plugins: columns of one's own, and the trait that the built-in families of features stand on.

use std::mem::needs_drop;
use std::sync::Arc;

use nfstream_dpi::{Inspection, Lesson, Memory, Metadata};

use crate::column::{Column, Feature, Value};
use crate::flow::Flow;
use crate::packet::Packet;
use crate::prediction::Label;
use crate::room::Workroom;
use crate::slab::Slab;

/// A set of columns and how their values come about, packet by packet.
///
/// Every meter works with its own clone, so that what a plugin keeps in itself is per meter; what it keeps per flow is
/// its [`State`](Plugin::State). A flow's packets all reach the same meter, in order.
///
/// ```
/// use nfstream::{Feature, Flow, Kind, Packet, Plugin, Unit, Value};
///
/// #[derive(Clone)]
/// struct BigPackets;
///
/// impl Plugin for BigPackets {
///     type State = u64;
///
///     fn features(&self) -> Vec<Feature<u64>> {
///         let doc = "Packets of 666 bytes or more.";
///         vec![Feature::new("big_packets", Kind::Int64, Unit::Packets, doc, |_, big| Value::from(*big))]
///     }
///
///     fn on_init(&mut self, packet: &Packet<'_>, _: &mut Flow) -> u64 {
///         u64::from(packet.size >= 666)
///     }
///
///     fn on_update(&mut self, big: &mut u64, packet: &Packet<'_>, _: &mut Flow) {
///         *big += u64::from(packet.size >= 666);
///     }
/// }
/// ```
pub trait Plugin: Clone + Send + Sync + 'static {
    /// What is kept for a flow while it lives, and with its record afterwards.
    type State: Send + Sync + 'static;

    /// The columns, in their order.
    fn features(&self) -> Vec<Feature<Self::State>>;

    /// A flow begins with `packet`, which `flow` has counted already.
    fn on_init(&mut self, packet: &Packet<'_>, flow: &mut Flow) -> Self::State;

    /// A further packet of the flow, which `flow` has counted already.
    fn on_update(&mut self, state: &mut Self::State, packet: &Packet<'_>, flow: &mut Flow);

    /// The flow has ended.
    fn on_expire(&mut self, state: &mut Self::State, flow: &mut Flow) {
        let _ = (state, flow);
    }

    /// Bytes of memory that a state has beside itself, in what it points to: they count for
    /// [`max_memory`](crate::StreamerBuilder::max_memory). Asked before and after every packet, so it has to be quick.
    fn memory(state: &Self::State) -> usize {
        let _ = state;
        0
    }
}

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

impl<P: Plugin> Family for P {
    fn columns(&self) -> Vec<Column> {
        self.features().into_iter().map(|feature| feature.column).collect()
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        Box::new(States {
            plugin: self.clone(),
            features: self.features().into(),
            states: Slab::default(),
            memory: 0,
        })
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

struct States<P: Plugin> {
    plugin: P,
    features: Arc<[Feature<P::State>]>,
    states: Slab<Option<P::State>>,
    /// Bytes of what the states have beside themselves.
    memory: u64,
}

impl<P: Plugin> Accumulator for States<P> {
    fn on_init(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        let state = self.plugin.on_init(packet, flow);
        self.memory += P::memory(&state) as u64;
        self.states.insert(slot, Some(state));
    }

    #[inline]
    fn on_update(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        if let Some(state) = &mut self.states[slot] {
            let before = P::memory(state);
            self.plugin.on_update(state, packet, flow);
            self.memory = self.memory + P::memory(state) as u64 - before as u64;
        }
    }

    fn on_expire(&mut self, slot: u32, flow: &mut Flow) -> Box<dyn Part> {
        let mut state = self.states[slot].take();
        if let Some(state) = &mut state {
            self.memory -= P::memory(state) as u64;
            self.plugin.on_expire(state, flow);
        }
        Box::new(Ended { features: Arc::clone(&self.features), state })
    }

    fn slot_size(&self) -> (usize, bool) {
        (size_of::<Option<P::State>>(), needs_drop::<P::State>())
    }

    fn memory(&self) -> u64 {
        self.memory
    }

    fn value<'a>(&'a mut self, slot: u32, index: usize, flow: &'a Flow, _: &Memory) -> Option<Value<'a>> {
        Some(self.features.get(index)?.value(flow, self.states[slot].as_ref()?))
    }
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

struct Ended<S> {
    features: Arc<[Feature<S>]>,
    state: Option<S>,
}

impl<S: Send + Sync> Part for Ended<S> {
    fn value<'a>(&'a self, index: usize, flow: &'a Flow) -> Option<Value<'a>> {
        Some(self.features.get(index)?.value(flow, self.state.as_ref()?))
    }

    fn for_each_value(&self, flow: &Flow, visit: &mut dyn FnMut(Value<'_>)) {
        if let Some(state) = &self.state {
            self.features.iter().for_each(|feature| visit(feature.value(flow, state)));
        }
    }
}

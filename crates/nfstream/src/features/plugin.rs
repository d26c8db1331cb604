//! Plugins: user-defined columns, and the trait that the built-in families of features are built on.

use std::mem::needs_drop;
use std::sync::Arc;

use super::family::{Accumulator, Family, Part};
use crate::column::{Column, Feature, Value};
use crate::flow::{Flow, Packet};
use crate::slab::Slab;

/// A set of columns, and the code that computes their values packet by packet.
///
/// Every meter works with its own clone, so the fields of a plugin are per meter. Its [`State`](Plugin::State) is per
/// flow. All packets of a flow reach the same meter, in order.
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
    /// The data kept for a flow while it is alive, and with its record afterwards.
    type State: Send + Sync + 'static;

    /// The columns, in their order.
    fn features(&self) -> Vec<Feature<Self::State>>;

    /// Called when a flow begins with `packet`, which `flow` has already counted.
    fn on_init(&mut self, packet: &Packet<'_>, flow: &mut Flow) -> Self::State;

    /// Called for each further packet of the flow, which `flow` has already counted.
    fn on_update(&mut self, state: &mut Self::State, packet: &Packet<'_>, flow: &mut Flow);

    /// Called when the flow has ended.
    fn on_expire(&mut self, state: &mut Self::State, flow: &mut Flow) {
        let _ = (state, flow);
    }

    /// Bytes of memory that a state points to, in addition to its own size. They count for
    /// [`max_memory`](crate::StreamerBuilder::max_memory). With that, this is called before and after every packet, so it
    /// has to be quick.
    fn memory(state: &Self::State) -> usize {
        let _ = state;
        0
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
            counts_memory: false,
            memory: 0,
        })
    }
}

struct States<P: Plugin> {
    plugin: P,
    features: Arc<[Feature<P::State>]>,
    states: Slab<Option<P::State>>,
    counts_memory: bool,
    /// Bytes of memory that the states point to, if they count.
    memory: u64,
}

impl<P: Plugin> Accumulator for States<P> {
    fn on_init(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        let state = self.plugin.on_init(packet, flow);
        if self.counts_memory {
            self.memory += P::memory(&state) as u64;
        }
        self.states.insert(slot, Some(state));
    }

    #[inline]
    fn on_update(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        if let Some(state) = &mut self.states[slot] {
            if !self.counts_memory {
                return self.plugin.on_update(state, packet, flow);
            }
            self.memory -= P::memory(state) as u64;
            self.plugin.on_update(state, packet, flow);
            self.memory += P::memory(state) as u64;
        }
    }

    fn on_expire(&mut self, slot: u32, flow: &mut Flow) -> Box<dyn Part> {
        let mut state = self.states[slot].take();
        if let Some(state) = &mut state {
            if self.counts_memory {
                self.memory -= P::memory(state) as u64;
            }
            self.plugin.on_expire(state, flow);
        }
        Box::new(Ended { features: Arc::clone(&self.features), state })
    }

    fn slot_size(&self) -> (usize, bool) {
        (size_of::<Option<P::State>>(), needs_drop::<P::State>())
    }

    fn bound(&mut self) {
        self.counts_memory = true;
    }

    fn memory(&self) -> u64 {
        self.memory
    }

    fn value<'a>(&'a self, slot: u32, index: usize, flow: &'a Flow) -> Option<Value<'a>> {
        Some(self.features.get(index)?.value(flow, self.states[slot].as_ref()?))
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

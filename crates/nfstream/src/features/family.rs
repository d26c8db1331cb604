//! A family of features as the engine sees it: its columns, its work in a meter, and its part of a record.

use crate::column::{Column, Value};
use crate::flow::{Flow, Packet};

/// A plugin with its state type erased, so that one list can hold several plugins.
pub(crate) trait Family: Send + Sync {
    fn columns(&self) -> Vec<Column>;
    fn accumulator(&self) -> Box<dyn Accumulator>;
}

/// A plugin at work in one meter: the states of all flows alive, by slot.
pub(crate) trait Accumulator: Send {
    fn on_init(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow);
    fn on_update(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow);
    fn on_expire(&mut self, slot: u32, flow: &mut Flow) -> Box<dyn Part>;

    /// Bytes that a slot takes, and whether a flow may keep more beside its slot.
    fn slot_size(&self) -> (usize, bool);

    /// Called before the first flow if memory is bounded: [`memory`](Self::memory) will be asked for.
    fn bound(&mut self) {}

    /// Bytes that all flows keep beside their slots; 0 unless memory is [bounded](Self::bound).
    fn memory(&self) -> u64 {
        0
    }

    /// The value so far of the family's column `index`, for a flow that is alive.
    fn value<'a>(&'a self, slot: u32, index: usize, flow: &'a Flow) -> Option<Value<'a>>;
}

/// The part of a record that a family leaves.
pub(crate) trait Part: Send + Sync {
    /// The value of the family's column `index`.
    fn value<'a>(&'a self, index: usize, flow: &'a Flow) -> Option<Value<'a>>;

    /// Visits the values of all the family's columns, in order.
    fn for_each_value(&self, flow: &Flow, visit: &mut dyn FnMut(Value<'_>));
}

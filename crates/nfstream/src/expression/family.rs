//! The functions of packets as a family. It has no columns of its own; feature columns are computed from
//! its values.

use super::node::Word;
use super::program::Program;
use crate::column::{Column, Value};
use crate::features::{Accumulator, Family, Part};
use crate::flow::{Flow, Packet};
use crate::slab::Rows;

/// All cells of a run's features. The results of the cells, as words, are the values of the family.
pub(super) struct Aggregates(pub(super) Program);

impl Family for Aggregates {
    fn columns(&self) -> Vec<Column> {
        Vec::new()
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        let program = self.0.clone();
        Box::new(Aggregating {
            registers: program.registers.clone(),
            words: Rows::new(program.words),
            program,
        })
    }
}

struct Aggregating {
    program: Program,
    registers: Box<[Word]>,
    /// By slot.
    words: Rows,
}

impl Accumulator for Aggregating {
    fn on_init(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        self.words.clear(slot);
        self.on_update(slot, packet, flow);
    }

    #[inline]
    fn on_update(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        self.program.run(&mut self.registers, self.words.row_mut(slot), packet, flow);
    }

    fn on_expire(&mut self, slot: u32, _: &mut Flow) -> Box<dyn Part> {
        let words = self.words.row_mut(slot);
        let results = (0..self.program.cells()).filter_map(|cell| self.program.result(cell, words));
        Box::new(Results(results.collect()))
    }

    fn slot_size(&self) -> (usize, bool) {
        (self.words.slot_size(), false)
    }

    fn value<'a>(&'a self, slot: u32, index: usize, _: &'a Flow) -> Option<Value<'a>> {
        self.program.result(index, self.words.row(slot)).map(Value::Int)
    }
}

struct Results(Box<[Word]>);

impl Part for Results {
    fn value<'a>(&'a self, index: usize, _: &'a Flow) -> Option<Value<'a>> {
        self.0.get(index).copied().map(Value::Int)
    }

    fn for_each_value(&self, _: &Flow, _: &mut dyn FnMut(Value<'_>)) {}
}

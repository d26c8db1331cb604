//! What is done with each packet: a list of instructions over words, without a branch but for filters.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::aggregate::{Cell, Kept};
use super::field::FIELDS;
use super::node::{Node, Word};
use crate::flow::Flow;
use crate::packet::Packet;

/// Instructions for the packets of every flow, and where in a flow's words they keep what.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// One word for each node: constants, and zeros.
    pub(super) registers: Box<[Word]>,
    instructions: Box<[Instruction]>,
    updates: Box<[Update]>,
    blocks: Box<[Block]>,
    /// Words of a flow.
    pub(super) words: usize,
    /// Of each cell: what is kept, and where.
    cells: Box<[(Kept, Range<usize>)]>,
}

/// Computes one node.
#[derive(Clone, Copy, Debug)]
struct Instruction {
    target: u16,
    node: Node,
}

/// Takes a value into a flow's words.
#[derive(Clone, Debug)]
struct Update {
    kept: Kept,
    value: u16,
    words: Range<usize>,
}

/// What is done together, if its filter holds.
#[derive(Clone, Debug)]
struct Block {
    filter: Option<u16>,
    instructions: Range<usize>,
    updates: Range<usize>,
}

impl Program {
    /// The instructions that compute every cell. What only packets need that pass a filter is computed for those alone.
    pub(super) fn new(nodes: &[Node], cells: &[Cell]) -> Self {
        let mut places = Vec::with_capacity(cells.len());
        let mut words = 0;
        for cell in cells {
            places.push((cell.kept, words..words + cell.kept.words()));
            words += cell.kept.words();
        }
        let mut program = Builder::default();
        for (filter, needed) in blocks(nodes, cells) {
            let first = (program.instructions.len(), program.updates.len());
            program.instructions.extend(needed.iter().filter_map(|&target| {
                let node = nodes[usize::from(target)];
                (!matches!(node, Node::Constant(_))).then_some(Instruction { target, node })
            }));
            for (cell, (kept, words)) in cells.iter().zip(&places) {
                if cell.filter == filter {
                    program.updates.push(Update { kept: *kept, value: cell.value, words: words.clone() });
                }
            }
            program.blocks.push(Block {
                filter,
                instructions: first.0..program.instructions.len(),
                updates: first.1..program.updates.len(),
            });
        }
        let constant = |node: &Node| if let Node::Constant(word) = node { *word } else { 0 };
        Self {
            registers: nodes.iter().map(constant).collect(),
            instructions: program.instructions.into(),
            updates: program.updates.into(),
            blocks: program.blocks.into(),
            words,
            cells: places.into(),
        }
    }

    /// Takes a packet into the words of its flow.
    #[inline]
    pub(super) fn run(&self, registers: &mut [Word], words: &mut [Word], packet: &Packet<'_>, flow: &Flow) {
        for block in &self.blocks {
            if block.filter.is_some_and(|filter| registers[usize::from(filter)] == 0) {
                continue;
            }
            for &Instruction { target, node } in &self.instructions[block.instructions.clone()] {
                let value = node.value(registers, |field| (FIELDS[usize::from(field)].read)(packet, flow));
                registers[usize::from(target)] = value;
            }
            for update in &self.updates[block.updates.clone()] {
                update.kept.update(&mut words[update.words.clone()], registers[usize::from(update.value)]);
            }
        }
    }

    /// How many cells there are.
    pub(super) fn cells(&self) -> usize {
        self.cells.len()
    }

    /// What has come of a cell.
    pub(super) fn result(&self, cell: usize, words: &[Word]) -> Option<Word> {
        let (kept, place) = self.cells.get(cell)?;
        Some(kept.result(words.get(place.clone())?))
    }
}

#[derive(Default)]
struct Builder {
    instructions: Vec<Instruction>,
    updates: Vec<Update>,
    blocks: Vec<Block>,
}

/// Each filter with the nodes that are computed only for packets that pass it, after those that are computed for all.
fn blocks(nodes: &[Node], cells: &[Cell]) -> Vec<(Option<u16>, Vec<u16>)> {
    let mut filters: Vec<u16> = Vec::new();
    for filter in cells.iter().filter_map(|cell| cell.filter) {
        if !filters.contains(&filter) {
            filters.push(filter);
        }
    }
    let values_behind = |filter: Option<u16>| {
        reached(nodes, cells.iter().filter(|cell| cell.filter == filter).map(|cell| cell.value))
    };
    let mut always = values_behind(None);
    always.extend(reached(nodes, filters.iter().copied()));
    let behind: Vec<HashSet<u16>> = filters.iter().map(|&filter| values_behind(Some(filter))).collect();
    let mut users: HashMap<u16, usize> = HashMap::new();
    for &node in behind.iter().flatten() {
        *users.entry(node).or_default() += 1;
    }
    always.extend(users.iter().filter(|(_, count)| **count > 1).map(|(node, _)| *node));
    let mut blocks = vec![(None, in_order(always.iter().copied()))];
    for (filter, behind) in filters.into_iter().zip(behind) {
        blocks.push((Some(filter), in_order(behind.difference(&always).copied())));
    }
    blocks
}

/// Some nodes, and all that they depend on.
fn reached(nodes: &[Node], from: impl Iterator<Item = u16>) -> HashSet<u16> {
    let mut reached = HashSet::new();
    let mut open: Vec<u16> = from.collect();
    while let Some(node) = open.pop() {
        if reached.insert(node) {
            open.extend(nodes[usize::from(node)].operands());
        }
    }
    reached
}

fn in_order(nodes: impl Iterator<Item = u16>) -> Vec<u16> {
    let mut nodes: Vec<u16> = nodes.collect();
    nodes.sort_unstable();
    nodes
}

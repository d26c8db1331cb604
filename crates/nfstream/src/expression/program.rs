//! The work for each packet: a list of instructions over words, without branches except for filters.

use std::collections::{HashMap, HashSet};

use super::aggregate::{Cell, Kept};
use super::field::FIELDS;
use super::node::{Binary, Node, Unary, Word};
use crate::flow::{Flow, Packet};

/// Instructions for the packets of every flow, and the places of their results in a flow's words.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// One word for each node: constants, and zeros.
    pub(super) registers: Box<[Word]>,
    blocks: Box<[Block]>,
    /// Number of words of a flow.
    pub(super) words: usize,
    /// For each cell, its content and its first word.
    cells: Box<[(Kept, usize)]>,
}

/// Instructions and updates that are done together, if the filter holds.
#[derive(Clone, Debug)]
struct Block {
    filter: Option<u16>,
    instructions: Box<[Instruction]>,
    updates: Box<[Update]>,
}

/// Computes one node.
#[derive(Clone, Copy, Debug)]
enum Instruction {
    Read { target: u16, field: fn(&Packet<'_>, &Flow) -> Word },
    Unary { target: u16, unary: Unary, a: u16 },
    Binary { target: u16, binary: Binary, a: u16, b: u16 },
}

/// Adds a value to a flow's words.
#[derive(Clone, Copy, Debug)]
struct Update {
    kept: Kept,
    value: u16,
    first_word: usize,
}

impl Program {
    /// Makes the instructions that compute every cell. Nodes that are needed only for packets that pass a filter are
    /// computed only for those.
    pub(super) fn new(nodes: &[Node], cells: &[Cell]) -> Self {
        let mut places = Vec::with_capacity(cells.len());
        let mut words = 0;
        for cell in cells {
            places.push((cell.kept, words));
            words += cell.kept.words();
        }
        let block = |(filter, needed): (Option<u16>, Vec<u16>)| {
            let own = cells.iter().zip(&places).filter(|(cell, _)| cell.filter == filter);
            Block {
                filter,
                instructions: needed.iter().filter_map(|&target| instruction(nodes, target)).collect(),
                updates: own
                    .map(|(cell, (kept, first_word))| Update {
                        kept: *kept,
                        value: cell.value,
                        first_word: *first_word,
                    })
                    .collect(),
            }
        };
        let constant = |node: &Node| if let Node::Constant(word) = node { *word } else { 0 };
        Self {
            registers: nodes.iter().map(constant).collect(),
            blocks: blocks(nodes, cells).into_iter().map(block).collect(),
            words,
            cells: places.into(),
        }
    }

    /// Adds a packet to the words of its flow.
    #[inline]
    pub(super) fn run(&self, registers: &mut [Word], words: &mut [Word], packet: &Packet<'_>, flow: &Flow) {
        for block in &self.blocks {
            if block.filter.is_some_and(|filter| registers[usize::from(filter)] == 0) {
                continue;
            }
            for instruction in &block.instructions {
                let (target, value) = match *instruction {
                    Instruction::Read { target, field } => (target, field(packet, flow)),
                    Instruction::Unary { target, unary, a } => {
                        (target, unary.apply(registers[usize::from(a)]))
                    }
                    Instruction::Binary { target, binary, a, b } => {
                        (target, binary.apply(registers[usize::from(a)], registers[usize::from(b)]))
                    }
                };
                registers[usize::from(target)] = value;
            }
            for &Update { kept, value, first_word } in &block.updates {
                kept.update(&mut words[first_word..], registers[usize::from(value)]);
            }
        }
    }

    /// Number of cells.
    pub(super) fn cells(&self) -> usize {
        self.cells.len()
    }

    /// The result of a cell.
    pub(super) fn result(&self, cell: usize, words: &[Word]) -> Option<Word> {
        let (kept, first_word) = self.cells.get(cell)?;
        Some(kept.result(words.get(*first_word..)?))
    }
}

/// The instruction that computes a node; none for a node that is there from the start.
fn instruction(nodes: &[Node], target: u16) -> Option<Instruction> {
    Some(match nodes[usize::from(target)] {
        Node::Constant(_) => return None,
        Node::Input(field) => Instruction::Read { target, field: FIELDS[usize::from(field)].read },
        Node::Unary(unary, a) => Instruction::Unary { target, unary, a },
        Node::Binary(binary, a, b) => Instruction::Binary { target, binary, a, b },
    })
}

/// The nodes that are computed for all packets, then each filter with the nodes that are computed only for packets that
/// pass it.
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

/// Some nodes, and all nodes that they depend on.
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

//! The steps of a computation: values that depend on earlier ones, each kept once.

use std::collections::HashMap;

use super::error::Mistake;

/// An integer, a truth value (1 or 0), or the bits of a double, depending on its type.
pub(super) type Word = i64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Int,
    Float,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    /// The input with this index, from outside.
    Input(u16),
    Constant(Word),
    Unary(Unary, u16),
    Binary(Binary, u16, u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Unary {
    Not,
    NegateInt,
    NegateFloat,
    ToFloat,
    SquareRoot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Binary {
    Or,
    And,
    LessInt,
    LessFloat,
    LessOrEqualInt,
    LessOrEqualFloat,
    EqualInt,
    EqualFloat,
    AddInt,
    AddFloat,
    SubtractInt,
    SubtractFloat,
    MultiplyInt,
    MultiplyFloat,
    DivideFloat,
    FloorDivideInt,
    FloorDivideFloat,
    RemainderInt,
    RemainderFloat,
}

#[inline]
pub(super) fn float(word: Word) -> f64 {
    f64::from_bits(word as u64)
}

#[inline]
pub(super) fn word(number: f64) -> Word {
    number.to_bits() as Word
}

impl Unary {
    #[inline]
    pub(super) fn apply(self, a: Word) -> Word {
        match self {
            Unary::Not => Word::from(a == 0),
            Unary::NegateInt => a.saturating_neg(),
            Unary::NegateFloat => word(-float(a)),
            Unary::ToFloat => word(a as f64),
            Unary::SquareRoot => word(float(a).sqrt()),
        }
    }
}

impl Binary {
    /// Integers saturate instead of wrapping; division by zero gives zero.
    #[inline]
    pub(super) fn apply(self, a: Word, b: Word) -> Word {
        match self {
            Binary::Or => a | b,
            Binary::And => a & b,
            Binary::LessInt => Word::from(a < b),
            Binary::LessFloat => Word::from(float(a) < float(b)),
            Binary::LessOrEqualInt => Word::from(a <= b),
            Binary::LessOrEqualFloat => Word::from(float(a) <= float(b)),
            Binary::EqualInt => Word::from(a == b),
            Binary::EqualFloat => Word::from(float(a) == float(b)),
            Binary::AddInt => a.saturating_add(b),
            Binary::AddFloat => word(float(a) + float(b)),
            Binary::SubtractInt => a.saturating_sub(b),
            Binary::SubtractFloat => word(float(a) - float(b)),
            Binary::MultiplyInt => a.saturating_mul(b),
            Binary::MultiplyFloat => word(float(a) * float(b)),
            Binary::DivideFloat => word(divided(float(a), float(b), |a, b| a / b)),
            Binary::FloorDivideInt => floor_divided(a, b),
            Binary::FloorDivideFloat => word(divided(float(a), float(b), |a, b| (a / b).floor())),
            Binary::RemainderInt => remainder(a, b),
            Binary::RemainderFloat => word(divided(float(a), float(b), float_remainder)),
        }
    }
}

#[inline]
fn divided(a: f64, b: f64, divide: impl FnOnce(f64, f64) -> f64) -> f64 {
    if b == 0.0 { 0.0 } else { divide(a, b) }
}

/// The quotient rounded down, as in Python.
fn floor_divided(a: i64, b: i64) -> i64 {
    if b == 0 {
        return 0;
    }
    let quotient = a.saturating_div(b);
    quotient - i64::from(a.wrapping_rem(b) != 0 && (a < 0) != (b < 0))
}

/// The remainder with the sign of the divisor, as in Python.
fn remainder(a: i64, b: i64) -> i64 {
    if b == 0 {
        return 0;
    }
    let remainder = a.wrapping_rem(b);
    if remainder != 0 && (a < 0) != (b < 0) { remainder + b } else { remainder }
}

fn float_remainder(a: f64, b: f64) -> f64 {
    let remainder = a % b;
    if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) { remainder + b } else { remainder }
}

/// Nodes in an order in which each depends only on earlier ones.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    places: HashMap<Node, u16>,
}

impl Nodes {
    /// The place of a node, which is added if it is not there yet.
    pub(super) fn place(&mut self, at: usize, node: Node) -> Result<u16, Mistake> {
        if let Some(&place) = self.places.get(&node) {
            return Ok(place);
        }
        let place = u16::try_from(self.nodes.len())
            .map_err(|_| Mistake::new(at, "the features of a run together have too many operators"))?;
        self.nodes.push(node);
        self.places.insert(node, place);
        Ok(place)
    }

    pub(super) fn unary(&mut self, at: usize, unary: Unary, a: u16) -> Result<u16, Mistake> {
        match self.constant(a) {
            Some(a) => self.place(at, Node::Constant(unary.apply(a))),
            None => self.place(at, Node::Unary(unary, a)),
        }
    }

    pub(super) fn binary(&mut self, at: usize, binary: Binary, a: u16, b: u16) -> Result<u16, Mistake> {
        match (self.constant(a), self.constant(b)) {
            (Some(a), Some(b)) => self.place(at, Node::Constant(binary.apply(a, b))),
            _ => self.place(at, Node::Binary(binary, a, b)),
        }
    }

    pub(super) fn constant(&self, place: u16) -> Option<Word> {
        match self.nodes[usize::from(place)] {
            Node::Constant(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn as_slice(&self) -> &[Node] {
        &self.nodes
    }
}

impl Node {
    /// The nodes that this node depends on.
    pub(super) fn operands(self) -> impl Iterator<Item = u16> {
        let (a, b) = match self {
            Node::Input(_) | Node::Constant(_) => (None, None),
            Node::Unary(_, a) => (Some(a), None),
            Node::Binary(_, a, b) => (Some(a), Some(b)),
        };
        a.into_iter().chain(b)
    }

    /// The value of this node, from the values of earlier nodes and from outside.
    #[inline]
    pub(super) fn value(self, before: &[Word], input: impl FnOnce(u16) -> Word) -> Word {
        match self {
            Node::Input(which) => input(which),
            Node::Constant(word) => word,
            Node::Unary(unary, a) => unary.apply(before[usize::from(a)]),
            Node::Binary(binary, a, b) => binary.apply(before[usize::from(a)], before[usize::from(b)]),
        }
    }
}

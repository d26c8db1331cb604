//! Functions of packets: the values kept for each flow to compute them.

use super::node::{Word, float, word};

/// A function of packets.
#[derive(Debug)]
pub struct Function {
    /// The name in expressions.
    pub name: &'static str,
    pub(super) aggregate: Aggregate,
    /// A sentence about the result.
    pub doc: &'static str,
}

/// The kinds of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    Count,
    Sum,
    Min,
    Max,
    Mean,
    Std,
    Var,
    First,
    Last,
    Unique,
}

/// Most values that `n_unique` can tell apart.
pub const MOST_UNIQUE: usize = 32;

/// All functions of packets, in the order of the reference.
pub const FUNCTIONS: &[Function] = &[
    function(
        "count",
        Aggregate::Count,
        "Number of packets; for a condition, the number of packets for which it holds.",
    ),
    function("sum", Aggregate::Sum, "The sum; for a condition, the number of packets for which it holds."),
    function("min", Aggregate::Min, "The smallest value."),
    function("max", Aggregate::Max, "The largest value."),
    function("mean", Aggregate::Mean, "The mean; for a condition, the share of packets for which it holds."),
    function(
        "std",
        Aggregate::Std,
        "The standard deviation of the sample (n - 1); 0 for fewer than two packets.",
    ),
    function("var", Aggregate::Var, "The variance of the sample (n - 1); 0 for fewer than two packets."),
    function("first", Aggregate::First, "The value of the first packet."),
    function("last", Aggregate::Last, "The value of the last packet."),
    function("n_unique", Aggregate::Unique, "Number of different values, up to 32; 32 also stands for more."),
];

const fn function(name: &'static str, aggregate: Aggregate, doc: &'static str) -> Function {
    Function { name, aggregate, doc }
}

/// One value that is kept about the packets of a flow. Functions are made of these, and share them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) kept: Kept,
    /// The node whose value is kept.
    pub(super) value: u16,
    /// The node that selects the packets.
    pub(super) filter: Option<u16>,
}

/// The content of a cell. The words that it takes are in brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// [sum]
    SumInt,
    /// [sum]
    SumFloat,
    /// [whether there was one, value]
    MinInt,
    MinFloat,
    MaxInt,
    MaxFloat,
    First,
    /// [value]
    Last,
    /// Count, mean and squared distances from the mean (Welford 1962, as in the statistics) [count, mean,
    /// squares].
    Variance,
    /// [count, values]
    Unique,
}

impl Kept {
    pub(super) fn words(self) -> usize {
        match self {
            Kept::SumInt | Kept::SumFloat | Kept::Last => 1,
            Kept::MinInt | Kept::MinFloat | Kept::MaxInt | Kept::MaxFloat | Kept::First => 2,
            Kept::Variance => 3,
            Kept::Unique => 1 + MOST_UNIQUE,
        }
    }

    /// Adds the value of a packet. All words are zero before the first packet, and the words of other cells
    /// follow.
    #[inline]
    pub(super) fn update(self, words: &mut [Word], value: Word) {
        match (self, words) {
            (Kept::SumInt, [sum, ..]) => *sum = sum.saturating_add(value),
            (Kept::SumFloat, [sum, ..]) => *sum = word(float(*sum) + float(value)),
            (Kept::MinInt, [any, least, ..]) => replace(any, least, value, value < *least),
            (Kept::MinFloat, [any, least, ..]) => replace(any, least, value, float(value) < float(*least)),
            (Kept::MaxInt, [any, most, ..]) => replace(any, most, value, value > *most),
            (Kept::MaxFloat, [any, most, ..]) => replace(any, most, value, float(value) > float(*most)),
            (Kept::First, [any, first, ..]) => replace(any, first, value, false),
            (Kept::Last, [last, ..]) => *last = value,
            (Kept::Variance, [count, mean, squares, ..]) => {
                *count += 1;
                let delta = float(value) - float(*mean);
                let new = float(*mean) + delta / *count as f64;
                *squares = word(float(*squares) + delta * (float(value) - new));
                *mean = word(new);
            }
            (Kept::Unique, [count, values @ ..]) => add_unique(count, &mut values[..MOST_UNIQUE], value),
            _ => {}
        }
    }

    /// The result of the cell, as one word.
    pub(super) fn result(self, words: &[Word]) -> Word {
        match (self, words) {
            (Kept::Variance, [count, _, squares, ..]) => {
                word(if *count < 2 { 0.0 } else { float(*squares) / (count - 1) as f64 })
            }
            (Kept::MinInt | Kept::MinFloat | Kept::MaxInt | Kept::MaxFloat | Kept::First, [_, value, ..])
            | (_, [value, ..]) => *value,
            _ => 0,
        }
    }
}

#[inline]
fn replace(any: &mut Word, kept: &mut Word, value: Word, is_better: bool) {
    if *any == 0 || is_better {
        *any = 1;
        *kept = value;
    }
}

#[inline]
fn add_unique(count: &mut Word, values: &mut [Word], value: Word) {
    let (known, free) = values.split_at_mut((*count as usize).min(MOST_UNIQUE));
    if known.contains(&value) {
        return;
    }
    if let Some(place) = free.first_mut() {
        *place = value;
        *count += 1;
    }
}

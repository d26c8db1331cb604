//! User-defined features, each given as one expression such as `sum(raw_size >= 666)`. These columns are computed packet by
//! packet at full speed, without a plugin.
//!
//! An expression is arithmetic over *functions of packets* and *columns of the flow*:
//! `sum(payload_size) / bidirectional_bytes`. A function contains [fields of packets](FIELDS), numbers and operators. After
//! `where` comes a condition that selects the packets that count: `max(payload_size where direction == 0)`.
//!
//! - [Functions](FUNCTIONS): `count`, `sum`, `min`, `max`, `mean`, `std`, `var`, `first`, `last`, `n_unique`.
//! - Operators, as in Python: `+ - * / // %`, `< <= > >= == !=` (also in chains, `100 <= raw_size < 200`), `and or not`.
//!   Conditions count as 1 and 0 where a number is expected; a number is not a condition.
//! - Columns are all those with numbers that come before the features. A column with the same name as a field of packets
//!   is written with `flow.` before it: `flow.dst_port`.
//!
//! A function of no packets is 0, as are empty directions in the statistics. Division by zero gives 0. `/` gives a float.
//! Integers have 64 bits, and saturate instead of wrapping.
//!
//! How it works: `syntax` makes a tree of the text. `check` looks up its names and checks types. It splits the tree into the
//! work for each packet and the work for the flow at its end, with each value computed once, however many features use it.
//! `program` turns the work for each packet into a list of instructions over the words of a flow.

mod aggregate;
mod check;
mod entropy;
mod error;
mod family;
mod field;
mod node;
mod program;
mod syntax;
mod token;

use std::borrow::Cow;
use std::sync::Arc;

use self::check::{Checked, OfPackets, Source};
use self::family::Aggregates;
use self::node::{Type, Word, float, word};
use self::program::Program;
use crate::column::{Column, Kind, Value};
use crate::features::Family;

pub use self::aggregate::{FUNCTIONS, Function, MOST_UNIQUE};
pub use self::error::ExpressionError;
pub(crate) use self::error::FeatureError;
pub use self::field::{FIELDS, Field};

/// The feature columns of a run.
#[derive(Default)]
pub(crate) struct Features {
    columns: Vec<Column>,
    formulas: Vec<Checked>,
}

/// Formulas with up to this many nodes are computed without an allocation.
const FEW: usize = 32;

impl Features {
    /// Checks expressions with their names. `columns` are those before. Also returns the family of the functions of packets
    /// that the features use, if they use any.
    pub(crate) fn new(
        expressions: &[(String, String)],
        columns: &[Column],
    ) -> Result<(Self, Option<Arc<dyn Family>>), FeatureError> {
        let mut packets = OfPackets::default();
        let mut features = Self::default();
        for (name, expression) in expressions {
            if !is_identifier(name) {
                return Err(FeatureError::Name(name.clone()));
            }
            let checked = syntax::parse(expression)
                .and_then(|tree| check::check(&tree, columns, &mut packets))
                .map_err(|mistake| mistake.of(name, expression))?;
            features.columns.push(Column {
                name: Cow::Owned(name.clone()),
                kind: if checked.kind == Type::Float { Kind::Float64 } else { Kind::Int64 },
                unit: checked.unit,
                doc: Cow::Owned(expression.clone()),
            });
            features.formulas.push(checked);
        }
        let functions = (!packets.cells.is_empty()).then(|| {
            let program = Program::new(packets.nodes.as_slice(), &packets.cells);
            Arc::new(Aggregates(program)) as Arc<dyn Family>
        });
        Ok((features, functions))
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// The value of a feature, computed from the values that `source` returns.
    pub(crate) fn value(
        &self,
        index: usize,
        mut source: impl FnMut(Needed) -> Option<Word>,
    ) -> Option<Value<'static>> {
        let Checked { nodes, sources, result, kind, .. } = self.formulas.get(index)?;
        let mut few = [0; FEW];
        let mut many = Vec::new();
        let values = if let Some(few) = few.get_mut(..nodes.len()) {
            few
        } else {
            many.resize(nodes.len(), 0);
            &mut many[..]
        };
        for (place, node) in nodes.iter().enumerate() {
            let value = node.value(values, |input| {
                let needed = match sources[usize::from(input)] {
                    Source::Cell(index) => Needed::Function(index),
                    Source::Column(index) => Needed::Column(index),
                };
                source(needed).unwrap_or(0)
            });
            values[place] = value;
        }
        let value = values[usize::from(*result)];
        Some(if *kind == Type::Float { Value::Float(finite(float(value))) } else { Value::Int(value) })
    }
}

/// A value that a feature is computed from.
#[derive(Clone, Copy)]
pub(crate) enum Needed {
    /// A value of the family of functions of packets, by its index.
    Function(usize),
    /// A column, by its index.
    Column(usize),
}

/// A value as a word.
pub(crate) fn number(value: &Value<'_>) -> Word {
    match value {
        Value::Int(number) => *number,
        Value::Float(number) => word(*number),
        _ => 0,
    }
}

/// A number that every format can write.
fn finite(number: f64) -> f64 {
    if number.is_nan() { 0.0 } else { number.clamp(f64::MIN, f64::MAX) }
}

fn is_identifier(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(is_letter)
        && name.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;

//! Features of one's own in one expression, such as `sum(raw_size >= 666)`: columns that are computed packet by packet at
//! full speed, without a plugin.
//!
//! An expression is arithmetic over *functions of packets* and *columns of the flow*:
//! `sum(payload_size) / bidirectional_bytes`. Inside a function stand [fields of packets](FIELDS), numbers and operators, and
//! behind `where` a condition that says which packets count: `max(payload_size where direction == 0)`.
//!
//! - [Functions](FUNCTIONS): `count`, `sum`, `min`, `max`, `mean`, `std`, `var`, `first`, `last`, `n_unique`.
//! - Operators, as in Python: `+ - * / // %`, `< <= > >= == !=` (also in chains, `100 <= raw_size < 200`), `and or not`.
//!   Conditions count as 1 and 0 where a number is asked for; a number is no condition.
//! - Columns are all those before the features that are numbers. One that is called as a field of packets is written with
//!   `flow.` before it: `flow.dst_port`.
//!
//! Functions of no packets are 0, as are empty directions in the statistics; what is divided by zero is 0. `/` gives a
//! float. Integers have 64 bits, and stay at their ends rather than to wrap.
//!
//! How it works: `syntax` makes a tree of the text; `check` looks up its names, checks types, and splits it into what is
//! done with each packet and what with the flow at its end, each value once, whichever features it is for; `program`
//! makes of the former a list of instructions over the words of a flow.

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

/// Formulas of so few nodes are computed without an allocation.
const FEW: usize = 32;

impl Features {
    /// Checks expressions with their names. `columns` are those before. With the features comes the family of the functions of
    /// packets that they use, if they use some.
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

    /// The value of a feature, computed from what `source` gives.
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
    /// A value of the family of functions of packets: which.
    Function(usize),
    /// A column: which.
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

/// What every format can write.
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

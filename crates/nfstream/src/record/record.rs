//! Records: flows that have ended, and the schema that says which columns they have.

use std::fmt;
use std::sync::Arc;

use nfstream_dpi::{Memory, Metadata};

use super::schema::Schema;
use crate::column::Value;
use crate::error::Error;
use crate::expression::{self, Needed};
use crate::features::core::Exit;
use crate::features::prediction::{self, Inputs};
use crate::features::{Label, Parts};
use crate::flow::{ExpirationReason, Flow};

/// A flow that has ended: its identity, its totals, and a value for every column of the run's [`Schema`].
///
/// A record is two pointers, because it is moved often on its way out, and shared with threads that help to write it.
pub struct Record {
    contents: Arc<Contents>,
    /// Values that were set; hardly any record has some.
    set: Option<Set>,
}

struct Contents {
    exit: Exit,
    flow: Flow,
    parts: Parts,
    schema: Arc<Schema>,
}

/// Values that were [set](Record::with_values), with the positions of their columns.
type Set = Arc<[(usize, Value<'static>)]>;

impl Record {
    pub(crate) fn new(flow: Flow, reason: ExpirationReason, parts: Parts, schema: Arc<Schema>) -> Self {
        let exit = Exit { reason: Some(reason), ..Exit::ALIVE };
        Self { contents: Arc::new(Contents { exit, flow, parts, schema }), set: None }
    }

    pub(crate) fn set_id(&mut self, id: u64) {
        self.unshared().exit.id = id;
    }

    /// Computes the values that depend on other flows. `memory` knows the flows that were before.
    pub(crate) fn conclude(&mut self, memory: &Memory) {
        let Contents { flow, parts, .. } = self.unshared();
        parts.conclude(flow, memory);
    }

    /// Adds the values that a model is to be asked with about the flow: the numbers of the
    /// [`Prediction`](crate::Prediction)'s columns, in their order. A list adds each of its elements. Without a prediction,
    /// nothing is added.
    pub fn model_inputs(&self, inputs: &mut Vec<f64>) {
        let Some(Inputs { columns, .. }) = self.contents.schema.inputs() else { return };
        if let Some(kept) = self.contents.parts.kept_inputs() {
            inputs.extend(kept);
            return;
        }
        let values = columns.iter().filter_map(|&index| self.stored(index));
        values.for_each(|value| prediction::push(&value, inputs));
    }

    /// Sets the columns of the [`Prediction`](crate::Prediction), if there is one.
    pub fn set_prediction(&mut self, label: Label, probability: f64) {
        self.unshared().parts.set_prediction(label, probability);
    }

    /// The same records, for a thread that helps. The thread drops them before the work that it helps with is done.
    pub(crate) fn shared(records: &[Self]) -> Vec<Self> {
        let shared = |record: &Self| Self { contents: Arc::clone(&record.contents), set: record.set.clone() };
        records.iter().map(shared).collect()
    }

    fn unshared(&mut self) -> &mut Contents {
        Arc::get_mut(&mut self.contents).expect("nobody helps with a record that somebody may change")
    }

    /// Number of the record, from 0 in the order in which flows ended.
    pub fn id(&self) -> u64 {
        self.contents.exit.id
    }

    /// Why the flow ended.
    pub fn expiration_reason(&self) -> Option<ExpirationReason> {
        self.contents.exit.reason
    }

    /// The flow itself.
    pub fn flow(&self) -> &Flow {
        &self.contents.flow
    }

    /// The columns that the record has.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.contents.schema
    }

    /// The value of the column at a position, `None` after the last column.
    pub fn value(&self, index: usize) -> Option<Value<'_>> {
        let index = self.contents.schema.among_all(index)?;
        let value = self.stored(index)?;
        Some(match &self.contents.schema.anonymizer {
            Some(anonymizer) => anonymizer.shown(index, value),
            None => value,
        })
    }

    /// The plain value of the column at a position among [all](Schema::every_column) columns. It is not hidden, and is
    /// present whether the column is shown or not.
    pub fn plain_value(&self, index: usize) -> Option<Value<'_>> {
        self.stored(index)
    }

    /// The metadata read from the flow's payloads, if it was [kept](crate::StreamerBuilder::keep_l7_metadata).
    pub fn l7_metadata(&self) -> Option<&Metadata> {
        self.contents.parts.metadata()
    }

    /// Sets the reason why the flow ended, for code outside the engine that decides this.
    pub fn set_expiration_id(&mut self, expiration_id: i32) {
        self.unshared().flow.expiration_id = expiration_id;
    }

    /// The same record with other values in some columns, given by their positions among [all](Schema::every_column)
    /// columns. If a column is named twice, the last value counts. Values that are computed from a column change with it.
    ///
    /// # Errors
    /// [`Error::NotOfKind`] when a column cannot have such a value. Columns of [structs](crate::Kind::TextStruct) cannot be
    /// set.
    pub fn with_values(
        &self,
        values: impl IntoIterator<Item = (usize, Value<'static>)>,
    ) -> Result<Self, Error> {
        let schema = self.schema();
        let mut set = Vec::new();
        for (place, value) in values {
            let Some(column) = schema.columns.get(place) else { continue };
            // Hidden values are text in the end, whatever they were.
            let is_hidden = schema.anonymizer.as_ref().is_some_and(|anonymizer| anonymizer.hides(place));
            if !is_hidden && !column.kind.takes(&value) {
                return Err(Error::NotOfKind { column: column.name.to_string(), kind: column.kind });
            }
            set.push((place, value));
        }
        let set = Some(set.into());
        Ok(Self { contents: Arc::clone(&self.contents), set })
    }

    fn set_at(&self, index: usize) -> Option<Value<'_>> {
        let (_, value) = self.set.as_ref()?.iter().rfind(|(place, _)| *place == index)?;
        Some(value.clone())
    }

    fn stored(&self, index: usize) -> Option<Value<'_>> {
        if let Some(value) = self.set_at(index) {
            return Some(value);
        }
        let core = &self.contents.schema.core;
        if let Some(feature) = core.get(index) {
            return Some(feature.value(&self.contents.flow, &self.contents.exit));
        }
        let index = index - core.len();
        let Schema { places, .. } = &*self.contents.schema;
        if let Some(&(family, place)) = places.get(index) {
            return self.contents.parts.value(family, place, &self.contents.flow);
        }
        self.feature(index - places.len())
    }

    fn feature(&self, index: usize) -> Option<Value<'static>> {
        self.contents.schema.features.value(index, |needed| {
            let value = match needed {
                Needed::Function(index) => {
                    self.contents.parts.value(self.contents.schema.functions?, index, &self.contents.flow)
                }
                Needed::Column(column) => self.stored(column),
            };
            value.as_ref().map(expression::number)
        })
    }

    /// The value of the column with a name, `None` if there is no such column.
    pub fn get(&self, name: &str) -> Option<Value<'_>> {
        self.value(self.contents.schema.index_of(name)?)
    }

    /// Visits all values, in the order of the columns. This is cheaper than reading them one by one.
    pub(crate) fn for_each_value(&self, mut visit: impl FnMut(Value<'_>)) {
        if self.contents.schema.selection.is_some() {
            return self.values().for_each(visit);
        }
        let Some(anonymizer) = &self.contents.schema.anonymizer else { return self.for_each_stored(visit) };
        let mut index = 0;
        self.for_each_stored(|value| {
            visit(anonymizer.shown(index, value));
            index += 1;
        });
    }

    fn for_each_stored(&self, mut visit: impl FnMut(Value<'_>)) {
        let Contents { exit, flow, parts, schema } = &*self.contents;
        if self.set.is_some() {
            return (0..schema.columns.len()).filter_map(|index| self.stored(index)).for_each(visit);
        }
        for feature in &schema.core {
            visit(feature.value(flow, exit));
        }
        for &family in &schema.families {
            parts.for_each_value(family, flow, &mut visit);
        }
        (0..schema.features.len()).filter_map(|index| self.feature(index)).for_each(visit);
    }

    /// All values, in the order of the columns.
    pub fn values(&self) -> impl Iterator<Item = Value<'_>> {
        (0..self.contents.schema.columns().len()).filter_map(|index| self.value(index))
    }
}

/// Shows `name=value` for every column.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut record = f.debug_struct("Record");
        for (column, value) in self.contents.schema.columns().iter().zip(self.values()) {
            record.field(&column.name, &format_args!("{value}"));
        }
        record.finish()
    }
}

//! Schemas: the columns of a run's records, in order.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;

use nfstream_dpi::Memory;

use super::anonymizer::Anonymizer;
use super::selection::Selection;
use crate::column::{Column, Feature, Kind, Unit, Value};
use crate::error::Error;
use crate::expression::{self, Features, Needed};
use crate::features::core::Id;
use crate::features::prediction::Inputs;
use crate::features::{Accumulator, Family, Prediction};
use crate::flow::Flow;
use crate::unknown_column::UnknownColumn;

/// The columns of a run's records, in order.
pub struct Schema {
    pub(super) columns: Vec<Column>,
    pub(super) core: Vec<Feature<Id>>,
    /// For each column after the core's: which part of the record it is in, and which of the part's columns it is.
    pub(super) places: Vec<(usize, usize)>,
    /// What the columns after those are computed from.
    pub(super) features: Arc<Features>,
    by_name: HashMap<String, usize>,
    pub(super) anonymizer: Option<Anonymizer>,
    /// What is shown of all that, if not all.
    pub(super) selection: Option<Selection>,
    /// What a model is asked with, if there is one.
    inputs: Option<Inputs>,
}

impl Schema {
    /// The core columns followed by those of the families and the features.
    pub(crate) fn new(
        core: Vec<Feature<Id>>,
        families: &[Arc<dyn Family>],
        features: Arc<Features>,
    ) -> Result<Self, Error> {
        let mut columns: Vec<Column> = core.iter().map(|feature| feature.column.clone()).collect();
        let mut places = Vec::new();
        for (part, family) in families.iter().enumerate() {
            let own = family.columns();
            places.extend((0..own.len()).map(|index| (part, index)));
            columns.extend(own);
        }
        columns.extend_from_slice(features.columns());
        let mut by_name = HashMap::new();
        for (index, column) in columns.iter().enumerate() {
            if by_name.insert(column.name.to_string(), index).is_some() {
                return Err(Error::DuplicateColumn(column.name.to_string()));
            }
        }
        Ok(Self { columns, core, places, features, by_name, anonymizer: None, selection: None, inputs: None })
    }

    /// Finds the columns that a model is asked with. Its prediction is the last of the families.
    pub(crate) fn predict(
        &mut self,
        prediction: &Prediction,
        families: &[Arc<dyn Family>],
    ) -> Result<(), Error> {
        let part = families.len().saturating_sub(1);
        let after = prediction.packets().map(NonZeroU64::get);
        let mut columns = Vec::new();
        let is_own = |index: &usize| self.place(*index).is_some_and(|(of, _)| of == part);
        let others: Vec<Column> = (0..self.columns.len())
            .filter(|index| !is_own(index))
            .map(|index| self.columns[index].clone())
            .collect();
        let unknown = |name: &str| Error::NoColumn(UnknownColumn::new(name, &others));
        for name in prediction.inputs() {
            // A prediction cannot be made of itself.
            let index = self.index_of(name).filter(|index| !is_own(index)).ok_or_else(|| unknown(name))?;
            let kind = self.columns[index].kind;
            let of = self.place(index).map(|(part, _)| part);
            if matches!(kind, Kind::Text | Kind::TextStruct(_)) {
                return Err(Error::NotNumeric { column: name.clone(), kind });
            }
            if after.is_some() && of.is_some_and(|of| !families[of].is_known_alive()) {
                return Err(Error::KnownAtTheEnd(name.clone()));
            }
            columns.push(index);
        }
        self.inputs = Some(Inputs { columns: columns.into(), part, after });
        Ok(())
    }

    /// Which part of a record a column after the core's is in, and which of the part's columns it is.
    fn place(&self, index: usize) -> Option<(usize, usize)> {
        self.places.get(index.checked_sub(self.core.len())?).copied()
    }

    /// What a model is asked with, if there is one.
    pub(crate) fn inputs(&self) -> Option<&Inputs> {
        self.inputs.as_ref()
    }

    /// Hides the values of some columns.
    pub(crate) fn anonymize<N: AsRef<str>>(
        &mut self,
        names: impl IntoIterator<Item = N>,
        key: &[u8],
    ) -> Result<(), Error> {
        let mut hidden = vec![false; self.columns.len()];
        for name in names {
            let name = name.as_ref();
            let index = self.index_of(name);
            let index = index.ok_or_else(|| Error::NoColumn(UnknownColumn::new(name, &self.columns)))?;
            hidden[index] = true;
            self.columns[index].kind = Kind::Text;
            self.columns[index].unit = Unit::None;
        }
        self.anonymizer = Some(Anonymizer::new(hidden, key)?);
        Ok(())
    }

    /// Shows some of the columns only, in the order of their names here.
    pub(crate) fn select<N: AsRef<str>>(&mut self, names: impl IntoIterator<Item = N>) -> Result<(), Error> {
        self.selection = Some(Selection::new(names, &self.columns)?);
        Ok(())
    }

    /// Where a column that is shown is among all.
    #[inline]
    pub(crate) fn among_all(&self, index: usize) -> Option<usize> {
        match &self.selection {
            Some(selection) => selection.place(index),
            None => Some(index),
        }
    }

    /// Whether records show digests in the place of a column's values.
    pub(crate) fn is_hidden(&self, index: usize) -> bool {
        let index = self.among_all(index);
        self.anonymizer.as_ref().zip(index).is_some_and(|(anonymizer, index)| anonymizer.hides(index))
    }

    /// The value so far of a column, by its place among all, of a flow in `slot` that is alive. It is not hidden.
    pub(crate) fn live_value<'a>(
        &'a self,
        index: usize,
        slot: u32,
        flow: &'a Flow,
        accumulators: &'a mut [Box<dyn Accumulator>],
        memory: &Memory,
    ) -> Option<Value<'a>> {
        if let Some(feature) = self.core.get(index) {
            return Some(feature.value(flow, &Id::NONE));
        }
        let index = index - self.core.len();
        if let Some(&(part, place)) = self.places.get(index) {
            return accumulators.get_mut(part)?.value(slot, place, flow, memory);
        }
        self.features.value(index - self.places.len(), |needed| {
            let value = match needed {
                Needed::OfPart(part, index) => accumulators.get_mut(part)?.value(slot, index, flow, memory),
                Needed::Column(column) => self.live_value(column, slot, flow, accumulators, memory),
            };
            value.as_ref().map(expression::number)
        })
    }

    /// Whether records show digests in the place of some columns' values.
    pub fn is_anonymized(&self) -> bool {
        self.anonymizer.is_some()
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[Column] {
        self.selection.as_ref().map_or(&self.columns, Selection::columns)
    }

    /// All columns, also where only [some](crate::Streamer::selected) are shown.
    pub fn every_column(&self) -> &[Column] {
        &self.columns
    }

    /// The position of a column, by its name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        match &self.selection {
            Some(selection) => selection.index_of(name),
            None => self.by_name.get(name).copied(),
        }
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.columns()).finish()
    }
}

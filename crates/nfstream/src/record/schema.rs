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
use crate::features::core::Exit;
use crate::features::prediction::Inputs;
use crate::features::{Accumulators, Families, Handle, Prediction};
use crate::flow::Flow;
use crate::unknown_column::UnknownColumn;

/// The columns of a run's records, in order.
pub struct Schema {
    pub(super) columns: Vec<Column>,
    pub(super) core: Vec<Feature<Exit>>,
    /// The families that have columns, in order.
    pub(super) families: Vec<Handle>,
    /// For each column after the core's: its family, and its index among that family's columns.
    pub(super) places: Vec<(Handle, usize)>,
    /// The features that the columns after those are computed from.
    pub(super) features: Arc<Features>,
    /// The family with the functions of packets that the features use.
    pub(super) functions: Option<Handle>,
    by_name: HashMap<String, usize>,
    pub(super) anonymizer: Option<Anonymizer>,
    /// The columns that are shown, if not all are.
    pub(super) selection: Option<Selection>,
    /// The columns that a model is asked with, if there is one.
    inputs: Option<Inputs>,
}

impl Schema {
    /// The core columns followed by those of the families and the features.
    pub(crate) fn new(
        core: Vec<Feature<Exit>>,
        families: &Families,
        features: Arc<Features>,
    ) -> Result<Self, Error> {
        let mut columns: Vec<Column> = core.iter().map(|feature| feature.column.clone()).collect();
        let (mut handles, mut places) = (Vec::new(), Vec::new());
        for (family, own) in families.columns() {
            handles.push(family);
            places.extend((0..own.len()).map(|index| (family, index)));
            columns.extend(own);
        }
        columns.extend_from_slice(features.columns());
        let mut by_name = HashMap::new();
        for (index, column) in columns.iter().enumerate() {
            if by_name.insert(column.name.to_string(), index).is_some() {
                return Err(Error::DuplicateColumn(column.name.to_string()));
            }
        }
        let mut schema = Self {
            columns,
            core,
            families: handles,
            places,
            features,
            functions: families.functions(),
            by_name,
            anonymizer: None,
            selection: None,
            inputs: None,
        };
        if let Some(prediction) = &families.prediction {
            schema.predict(prediction)?;
        }
        Ok(schema)
    }

    /// Finds the columns that a model is asked with.
    fn predict(&mut self, prediction: &Prediction) -> Result<(), Error> {
        let after = prediction.packets().map(NonZeroU64::get);
        let mut columns = Vec::new();
        let is_own = |index: &usize| self.family(*index) == Some(Handle::Prediction);
        let others: Vec<Column> = (0..self.columns.len())
            .filter(|index| !is_own(index))
            .map(|index| self.columns[index].clone())
            .collect();
        let unknown = |name: &str| Error::NoColumn(UnknownColumn::new(name, &others));
        for name in prediction.inputs() {
            // A prediction cannot use its own columns.
            let index = self.index_of(name).filter(|index| !is_own(index)).ok_or_else(|| unknown(name))?;
            let kind = self.columns[index].kind;
            if matches!(kind, Kind::Text | Kind::TextList | Kind::TextStruct(_)) {
                return Err(Error::NotNumeric { column: name.clone(), kind });
            }
            // Columns that depend on other flows are known only at the end.
            if after.is_some() && self.family(index) == Some(Handle::Layer7) {
                return Err(Error::KnownAtTheEnd(name.clone()));
            }
            columns.push(index);
        }
        self.inputs = Some(Inputs { columns: columns.into(), after });
        Ok(())
    }

    /// The family of a column, unless the column is the core's or a feature.
    fn family(&self, index: usize) -> Option<Handle> {
        self.places.get(index.checked_sub(self.core.len())?).map(|(family, _)| *family)
    }

    /// The columns that a model is asked with, if there is one.
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

    /// Shows only some of the columns, in the order of `names`.
    pub(crate) fn select<N: AsRef<str>>(&mut self, names: impl IntoIterator<Item = N>) -> Result<(), Error> {
        self.selection = Some(Selection::new(names, &self.columns)?);
        Ok(())
    }

    /// The position among all columns of a column that is shown.
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

    /// The value so far of a column, by its position among all columns, for a live flow in `slot`. It is not hidden.
    pub(crate) fn live_value<'a>(
        &'a self,
        index: usize,
        slot: u32,
        flow: &'a Flow,
        accumulators: &'a mut Accumulators,
        memory: &Memory,
    ) -> Option<Value<'a>> {
        if let Some(feature) = self.core.get(index) {
            return Some(feature.value(flow, &Exit::ALIVE));
        }
        let index = index - self.core.len();
        if let Some(&(family, place)) = self.places.get(index) {
            return accumulators.value(family, place, slot, flow, memory);
        }
        self.features.value(index - self.places.len(), |needed| {
            let value = match needed {
                Needed::Function(index) => accumulators.value(self.functions?, index, slot, flow, memory),
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

    /// All columns, even if only [some](crate::Streamer::selected) are shown.
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

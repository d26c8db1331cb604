//! A selection of columns, in an order of its own.

use std::collections::HashMap;

use crate::column::Column;
use crate::error::Error;
use crate::unknown_column::UnknownColumn;

/// The columns of records that are shown, and their order.
pub(crate) struct Selection {
    columns: Vec<Column>,
    /// The position of each of them among all columns.
    places: Vec<usize>,
    by_name: HashMap<String, usize>,
}

impl Selection {
    pub(crate) fn new<N: AsRef<str>>(
        names: impl IntoIterator<Item = N>,
        all: &[Column],
    ) -> Result<Self, Error> {
        let mut selection = Self { columns: Vec::new(), places: Vec::new(), by_name: HashMap::new() };
        for name in names {
            let name = name.as_ref();
            let place = all.iter().position(|column| column.name == name);
            let place = place.ok_or_else(|| Error::NoColumn(UnknownColumn::new(name, all)))?;
            if selection.by_name.insert(name.to_owned(), selection.places.len()).is_some() {
                return Err(Error::SelectedTwice(name.to_owned()));
            }
            selection.columns.push(all[place].clone());
            selection.places.push(place);
        }
        if selection.places.is_empty() { Err(Error::NothingSelected) } else { Ok(selection) }
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The position among all columns of a column that is shown.
    pub(crate) fn place(&self, index: usize) -> Option<usize> {
        self.places.get(index).copied()
    }
}

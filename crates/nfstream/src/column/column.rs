//! Columns of a flow record, each declared once.
//!
//! A [`Column`] holds everything that describes it: CSV headers, Arrow schemas, Python attributes and the reference
//! page are derived from it. A [`Feature`] joins a column to the function that reads its value.

use std::borrow::Cow;

use super::value::{Kind, Unit, Value};
use crate::flow::Flow;

/// One column of a flow record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name, as in CSV headers and Python attributes.
    pub name: Cow<'static, str>,
    /// Type of the values.
    pub kind: Kind,
    /// Unit of the numbers.
    pub unit: Unit,
    /// One sentence on what the value means.
    pub doc: Cow<'static, str>,
}

/// A column and the function that reads its value from the state `S` that a plugin keeps for a flow.
pub struct Feature<S> {
    /// The column.
    pub column: Column,
    value: Box<Read<S>>,
}

type Read<S> = dyn for<'a> Fn(&'a Flow, &'a S) -> Value<'a> + Send + Sync;

impl<S> Feature<S> {
    /// Joins a column to the function that reads its value once the flow has ended.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        kind: Kind,
        unit: Unit,
        doc: impl Into<Cow<'static, str>>,
        value: impl for<'a> Fn(&'a Flow, &'a S) -> Value<'a> + Send + Sync + 'static,
    ) -> Self {
        Self { column: Column { name: name.into(), kind, unit, doc: doc.into() }, value: Box::new(value) }
    }

    /// The value for one flow.
    pub fn value<'a>(&self, flow: &'a Flow, state: &'a S) -> Value<'a> {
        (self.value)(flow, state)
    }
}

//! Verdicts: the labels of a flow, and how they came about.

use crate::vocabulary::{Category, Label};

/// The labels of a flow, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels {
    pub(crate) protocol: Label,
    pub(crate) application: Label,
    pub(crate) category: Option<Category>,
    pub(crate) confidence: Confidence,
}

/// How a verdict came about; the number is the `application_confidence` column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Confidence {
    /// There is none.
    #[default]
    Unknown = 0,
    /// By port only.
    Port = 1,
    /// By a part of what inspection needs.
    Partial = 3,
    /// By what an earlier flow of the same endpoints told, in part.
    PartialEarlierFlow = 4,
    /// By what an earlier flow of the same endpoints told.
    EarlierFlow = 5,
    /// By inspection of the payload.
    Inspection = 6,
    /// By address only.
    Address = 7,
    /// By a weak heuristic.
    Heuristic = 8,
}

/// The verdict on a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Classification {
    /// The protocol or carrier; [`Label::UNKNOWN`] when an application is recognised by itself.
    pub protocol: Label,
    /// The application above it.
    pub application: Label,
    /// What kind of thing it is.
    pub category: Category,
    /// How it came about.
    pub confidence: Confidence,
    /// Whether it is a guess by port or address.
    pub is_guessed: bool,
}

//! Verdicts: the labels of a flow, and how they were reached.

use crate::vocabulary::{Category, Label};

/// The labels of a flow, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels {
    pub(crate) protocol: Label,
    pub(crate) application: Label,
    pub(crate) category: Option<Category>,
    pub(crate) confidence: Confidence,
}

/// How a verdict was reached. The number is the `application_confidence` column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Confidence {
    /// There is no verdict.
    #[default]
    Unknown = 0,
    /// By port only.
    Port = 1,
    /// By a part of the data that inspection needs.
    Partial = 3,
    /// By a lesson from an earlier flow of the same endpoints, in part.
    PartialEarlierFlow = 4,
    /// By a lesson from an earlier flow of the same endpoints.
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
    /// The protocol or carrier; [`Label::UNKNOWN`] if an application is recognised by itself.
    pub protocol: Label,
    /// The application above the protocol.
    pub application: Label,
    /// Kind of thing that the flow is.
    pub category: Category,
    /// How the verdict was reached.
    pub confidence: Confidence,
    /// Whether the verdict is a guess by port or address.
    pub is_guessed: bool,
}

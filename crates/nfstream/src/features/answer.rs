//! Answers of models.

/// The answer of a model about a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// For [`Prediction::int`](crate::Prediction::int).
    Int(i64),
    /// For [`Prediction::text`](crate::Prediction::text).
    Text(String),
}

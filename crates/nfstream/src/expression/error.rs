//! What is wrong with an expression, and where in it.

use std::fmt;

/// Why an expression is no feature. It shows as a sentence, and below it the expression with a mark at the place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExpressionError {
    /// The feature that the expression was to be.
    pub feature: String,
    /// The expression.
    pub expression: String,
    /// Which character of the expression it is about, from 0.
    pub position: usize,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feature, expression, position, reason } = self;
        // In one line, so that the mark is below its character.
        let line: String = expression.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        writeln!(f, "feature {feature}, column {}: {reason}", position + 1)?;
        write!(f, "    {line}\n    {:position$}^", "")
    }
}

impl std::error::Error for ExpressionError {}

/// Why there can be no feature.
#[derive(Debug)]
pub(crate) enum FeatureError {
    /// Its name is none.
    Name(String),
    /// Its expression has a mistake.
    Expression(ExpressionError),
}

impl From<ExpressionError> for FeatureError {
    fn from(error: ExpressionError) -> Self {
        Self::Expression(error)
    }
}

/// A mistake at a byte of an expression.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) at: usize,
    pub(super) reason: String,
}

impl Mistake {
    pub(super) fn new(at: usize, reason: impl Into<String>) -> Self {
        Self { at, reason: reason.into() }
    }

    pub(super) fn of(self, feature: &str, expression: &str) -> ExpressionError {
        let before = expression.get(..self.at).unwrap_or(expression);
        ExpressionError {
            feature: feature.to_owned(),
            expression: expression.to_owned(),
            position: before.chars().count(),
            reason: self.reason,
        }
    }
}

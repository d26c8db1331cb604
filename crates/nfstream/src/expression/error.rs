//! Mistakes in expressions, and their positions.

use std::fmt;

use nfstream_capture::shortened;

/// Most characters of an expression that a message shows, around the mistake.
const MOST_SHOWN: usize = 160;
/// Most characters of the reason, which may repeat a name.
const LONGEST_REASON: usize = 500;

/// The reason why an expression is not a feature. It is displayed as a sentence, and below it the expression with
/// a mark at the place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExpressionError {
    /// The feature that the expression was meant to define.
    pub feature: String,
    /// The expression.
    pub expression: String,
    /// The character of the expression that the error refers to, counted from 0.
    pub position: usize,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feature, expression, position, reason } = self;
        // On one line, so that the mark is below its character.
        let line: Vec<char> = expression.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let (begin, end) = match line.len() <= MOST_SHOWN {
            true => (0, line.len()),
            false => (position.saturating_sub(MOST_SHOWN / 2), line.len().min(position + MOST_SHOWN / 2)),
        };
        let before = if begin > 0 { "…" } else { "" };
        let after = if end < line.len() { "…" } else { "" };
        let shown: String = line.get(begin..end).unwrap_or_default().iter().collect();
        let mark = before.chars().count() + position - begin;
        writeln!(f, "feature {feature}, column {}: {reason}", position + 1)?;
        write!(f, "    {before}{shown}{after}\n    {:mark$}^", "")
    }
}

impl std::error::Error for ExpressionError {}

/// The reason why a feature cannot be defined.
#[derive(Debug)]
pub(crate) enum FeatureError {
    /// The name is not valid.
    Name(String),
    /// The expression has a mistake.
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
        Self { at, reason: shortened(&reason.into(), LONGEST_REASON).into_owned() }
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

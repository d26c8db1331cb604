//! What a parameter may be set to.

use std::fmt;
use std::ops::RangeInclusive;

/// What a parameter may be set to. It shows as the end of a sentence: `a whole number of seconds from 0 to 10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// On or off.
    Switch {
        /// What it means to turn it off, where it is on by default.
        off: Option<&'static str>,
    },
    /// A whole number.
    Number {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
        /// What it counts.
        unit: Unit,
        /// Whether Python, whose numbers have no end, takes a larger one for the largest, as nfstream does.
        is_capped: bool,
    },
    /// A number that stands for one of these, in their order from 0.
    Choice(&'static [&'static str]),
    /// Text.
    Text,
    /// Paths of files.
    Paths,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Unit {
    Seconds,
    Milliseconds,
    Bytes,
    Packets,
    Flows,
    Meters,
}

impl Domain {
    pub(super) const SWITCH: Self = Self::Switch { off: None };

    pub(super) const fn number(range: RangeInclusive<u64>, unit: Unit) -> Self {
        Self::Number { least: *range.start(), most: *range.end(), unit, is_capped: false }
    }

    /// Numbers that Python takes the largest for when it gets a larger one.
    pub(super) const fn capped(range: RangeInclusive<u64>, unit: Unit) -> Self {
        Self::Number { least: *range.start(), most: *range.end(), unit, is_capped: true }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch { .. } => f.write_str("true or false"),
            Self::Number { least, most, unit, .. } => {
                write!(f, "a whole number of {unit} from {least} to {most}")
            }
            Self::Choice(choices) => {
                for (number, choice) in choices.iter().enumerate() {
                    let comma = match choices.len() - number {
                        _ if number == 0 => "",
                        1 => " or ",
                        _ => ", ",
                    };
                    write!(f, "{comma}{number} ({choice})")?;
                }
                Ok(())
            }
            Self::Text => f.write_str("text"),
            Self::Paths => f.write_str("paths of files"),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Bytes => "bytes",
            Self::Packets => "packets",
            Self::Flows => "flows",
            Self::Meters => "meters",
        })
    }
}

//! The values that a parameter may be set to.

use std::fmt;
use std::ops::RangeInclusive;

/// The values that a parameter may be set to. Displayed as the end of a sentence: `a whole number of seconds from 0 to 10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// On or off.
    Switch {
        /// The meaning of turning it off, if it is on by default.
        off: Option<&'static str>,
    },
    /// On or off; unless it is set, the profile decides: on in `accurate`, off in `nfstream`.
    ByProfile {
        /// The meaning of turning it off.
        off: &'static str,
    },
    /// A time: 0, or a number of seconds from 0.001 to this many, with a fraction if need be.
    Duration {
        /// The most seconds.
        most: u64,
    },
    /// A whole number.
    Number {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
        /// The unit of the number.
        unit: Unit,
        /// Whether Python, whose integers are unbounded, replaces a larger number by the largest, as nfstream does.
        is_capped: bool,
    },
    /// A number that stands for one of these, counted from 0.
    Choice(&'static [&'static str]),
    /// One of these names; if the names of `by_profile` are given, the profile decides unless it is set.
    Names {
        /// The names.
        names: &'static [&'static str],
        /// The defaults in the profiles `accurate` and `nfstream`.
        by_profile: Option<[&'static str; 2]>,
    },
    /// Text of one form, which the end of a sentence describes; the profile decides unless it is set.
    Form {
        /// The end of the sentence.
        form: &'static str,
        /// The defaults in the profiles `accurate` and `nfstream`.
        by_profile: [&'static str; 2],
    },
    /// Text.
    Text,
    /// Paths of files.
    Paths,
}

/// The unit of a number.
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

    pub(super) const fn names(names: &'static [&'static str]) -> Self {
        Self::Names { names, by_profile: None }
    }

    pub(super) const fn number(range: RangeInclusive<u64>, unit: Unit) -> Self {
        Self::Number { least: *range.start(), most: *range.end(), unit, is_capped: false }
    }

    /// Numbers of which Python replaces a larger one by the largest.
    pub(super) const fn capped(range: RangeInclusive<u64>, unit: Unit) -> Self {
        Self::Number { least: *range.start(), most: *range.end(), unit, is_capped: true }
    }
}

impl Domain {
    /// The values that the profiles `accurate` and `nfstream` give a parameter that is not set, in words.
    pub fn by_profile(&self) -> Option<[&'static str; 2]> {
        match self {
            Self::ByProfile { .. } => Some(["on", "off"]),
            Self::Names { by_profile, .. } => *by_profile,
            Self::Form { by_profile, .. } => Some(*by_profile),
            _ => None,
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch { .. } | Self::ByProfile { .. } => f.write_str("true or false"),
            Self::Duration { most } => write!(f, "0 or a number of seconds from 0.001 to {most}"),
            Self::Names { names, .. } => match names {
                [all @ .., last] => write!(f, "{} or {last}", all.join(", ")),
                [] => Ok(()),
            },
            Self::Form { form, .. } => f.write_str(form),
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

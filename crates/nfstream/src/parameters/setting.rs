//! The value of a parameter, whatever the type of its field.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use nfstream_capture::Stamps;

use super::domain::{Domain, Unit};
use super::profile::{Profile, TunnelTypes};
use crate::flow::{AccountingMode, Checksums, Orientation, TunnelKey};

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Nothing: the engine chooses.
    Unset,
    /// On or off.
    Switch(bool),
    /// A whole number, or the number of a choice.
    Number(u64),
    /// A time.
    Duration(Duration),
    /// Text, or a name.
    Text(String),
    /// Paths of files.
    Paths(Vec<PathBuf>),
}

impl Setting {
    /// Whether a parameter with this domain may be set to this.
    pub(super) fn is_of(&self, domain: &Domain) -> bool {
        match (self, domain) {
            (Self::Number(number), Domain::Number { least, most, .. }) => (least..=most).contains(&number),
            (Self::Number(number), Domain::Choice(choices)) => *number < choices.len() as u64,
            (Self::Duration(time), Domain::Duration { .. }) => {
                time.is_zero() || *time >= Duration::from_millis(1)
            }
            (Self::Text(name), Domain::Names { names, .. }) => names.contains(&name.as_str()),
            (Self::Unset, domain) if domain.by_profile().is_some() => true,
            (Self::Unset, Domain::Names { .. }) => true,
            (Self::Switch(_), Domain::Switch { .. } | Domain::ByProfile { .. })
            | (Self::Unset, Domain::Number { .. })
            | (Self::Text(_), Domain::Form { .. })
            | (Self::Text(_), Domain::Text)
            | (Self::Paths(_), Domain::Paths) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => f.write_str("none"),
            Self::Switch(is_on) => write!(f, "{is_on}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Duration(time) => write!(f, "{}", time.as_secs_f64()),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Paths(paths) => write!(f, "{paths:?}"),
        }
    }
}

/// A type that fields of [`Parameters`](super::Parameters) have.
pub(super) trait Field: Sized {
    fn setting(&self, domain: &Domain) -> Setting;

    /// `None` if the field cannot have this value.
    fn of(setting: Setting, domain: &Domain) -> Option<Self>;
}

impl Field for bool {
    fn setting(&self, domain: &Domain) -> Setting {
        match domain {
            Domain::Choice(_) => Setting::Number((*self).into()),
            _ => Setting::Switch(*self),
        }
    }

    fn of(setting: Setting, _: &Domain) -> Option<Self> {
        match setting {
            Setting::Switch(is_on) => Some(is_on),
            Setting::Number(number) => Some(number > 0),
            _ => None,
        }
    }
}

impl Field for Option<bool> {
    fn setting(&self, _: &Domain) -> Setting {
        self.map_or(Setting::Unset, Setting::Switch)
    }

    fn of(setting: Setting, _: &Domain) -> Option<Self> {
        match setting {
            Setting::Unset => Some(None),
            Setting::Switch(is_on) => Some(Some(is_on)),
            _ => None,
        }
    }
}

impl Field for Option<Orientation> {
    fn setting(&self, _: &Domain) -> Setting {
        self.as_ref().map_or(Setting::Unset, |orientation| Setting::Text(orientation.to_string()))
    }

    fn of(setting: Setting, _: &Domain) -> Option<Self> {
        match setting {
            Setting::Unset => Some(None),
            Setting::Text(text) => text.parse().ok().map(Some),
            _ => None,
        }
    }
}

macro_rules! names {
    ($($type:ty),+) => {$(
        impl Field for $type {
            fn setting(&self, _: &Domain) -> Setting {
                Setting::Text(self.name().to_owned())
            }

            fn of(setting: Setting, _: &Domain) -> Option<Self> {
                let Setting::Text(name) = setting else { return None };
                Self::named(&name)
            }
        }

        impl Field for Option<$type> {
            fn setting(&self, domain: &Domain) -> Setting {
                self.map_or(Setting::Unset, |value| value.setting(domain))
            }

            fn of(setting: Setting, domain: &Domain) -> Option<Self> {
                match setting {
                    Setting::Unset => Some(None),
                    setting => Field::of(setting, domain).map(Some),
                }
            }
        }
    )+};
}

names!(Checksums, Profile, TunnelKey, TunnelTypes);

impl Field for Stamps {
    fn setting(&self, _: &Domain) -> Setting {
        Setting::Switch(*self == Self::Hardware)
    }

    fn of(setting: Setting, _: &Domain) -> Option<Self> {
        let Setting::Switch(is_hardware) = setting else { return None };
        Some(if is_hardware { Self::Hardware } else { Self::Kernel })
    }
}

impl Field for AccountingMode {
    fn setting(&self, _: &Domain) -> Setting {
        Setting::Number(*self as u64)
    }

    fn of(setting: Setting, _: &Domain) -> Option<Self> {
        let Setting::Number(number) = setting else { return None };
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Field for $number {
            fn setting(&self, _: &Domain) -> Setting {
                Setting::Number(u64::try_from(*self).unwrap_or(u64::MAX))
            }

            fn of(setting: Setting, _: &Domain) -> Option<Self> {
                let Setting::Number(number) = setting else { return None };
                // With 32-bit addresses, nothing can be that numerous.
                Some(number.try_into().unwrap_or(Self::MAX))
            }
        }
    )+};
}

numbers!(u16, u32, u64, usize);

impl Field for Option<u64> {
    fn setting(&self, _: &Domain) -> Setting {
        self.map_or(Setting::Unset, Setting::Number)
    }

    fn of(setting: Setting, _: &Domain) -> Option<Self> {
        match setting {
            Setting::Unset => Some(None),
            Setting::Number(number) => Some(Some(number)),
            _ => None,
        }
    }
}

impl Field for Duration {
    fn setting(&self, domain: &Domain) -> Setting {
        if matches!(domain, Domain::Duration { .. }) {
            return Setting::Duration(*self);
        }
        let milliseconds = u64::try_from(self.as_millis()).unwrap_or(u64::MAX);
        Setting::Number(if is_in_seconds(domain) { milliseconds / 1000 } else { milliseconds })
    }

    fn of(setting: Setting, domain: &Domain) -> Option<Self> {
        let number = match setting {
            Setting::Duration(time) => return Some(time),
            Setting::Number(number) => number,
            _ => return None,
        };
        Some(if is_in_seconds(domain) { Self::from_secs(number) } else { Self::from_millis(number) })
    }
}

fn is_in_seconds(domain: &Domain) -> bool {
    matches!(domain, Domain::Number { unit: Unit::Seconds, .. })
}

impl Field for String {
    fn setting(&self, _: &Domain) -> Setting {
        Setting::Text(self.clone())
    }

    fn of(setting: Setting, _: &Domain) -> Option<Self> {
        if let Setting::Text(text) = setting { Some(text) } else { None }
    }
}

impl Field for Vec<PathBuf> {
    fn setting(&self, _: &Domain) -> Setting {
        Setting::Paths(self.clone())
    }

    fn of(setting: Setting, _: &Domain) -> Option<Self> {
        if let Setting::Paths(paths) = setting { Some(paths) } else { None }
    }
}

//! Labels: the names of protocols and applications, and what is known of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use crate::labels::{CATEGORIES, LABELS, OWN_LABELS};

/// A protocol or an application, by its id: those of nDPI 5.0 below 1000, names that it does not have from 1000 up, names of a
/// rules file from 10,000 up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub u16);

/// What the vocabulary says of a label.
#[derive(Debug)]
pub struct LabelEntry {
    /// As it stands in `application_name`.
    pub name: &'static str,
    /// As it stands in `application_category_name`, unless a host says more.
    pub category: &'static str,
    /// How safe it is to have on a network.
    pub breed: &'static str,
    /// UDP ports by which it is guessed.
    pub udp_ports: &'static [u16],
    /// TCP ports by which it is guessed.
    pub tcp_ports: &'static [u16],
}

impl Label {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self(0);

    /// Ids from here up are those of names that nDPI 5.0 does not have.
    const FIRST_OWN: u16 = 1000;

    /// Ids from here up are those of a rules file.
    pub const FIRST_CUSTOM: u16 = 10_000;

    /// What the vocabulary says; `None` for a name of a rules file.
    pub fn entry(self) -> Option<&'static LabelEntry> {
        match self.0.checked_sub(Self::FIRST_OWN) {
            None => LABELS.get(usize::from(self.0)),
            Some(nth) => OWN_LABELS.get(usize::from(nth)),
        }
    }

    /// The label with a name of the vocabulary.
    pub fn named(name: &str) -> Option<Self> {
        static BY_NAME: LazyLock<HashMap<&str, Label>> =
            LazyLock::new(|| Label::all().filter_map(|label| Some((label.entry()?.name, label))).collect());
        BY_NAME.get(name).copied()
    }

    /// The vocabulary, [`UNKNOWN`](Self::UNKNOWN) included, in the order of ids.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = Self::FIRST_OWN..Self::FIRST_OWN + OWN_LABELS.len() as u16;
        (0..LABELS.len() as u16).chain(own).map(Self)
    }

    /// Whether anything is known.
    pub fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }
}

/// What kind of thing a label stands for.
///
/// Its place in the list of names: there are many flows, each has one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Category(u8);

impl Category {
    /// The category of what is not known.
    pub const UNSPECIFIED: Self = Self::constant("Unspecified");
    /// A check whether the internet can be reached.
    pub const CONNECTIVITY_CHECK: Self = Self::constant("ConnCheck");
    /// Advertisement and tracking.
    pub const ADVERTISEMENT: Self = Self::constant("Advertisement");
    /// Programs, and whatever a client can only save.
    pub const DOWNLOAD: Self = Self::constant("Download");
    /// Sound and pictures that move.
    pub const MEDIA: Self = Self::constant("Media");
    /// The network's own workings.
    pub const NETWORK: Self = Self::constant("Network");

    /// The category with a name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        let place = CATEGORIES.binary_search(&name).ok()?;
        u8::try_from(place).ok().map(Self)
    }

    /// The category with a name that there is.
    const fn constant(name: &str) -> Self {
        let mut place = 0;
        while !is_same(CATEGORIES[place], name) {
            place += 1;
        }
        Self(place as u8)
    }

    /// The name, as it stands in `application_category_name`.
    pub fn name(self) -> &'static str {
        CATEGORIES[usize::from(self.0)]
    }
}

/// Whether two texts are one, for constants.
const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut place = 0;
    while place < a.len() && place < b.len() && a[place] == b[place] {
        place += 1;
    }
    place == a.len() && place == b.len()
}

impl Default for Category {
    fn default() -> Self {
        Self::UNSPECIFIED
    }
}

impl fmt::Debug for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        for label in Label::all() {
            let entry = label.entry().expect("it is in the vocabulary");
            assert_eq!(Label::named(entry.name), Some(label), "{}", entry.name);
            assert!(Category::named(entry.category).is_some(), "{}", entry.category);
        }
        let own = [crate::labels::L2TP, Label(Label::FIRST_OWN - 1), Label(Label::FIRST_CUSTOM)];
        assert_eq!(own.map(|label| label.entry().map(|entry| entry.name)), [Some("L2TP"), None, None]);
        assert_eq!(crate::labels::TLS.entry().map(|entry| entry.name), Some("TLS"));
    }
}

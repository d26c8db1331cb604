//! Looks up what is known of a label, and the label with a name.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::label::{Label, LabelEntry};
use super::labels::{LABELS, OWN_LABELS};

impl Label {
    /// Entry of the label in the vocabulary; `None` for a name of a rules file.
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::{Category, labels};

    #[test]
    fn names_are_unique_and_lead_back() {
        for label in Label::all() {
            let entry = label.entry().expect("it is in the vocabulary");
            assert_eq!(Label::named(entry.name), Some(label), "{}", entry.name);
            assert_eq!(Category::named(entry.category), Some(entry.kind), "{}", entry.category);
        }
        let own = [labels::L2TP, Label(Label::FIRST_OWN - 1), Label(Label::FIRST_CUSTOM)];
        assert_eq!(own.map(|label| label.entry().map(|entry| entry.name)), [Some("L2TP"), None, None]);
        assert_eq!(labels::TLS.entry().map(|entry| entry.name), Some("TLS"));
    }
}

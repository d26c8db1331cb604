//! The built-in rules. `build/rules.rs` generates them from `data/applications.toml` and
//! `data/categories.toml`.

use super::section::{Section, Text};
use crate::vocabulary::{Category, Label, labels};

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// The built-in rules of one application.
pub(super) struct Builtin {
    pub(super) label: Label,
    pub(super) category: Option<&'static str>,
    pub(super) hosts: &'static [&'static str],
    pub(super) user_agents: &'static [&'static str],
    pub(super) certificates: &'static [&'static str],
    pub(super) alpn: &'static [&'static str],
}

impl Builtin {
    pub(super) fn section(&self) -> Section {
        let texts =
            |patterns: &'static [&'static str]| patterns.iter().copied().map(Text::Borrowed).collect();
        Section {
            name: String::new(),
            hosts: texts(self.hosts),
            user_agents: texts(self.user_agents),
            certificates: texts(self.certificates),
            alpn: texts(self.alpn),
            category: self.category.and_then(Category::named),
        }
    }
}

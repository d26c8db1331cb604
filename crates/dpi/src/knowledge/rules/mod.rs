//! Rules: which application a host, a user agent, a certificate name or an ALPN protocol belongs to.
//!
//! They are data, in TOML. `data/applications.toml` and `data/categories.toml` are built in, as tables that `build/rules.rs`
//! generates from them, so that nothing is parsed at each start. A file of the user may be [added](Rules::add). Each
//! application has one table:
//!
//! ```toml
//! [Example]
//! hosts = ["example.com", "cdn*.example.net"]
//! user_agents = ["Example/"]
//! certificates = ["Example, Inc."]
//! alpn = ["example/1"]
//! category = "Cloud"
//! ```
//!
//! A host pattern stands for a domain and everything below it. A `*` in its first label stands for any run of characters,
//! dots included. If several patterns fit, the one with the longest domain without `*` decides, then the longest.

mod builtin;
mod file;
mod memory;
mod owner;
mod section;
#[cfg(test)]
mod tests;
mod user_agents;
mod wildcards;

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use memchr::memrchr_iter;

use crate::vocabulary::{Category, Label};
use file::File;
pub use file::RulesError;
use owner::Owner;
use section::{Section, Text};
use user_agents::UserAgents;
use wildcards::Wildcards;

/// The rules by which applications are recognised.
#[derive(Debug, Default)]
pub struct Rules {
    hosts: Table<Domain>,
    /// Number of labels of the pattern with the most. Earlier labels of a name need not be looked at.
    most_labels: usize,
    user_agents: UserAgents,
    certificates: Table<Label>,
    alpn: Table<Label>,
    categories: HashMap<Label, Category, FixedState>,
    /// Names that the vocabulary does not have, by id from [`Label::FIRST_CUSTOM`] up.
    custom: Vec<Box<str>>,
    custom_labels: Table<Label>,
}

/// A table that is hashed without randomness: its keys come from the rules, and names from packets are only looked up.
type Table<T> = HashMap<Text, T, FixedState>;

/// The answer of the rules for a host name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostMatch {
    /// Application that the host belongs to; [`Label::UNKNOWN`] if no rule says.
    pub application: Label,
    /// Purpose of the host, if that differs from the application's category.
    pub category: Option<Category>,
}

impl Rules {
    /// The built-in rules.
    pub fn builtin() -> Self {
        let mut rules = Self::default();
        rules.hosts.reserve(builtin::HOSTS);
        for application in builtin::APPLICATIONS {
            rules.add_application(application.label, application.section());
        }
        for (category, hosts) in builtin::CATEGORIES {
            rules.add_category(category, hosts);
        }
        rules
    }

    /// Adds the rules of a file, given as its text and its name. A pattern that already exists belongs to this file from now
    /// on.
    ///
    /// An application that the vocabulary does not have becomes a new label, from [`Label::FIRST_CUSTOM`] up in the order of
    /// the file. Its category is "Web" unless the file says otherwise.
    ///
    /// # Errors
    /// Anything that is not a rule or occurs twice. Nothing of such a file is added.
    pub fn add(&mut self, toml: &str, file: &str) -> Result<(), RulesError> {
        let file = File { toml, name: file };
        let sections = file.sections()?;
        let unknown = sections.iter().filter(|section| !self.label(&section.name).is_known()).count();
        if usize::from(Label::FIRST_CUSTOM) + self.custom.len() + unknown > usize::from(u16::MAX) {
            return Err(file.error(0, "too many applications: at most 55,535 can be added".into()));
        }

        for section in sections {
            let label = self.label_or_new(&section.name);
            self.add_application(label, section);
        }
        Ok(())
    }

    /// Builds the search for user agents now, so that no packet has to wait for it.
    pub(crate) fn prepare(&self) {
        self.user_agents.prepare();
    }

    /// Looks up a host name in the rules. The name is in lower case and without a port; it may end in a dot.
    pub fn host(&self, name: &str) -> HostMatch {
        let name = name.strip_suffix('.').unwrap_or(name);
        let mut found = HostMatch::default();
        let mut domain = self.last_labels(name);
        loop {
            let below = || name.strip_suffix(domain).unwrap_or_default().trim_end_matches('.');
            if let Some(rules) = self.hosts.get(domain) {
                let wildcards = rules.below.iter().flat_map(|wildcards| wildcards.fitting(below()));
                for owner in wildcards.chain([&rules.itself]) {
                    found.category = found.category.or(owner.category);
                    if let Some(application) = owner.application {
                        return HostMatch { application, ..found };
                    }
                }
            }
            let Some((_, parent)) = domain.split_once('.') else { return found };
            domain = parent;
        }
    }

    /// The application that sends a user agent. If several patterns are in it, the longest decides.
    pub fn user_agent(&self, user_agent: &[u8]) -> Label {
        self.user_agents.longest_in(user_agent)
    }

    /// The application whose certificates have a name as their subject's organisation or common name.
    pub fn certificate(&self, name: &str) -> Label {
        self.certificates.get(name).copied().unwrap_or_default()
    }

    /// The application that a protocol name of ALPN (RFC 7301) belongs to.
    pub fn alpn(&self, protocol: &[u8]) -> Label {
        let protocol = std::str::from_utf8(protocol).unwrap_or_default();
        self.alpn.get(protocol).copied().unwrap_or_default()
    }

    /// Name of a label, from the vocabulary or the rules; "Unknown" for a label that nobody made.
    pub fn name(&self, label: Label) -> &str {
        if let Some(entry) = label.entry() {
            return entry.name;
        }
        let nth = label.0.checked_sub(Label::FIRST_CUSTOM);
        nth.and_then(|nth| self.custom.get(usize::from(nth))).map_or("Unknown", |name| name)
    }

    /// Category of a label: from the rules, or else from the vocabulary.
    pub fn category(&self, label: Label) -> Category {
        let vocabulary = || label.entry().map(|entry| entry.kind);
        self.categories.get(&label).copied().or_else(vocabulary).unwrap_or(Category::UNSPECIFIED)
    }

    /// The label with a name, from the vocabulary or the rules; [`Label::UNKNOWN`] if there is none.
    pub fn label(&self, name: &str) -> Label {
        let custom = || self.custom_labels.get(name).copied();
        Label::named(name).or_else(custom).unwrap_or(Label::UNKNOWN)
    }

    /// Bytes of memory that the rules take.
    pub fn memory(&self) -> usize {
        let hosts = memory::of_texts(self.hosts.keys()) + memory::of_table(&self.hosts);
        let wildcards = self.hosts.values().filter_map(|domain| domain.below.as_deref());
        let labels = [&self.certificates, &self.alpn, &self.custom_labels]
            .map(|table| memory::of_texts(table.keys()) + memory::of_table(table));
        let custom = self.custom.iter().map(|name| memory::of_block(name.len()) + size_of::<Box<str>>());
        hosts
            + wildcards.map(Wildcards::memory).sum::<usize>()
            + self.user_agents.memory()
            + labels.iter().sum::<usize>()
            + memory::of_table(&self.categories)
            + custom.sum::<usize>()
    }

    /// Labels of names that the vocabulary does not have.
    pub(crate) fn custom_labels(&self) -> impl Iterator<Item = Label> {
        (0..self.custom.len()).map(custom_label)
    }

    /// Number of patterns of each kind, for each label.
    pub(crate) fn ways(&self) -> BTreeMap<Label, [usize; 4]> {
        let of_domain = |domain: &'_ Domain| -> Vec<Label> {
            let wildcards = domain.below.iter().flat_map(|wildcards| wildcards.owners());
            let owners = wildcards.chain([&domain.itself]);
            owners.filter_map(|owner| owner.application).collect()
        };
        let hosts = self.hosts.values().flat_map(of_domain).map(|label| (0, label));
        let user_agents = self.user_agents.labels().map(|label| (1, label));
        let certificates = self.certificates.values().map(|label| (2, *label));
        let alpn = self.alpn.values().map(|label| (3, *label));
        let mut ways = BTreeMap::<Label, [usize; 4]>::new();
        for (kind, label) in hosts.chain(user_agents).chain(certificates).chain(alpn) {
            ways.entry(label).or_default()[kind] += 1;
        }
        ways
    }

    /// The end of a name, with as many labels as the longest pattern has.
    fn last_labels<'n>(&self, name: &'n str) -> &'n str {
        let dot = memrchr_iter(b'.', name.as_bytes()).nth(self.most_labels.saturating_sub(1));
        dot.and_then(|dot| name.get(dot + 1..)).unwrap_or(name)
    }

    fn add_application(&mut self, label: Label, section: Section) {
        if let Some(category) = section.category {
            self.categories.insert(label, category);
        }
        for host in section.hosts {
            self.owner(host).application = Some(label);
        }
        for pattern in section.user_agents {
            self.user_agents.add(pattern, label);
        }
        self.certificates.extend(section.certificates.into_iter().map(|name| (name, label)));
        self.alpn.extend(section.alpn.into_iter().map(|protocol| (protocol, label)));
    }

    /// Adds hosts by their purpose.
    fn add_category(&mut self, name: &str, hosts: &[&'static str]) {
        let category = Category::named(name);
        for host in hosts {
            self.owner(Text::Borrowed(*host)).category = category;
        }
    }

    fn label_or_new(&mut self, name: &str) -> Label {
        let known = self.label(name);
        if known.is_known() {
            return known;
        }
        let label = custom_label(self.custom.len());
        self.custom.push(name.into());
        self.custom_labels.insert(Text::Owned(name.to_owned()), label);
        self.categories.extend(Category::named("Web").map(|web| (label, web)));
        label
    }

    /// The owner of a host pattern, to be filled in.
    fn owner(&mut self, pattern: Text) -> &mut Owner {
        self.most_labels = self.most_labels.max(pattern.split('.').count());
        match pattern.split_once('.') {
            Some((first, parent)) if first.contains('*') => {
                let (first, parent) = (first.to_owned(), Text::Owned(parent.to_owned()));
                self.hosts.entry(parent).or_default().below.get_or_insert_default().owner(first)
            }
            _ => &mut self.hosts.entry(pattern).or_default().itself,
        }
    }
}

/// Label of the nth name of the rules. [`Rules::add`] makes sure that there are not too many.
fn custom_label(nth: usize) -> Label {
    Label(Label::FIRST_CUSTOM + nth as u16)
}

/// The rules for one domain.
#[derive(Debug, Default)]
struct Domain {
    itself: Owner,
    /// Rules for names below the domain, by pattern. Few domains have any.
    below: Option<Box<Wildcards>>,
}

//! Rules: which application a host, a user agent, a certificate name or an ALPN protocol belongs to.
//!
//! They are data, in TOML: `data/applications.toml` and `data/categories.toml` are built in, a file of the user's own may be
//! [added](Rules::add). One table for each application:
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
//! A host pattern stands for a domain and everything below it. A `*` in its first label stands for any run of characters of
//! that label. Where several patterns fit, the longest decides.

mod file;

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::FixedState;
use memchr::memmem::Finder;
use memchr::memrchr_iter;

use crate::label::{Category, Label};
use file::{File, Section};

const APPLICATIONS: &str = include_str!("../data/applications.toml");
const CATEGORIES: &str = include_str!("../data/categories.toml");

/// The rules by which applications are recognised.
#[derive(Debug, Default)]
pub struct Rules {
    hosts: Table<Domain>,
    /// Of the pattern that has the most: what stands before those of a name need not be looked at.
    most_labels: usize,
    /// The longest pattern first.
    user_agents: Vec<(Finder<'static>, Label)>,
    certificates: Table<Label>,
    alpn: Table<Label>,
    categories: HashMap<Label, Category, FixedState>,
    /// Names that the vocabulary does not have, by id from [`Label::FIRST_CUSTOM`] up.
    custom: Vec<Box<str>>,
}

/// Hashed without chance: the keys are those of the rules, names from packets are only looked up.
type Table<T> = HashMap<Box<str>, T, FixedState>;

/// What a host name says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostMatch {
    /// Whose host it is; [`Label::UNKNOWN`] if no rule says.
    pub application: Label,
    /// What the host is for, where that is something else than the application's category.
    pub category: Option<Category>,
}

/// Why a file of rules cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
#[non_exhaustive]
pub struct RulesError {
    /// Name of the file, as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong there, and what would be right.
    pub reason: String,
}

impl Rules {
    /// The built-in rules.
    pub fn builtin() -> Self {
        let mut rules = Self::default();
        let added = rules
            .add(APPLICATIONS, "applications.toml")
            .and_then(|()| rules.add_categories(CATEGORIES, "categories.toml"));
        debug_assert_eq!(added, Ok(()), "the files are compiled in and tested");
        rules
    }

    /// Adds the rules of a file, given as its text and its name. A pattern that is there already is from now on this file's.
    ///
    /// An application that the vocabulary does not have becomes a new label, from [`Label::FIRST_CUSTOM`] up in the order of
    /// the file; its category is "Web" unless the file says otherwise.
    ///
    /// # Errors
    /// Whatever is not a rule or stands there twice. Nothing of such a file is added.
    pub fn add(&mut self, toml: &str, file: &str) -> Result<(), RulesError> {
        let file = File { toml, name: file };
        let sections = file.sections()?;
        let unknown = sections.iter().filter(|section| !self.label(&section.name).is_known()).count();
        if usize::from(Label::FIRST_CUSTOM) + self.custom.len() + unknown > usize::from(u16::MAX) {
            return Err(file.error(0, "there are more applications than labels: 64,535 can be added".into()));
        }

        for section in sections {
            self.add_application(section);
        }
        self.user_agents.sort_by_key(|(pattern, _)| Reverse(pattern.needle().len()));
        Ok(())
    }

    /// What a host name says. The name is in lower case and without a port; it may end in a dot.
    pub fn host(&self, name: &str) -> HostMatch {
        let name = name.strip_suffix('.').unwrap_or(name);
        let mut found = HostMatch::default();
        let (mut below, mut domain) = ("", self.last_labels(name));
        loop {
            for owner in self.hosts.get(domain).into_iter().flat_map(|rules| rules.owners(below)) {
                found.category = found.category.or(owner.category);
                if let Some(application) = owner.application {
                    return HostMatch { application, ..found };
                }
            }
            let Some((first, parent)) = domain.split_once('.') else { return found };
            (below, domain) = (first, parent);
        }
    }

    /// The application that sends a user agent; of several patterns in it, the longest decides.
    pub fn user_agent(&self, user_agent: &[u8]) -> Label {
        let found = self.user_agents.iter().find(|(pattern, _)| pattern.find(user_agent).is_some());
        found.map_or(Label::UNKNOWN, |(_, label)| *label)
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

    /// A label's name, of the vocabulary or of the rules; "Unknown" for one that nobody made.
    pub fn name(&self, label: Label) -> &str {
        if let Some(entry) = label.entry() {
            return entry.name;
        }
        let nth = label.0.checked_sub(Label::FIRST_CUSTOM);
        nth.and_then(|nth| self.custom.get(usize::from(nth))).map_or("Unknown", |name| name)
    }

    /// A label's own category: the rules', else the vocabulary's.
    pub fn category(&self, label: Label) -> Category {
        let vocabulary = || label.entry().and_then(|entry| Category::named(entry.category));
        self.categories.get(&label).copied().or_else(vocabulary).unwrap_or(Category::UNSPECIFIED)
    }

    /// The label with a name, of the vocabulary or of the rules; [`Label::UNKNOWN`] if there is none.
    pub fn label(&self, name: &str) -> Label {
        let custom = || self.custom.iter().position(|custom| **custom == *name).map(custom_label);
        Label::named(name).or_else(custom).unwrap_or(Label::UNKNOWN)
    }

    /// The end of a name, as much of it as the longest pattern has.
    fn last_labels<'n>(&self, name: &'n str) -> &'n str {
        let dot = memrchr_iter(b'.', name.as_bytes()).nth(self.most_labels.saturating_sub(1));
        dot.and_then(|dot| name.get(dot + 1..)).unwrap_or(name)
    }

    fn add_application(&mut self, section: Section) {
        let label = self.label_or_new(&section.name);
        if let Some(category) = section.category {
            self.categories.insert(label, category);
        }
        for host in section.hosts {
            self.owner(&host).application = Some(label);
        }
        for pattern in section.user_agents {
            self.user_agents.retain(|(other, _)| other.needle() != pattern.as_bytes());
            self.user_agents.push((Finder::new(&pattern).into_owned(), label));
        }
        self.certificates.extend(section.certificates.into_iter().map(|name| (name.into(), label)));
        self.alpn.extend(section.alpn.into_iter().map(|protocol| (protocol.into(), label)));
    }

    fn label_or_new(&mut self, name: &str) -> Label {
        let known = self.label(name);
        if known.is_known() {
            return known;
        }
        let label = custom_label(self.custom.len());
        self.custom.push(name.into());
        self.categories.extend(Category::named("Web").map(|web| (label, web)));
        label
    }

    /// Adds a table of hosts by what they are for.
    fn add_categories(&mut self, toml: &str, file: &str) -> Result<(), RulesError> {
        for section in (File { toml, name: file }).sections()? {
            let category = Category::named(&section.name);
            for host in section.hosts {
                self.owner(&host).category = category;
            }
        }
        Ok(())
    }

    /// What is known of a host pattern: to be filled in.
    fn owner(&mut self, pattern: &str) -> &mut Owner {
        self.most_labels = self.most_labels.max(pattern.split('.').count());
        match pattern.split_once('.') {
            Some((first, parent)) if first.contains('*') => self.domain(parent).wildcard(first),
            _ => &mut self.domain(pattern).itself,
        }
    }

    fn domain(&mut self, name: &str) -> &mut Domain {
        self.hosts.entry(name.into()).or_default()
    }
}

/// The label of the nth name of the rules; [`Rules::add`] sees to it that there are not too many.
fn custom_label(nth: usize) -> Label {
    Label(Label::FIRST_CUSTOM + nth as u16)
}

/// What the rules say of a domain.
#[derive(Debug, Default)]
struct Domain {
    itself: Owner,
    /// The labels below it by pattern, the longest first.
    below: Vec<(Wildcard, Owner)>,
}

/// Whose a domain is, and what for.
#[derive(Clone, Copy, Debug, Default)]
struct Owner {
    application: Option<Label>,
    category: Option<Category>,
}

impl Domain {
    /// What fits a name whose label below this domain is given ("" for the domain itself), the more specific first.
    fn owners(&self, label: &str) -> impl Iterator<Item = &Owner> {
        let below = self.below.iter().filter(move |(pattern, _)| pattern.fits(label)).map(|(_, owner)| owner);
        below.chain([&self.itself])
    }

    fn wildcard(&mut self, label: &str) -> &mut Owner {
        let (start, end) = label.split_once('*').unwrap_or((label, ""));
        let pattern = Wildcard { start: start.into(), end: end.into() };
        let at = match self.below.iter().position(|(other, _)| *other == pattern) {
            Some(at) => at,
            None => {
                let at = self.below.partition_point(|(other, _)| other.len() >= pattern.len());
                self.below.insert(at, (pattern, Owner::default()));
                at
            }
        };
        &mut self.below[at].1
    }
}

/// A label with a `*`: what stands before it and behind it.
#[derive(Debug, PartialEq, Eq)]
struct Wildcard {
    start: Box<str>,
    end: Box<str>,
}

impl Wildcard {
    fn len(&self) -> usize {
        self.start.len() + self.end.len()
    }

    fn fits(&self, label: &str) -> bool {
        !label.is_empty() && label.strip_prefix(&*self.start).is_some_and(|rest| rest.ends_with(&*self.end))
    }
}

//! Finds the application that sends a user agent. One pass searches for all patterns.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use foldhash::fast::FixedState;

use super::memory;
use super::section::Text;
use crate::vocabulary::Label;

/// Patterns, each with its application.
#[derive(Debug, Default)]
pub(super) struct UserAgents {
    patterns: HashMap<Text, Pattern, FixedState>,
    /// Built once the patterns are complete.
    finder: OnceLock<Finder>,
}

/// The application of a pattern.
#[derive(Debug)]
struct Pattern {
    /// Number of patterns that were there before.
    number: usize,
    label: Label,
}

/// The search for the patterns.
#[derive(Debug)]
struct Finder {
    /// Finds patterns by their place in `longest_first`.
    automaton: Option<AhoCorasick>,
    longest_first: Vec<Label>,
}

impl UserAgents {
    /// Adds a pattern, or gives it to another application.
    pub(super) fn add(&mut self, pattern: Text, label: Label) {
        self.finder.take();
        let number = self.patterns.len();
        self.patterns.entry(pattern).or_insert(Pattern { number, label }).label = label;
    }

    /// Builds the search for the patterns, if it does not exist yet.
    pub(super) fn prepare(&self) {
        self.finder.get_or_init(|| self.finder());
    }

    fn finder(&self) -> Finder {
        let mut order: Vec<(&Text, &Pattern)> = self.patterns.iter().collect();
        order.sort_unstable_by_key(|(text, pattern)| (Reverse(text.len()), pattern.number));
        // It is built at each start, and used once for a flow. Other kinds take longer to build than they
        // save.
        let kind = Some(AhoCorasickKind::NoncontiguousNFA);
        let texts = order.iter().map(|(text, _)| text.as_bytes());
        // Building fails at 2^31 bytes of patterns, which no rules file has.
        let automaton = AhoCorasick::builder().kind(kind).build(texts).ok();
        Finder { automaton, longest_first: order.iter().map(|(_, pattern)| pattern.label).collect() }
    }

    /// The application of the longest pattern in a user agent.
    pub(super) fn longest_in(&self, user_agent: &[u8]) -> Label {
        let Finder { automaton, longest_first } = self.finder.get_or_init(|| self.finder());
        let found = automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(user_agent));
        let first = found.map(|found| found.pattern().as_usize()).min();
        first.and_then(|first| longest_first.get(first).copied()).unwrap_or_default()
    }

    /// The application of each pattern.
    pub(super) fn labels(&self) -> impl Iterator<Item = Label> {
        self.patterns.values().map(|pattern| pattern.label)
    }

    /// Bytes of memory that the patterns and their search take.
    pub(super) fn memory(&self) -> usize {
        let of_finder = self.finder.get().map_or(0, |Finder { automaton, longest_first }| {
            automaton.as_ref().map_or(0, AhoCorasick::memory_usage)
                + longest_first.capacity() * size_of::<Label>()
        });
        memory::of_texts(self.patterns.keys()) + memory::of_table(&self.patterns) + of_finder
    }
}

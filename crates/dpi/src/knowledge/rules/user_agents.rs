//! Which application sends a user agent: all patterns are looked for in one pass.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use foldhash::fast::FixedState;

use super::section::Text;
use crate::vocabulary::Label;

/// Patterns, each with its application.
#[derive(Debug, Default)]
pub(super) struct UserAgents {
    patterns: Vec<(Text, Label)>,
    /// The place of each pattern.
    places: HashMap<Text, usize, FixedState>,
    /// Made once they are complete.
    finder: OnceLock<Finder>,
}

/// What finds the patterns.
#[derive(Debug)]
struct Finder {
    /// Finds them by their place in `longest_first`.
    automaton: Option<AhoCorasick>,
    longest_first: Vec<Label>,
}

impl UserAgents {
    /// Adds a pattern, or gives it to another application.
    pub(super) fn add(&mut self, pattern: Text, label: Label) {
        self.finder.take();
        match self.places.get(&pattern) {
            Some(&place) => self.patterns[place].1 = label,
            None => {
                self.places.insert(pattern.clone(), self.patterns.len());
                self.patterns.push((pattern, label));
            }
        }
    }

    /// Makes what finds the patterns, if it is not there yet.
    pub(super) fn prepare(&self) {
        self.finder.get_or_init(|| self.finder());
    }

    fn finder(&self) -> Finder {
        let mut order: Vec<&(Text, Label)> = self.patterns.iter().collect();
        order.sort_by_key(|(pattern, _)| Reverse(pattern.len()));
        // It is made at each start, and asked once for a flow: other kinds take longer to make than they save.
        let kind = Some(AhoCorasickKind::NoncontiguousNFA);
        let patterns = order.iter().map(|(pattern, _)| pattern.as_bytes());
        // It fails at 2^31 bytes of patterns, which no file of rules has.
        let automaton = AhoCorasick::builder().kind(kind).build(patterns).ok();
        Finder { automaton, longest_first: order.iter().map(|(_, label)| *label).collect() }
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
        self.patterns.iter().map(|(_, label)| *label)
    }
}

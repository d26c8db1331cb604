//! Host patterns with a `*`, below one domain.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::iter;

use foldhash::fast::FixedState;

use super::memory;
use super::owner::Owner;

/// Patterns of a label with one `*`, as in `cdn*-eu`. They are found by their text: a name is cut at each length that some
/// start has and at each length that some end has, and the result is looked up.
#[derive(Debug, Default)]
pub(super) struct Wildcards {
    owners: Vec<(usize, Owner)>,
    /// Place of each pattern.
    places: HashMap<Box<str>, usize, FixedState>,
    /// Lengths of the parts before the `*`.
    starts: Lengths,
    /// Lengths of the parts after the `*`.
    ends: Lengths,
}

/// A set of lengths. A label has 63 octets at most.
#[derive(Clone, Copy, Debug, Default)]
struct Lengths(u64);

impl Lengths {
    fn add(&mut self, length: usize) {
        self.0 |= 1 << length;
    }

    fn up_to(self, longest: usize) -> impl Iterator<Item = usize> {
        (0..64.min(longest + 1)).filter(move |length| self.0 >> length & 1 == 1)
    }
}

impl Wildcards {
    /// The owner of a pattern, to be filled in.
    pub(super) fn owner(&mut self, pattern: String) -> &mut Owner {
        let next = self.owners.len();
        let place = *self.places.entry(pattern.into_boxed_str()).or_insert_with_key(|pattern| {
            let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
            self.starts.add(start.len());
            self.ends.add(end.len());
            self.owners.push((pattern.len(), Owner::default()));
            next
        });
        &mut self.owners[place].1
    }

    /// Bytes of memory that the patterns take.
    pub(super) fn memory(&self) -> usize {
        let texts = self.places.keys().map(|pattern| memory::of_block(pattern.len()));
        size_of::<Self>()
            + self.owners.capacity() * size_of::<(usize, Owner)>()
            + memory::of_table(&self.places)
            + texts.sum::<usize>()
    }

    /// The owners of all patterns.
    pub(super) fn owners(&self) -> impl Iterator<Item = &Owner> {
        self.owners.iter().map(|(_, owner)| owner)
    }

    /// The owners of the patterns that a name fits, the longest pattern first. A `*` stands for any run of characters, dots
    /// included. The pattern begins where some label of the name begins.
    pub(super) fn fitting(&self, name: &str) -> Vec<&Owner> {
        let mut places: Vec<usize> = Vec::new();
        if self.owners.is_empty() || name.is_empty() {
            return Vec::new();
        }
        let mut pattern = String::with_capacity(64);
        for end in self.ends.up_to(name.len()) {
            let Some((middle, end)) = name.split_at_checked(name.len() - end) else { continue };
            let parents =
                iter::successors(Some(middle), |name| name.split_once('.').map(|(_, parent)| parent));
            for parent in parents {
                for start in self.starts.up_to(parent.len()) {
                    let Some(start) = parent.get(..start) else { continue };
                    pattern.clear();
                    pattern.extend([start, "*", end]);
                    places.extend(self.places.get(&*pattern));
                }
            }
        }
        places.sort_unstable_by_key(|&place| (Reverse(self.owners[place].0), place));
        places.dedup();
        places.into_iter().map(|place| &self.owners[place].1).collect()
    }
}

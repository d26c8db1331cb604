//! What happened in a connection, in letters, as Zeek's documentation of `history` has it.

use std::borrow::Cow;

use crate::flow::Direction;

/// Most letters that are kept.
const MOST: usize = 31;

/// Letters in the order of events: upper case for the flow's source, lower case for its destination.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    letters: [u8; MOST],
    length: u8,
}

impl History {
    /// Adds a letter, given in upper case.
    pub(super) fn add(&mut self, letter: u8, direction: Direction) {
        if let Some(place) = self.letters.get_mut(usize::from(self.length)) {
            *place = match direction {
                Direction::SrcToDst => letter,
                Direction::DstToSrc => letter.to_ascii_lowercase(),
            };
            self.length += 1;
        }
    }

    /// Adds a letter for the `count`th event of a kind that is recorded at 1, 10, 100, ...
    pub(super) fn add_by_count(&mut self, letter: u8, direction: Direction, count: u32) {
        let mut rest = count;
        while rest >= 10 && rest.is_multiple_of(10) {
            rest /= 10;
        }
        if rest == 1 {
            self.add(letter, direction);
        }
    }

    /// The letters with upper case for the originator; with `^` before them if the first segment is not the
    /// originator's.
    pub(super) fn text(&self, originator: Direction, first: Direction) -> Cow<'static, str> {
        let letters = self.letters[..usize::from(self.length)].iter();
        let flip = if originator == Direction::SrcToDst { 0 } else { 0x20 };
        let flipped = (originator != first).then_some('^');
        Cow::Owned(flipped.into_iter().chain(letters.map(|letter| char::from(letter ^ flip))).collect())
    }
}

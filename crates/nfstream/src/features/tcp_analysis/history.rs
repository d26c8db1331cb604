//! What happened in a connection, in letters, as Zeek's documentation of `history` has it.

use super::segment::Segment;
use crate::flow::Direction;

/// Most letters that are kept.
const MOST: usize = 31;

/// Letters that are recorded once for each side, as bits.
pub(super) mod once {
    pub(in super::super) const ACK: u8 = 1;
    pub(in super::super) const DATA: u8 = 2;
    pub(in super::super) const FIN_AND_RST: u8 = 4;
    pub(in super::super) const SYN_AND_OTHER: u8 = 8;
}

/// What was recorded of one side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Letters {
    pub(super) once: u8,
    /// Sequence numbers of the last SYN, SYN-ACK, FIN and RST.
    pub(super) last: [Option<u32>; 4],
    pub(super) repeats: u32,
    pub(super) gaps: u32,
}

impl Letters {
    /// Whether data or, for an empty segment, an acknowledgment was recorded.
    #[inline(always)]
    pub(super) fn has_kind_of(&self, segment: &Segment<'_>) -> bool {
        self.once & if segment.length > 0 { once::DATA } else { once::ACK } != 0
    }
}

/// Letters in the order of events: upper case for the originator, lower case for the responder.
#[derive(Clone, Debug)]
pub(super) struct History {
    /// The mark of a responder that began, and the letters.
    letters: [u8; 1 + MOST],
    length: u8,
    /// The bits that make the letter of a direction upper or lower case.
    cases: [u8; 2],
}

/// The bit that makes a letter lower case.
const LOWER: u8 = 0x20;

impl Default for History {
    fn default() -> Self {
        let mut letters = [0; 1 + MOST];
        letters[0] = b'^';
        Self { letters, length: 0, cases: [0, LOWER] }
    }
}

impl History {
    /// Makes the letters of this direction upper case, in place of those of the flow's source.
    pub(super) fn set_originator(&mut self, direction: Direction) {
        if direction == Direction::DstToSrc {
            self.cases = [LOWER, 0];
            self.letters[1..=usize::from(self.length)].iter_mut().for_each(|letter| *letter ^= LOWER);
        }
    }

    /// Adds a letter, given in upper case.
    pub(super) fn add(&mut self, letter: u8, direction: Direction) {
        if let Some(place) = self.letters.get_mut(1 + usize::from(self.length)) {
            *place = letter | self.cases[direction as usize];
            self.length += 1;
        }
    }

    /// Adds a letter for the `count`th event of a kind that is recorded at 1, 10, 100, ...
    #[inline(always)]
    pub(super) fn add_by_count(&mut self, letter: u8, direction: Direction, count: u32) {
        if count == 1 || count.is_multiple_of(10) {
            self.add_by_power(letter, direction, count);
        }
    }

    #[inline(never)]
    fn add_by_power(&mut self, letter: u8, direction: Direction, count: u32) {
        let mut rest = count;
        while rest >= 10 && rest.is_multiple_of(10) {
            rest /= 10;
        }
        if rest == 1 {
            self.add(letter, direction);
        }
    }

    /// The letters; with `^` before them if the first segment is not the originator's.
    pub(super) fn text(&self, is_flipped: bool) -> &str {
        let letters = &self.letters[usize::from(!is_flipped)..=usize::from(self.length)];
        std::str::from_utf8(letters).unwrap_or_default()
    }
}

//! Gaps in a stream: bytes that were skipped and have not come yet.

use super::sequence::{distance, first, is_before, last};

/// Most gaps of a direction that are open at a time; the oldest then counts as lost.
const MOST: usize = 32;

/// The gaps of one direction.
#[derive(Clone, Debug)]
pub(super) struct Gaps {
    /// Start and end of the open gaps, in the order of the stream.
    open: [(u32, u32); MOST],
    length: usize,
    /// Gaps that no longer wait for their bytes.
    given_up: u32,
    given_up_bytes: u64,
    /// Up to here, the receiver has acknowledged the stream.
    acknowledged: u32,
}

impl Gaps {
    /// A gap as the first.
    pub(super) fn beginning(start: u32, end: u32) -> Self {
        let mut gaps =
            Self { open: [(0, 0); MOST], length: 0, given_up: 0, given_up_bytes: 0, acknowledged: start };
        gaps.add(start, end);
        gaps
    }

    /// Adds a gap after all others.
    pub(super) fn add(&mut self, start: u32, end: u32) {
        self.insert(self.length, start, end);
    }

    fn insert(&mut self, mut at: usize, start: u32, end: u32) {
        if self.length == MOST {
            self.give_up_oldest();
            at = at.saturating_sub(1);
        }
        self.open.copy_within(at..self.length, at + 1);
        self.open[at] = (start, end);
        self.length += 1;
    }

    fn remove(&mut self, at: usize) {
        self.open.copy_within(at + 1..self.length, at);
        self.length -= 1;
    }

    fn give_up_oldest(&mut self) {
        let (start, end) = self.open[0];
        self.given_up += 1;
        self.given_up_bytes += u64::from(end.wrapping_sub(start));
        self.remove(0);
    }

    /// Gives up all gaps: the stream begins anew.
    pub(super) fn give_up(&mut self) {
        while self.length > 0 {
            self.give_up_oldest();
        }
    }

    /// Fills gaps with the bytes from `start` to `end`. Returns how many of these were missing.
    pub(super) fn fill(&mut self, start: u32, end: u32) -> u32 {
        let (mut filled, mut at) = (0, 0);
        while at < self.length {
            let (from, to) = self.open[at];
            let (begin, stop) = (last(from, start), first(to, end));
            if !is_before(begin, stop) {
                at += 1;
                continue;
            }
            filled += stop.wrapping_sub(begin);
            match (is_before(from, begin), is_before(stop, to)) {
                (false, false) => self.remove(at),
                (true, false) => self.open[at].1 = begin,
                (false, true) => self.open[at].0 = stop,
                (true, true) => {
                    self.open[at].1 = begin;
                    self.insert(at + 1, stop, to);
                    return filled;
                }
            }
        }
        filled
    }

    /// Returns how many open gaps an acknowledgment passes that none passed before: the receiver has bytes that were
    /// not captured.
    pub(super) fn acknowledge(&mut self, acknowledgment: u32) -> u32 {
        if !is_before(self.acknowledged, acknowledgment) {
            return 0;
        }
        let open = &self.open[..self.length];
        let is_passed = |&&(_, end): &&(u32, u32)| {
            is_before(self.acknowledged, end) && distance(end, acknowledgment) >= 0
        };
        let passed = open.iter().filter(is_passed).count() as u32;
        self.acknowledged = acknowledgment;
        passed
    }

    /// Gaps that were not filled.
    pub(super) fn count(&self) -> u64 {
        u64::from(self.given_up) + self.length as u64
    }

    /// Bytes of the gaps that were not filled.
    pub(super) fn bytes(&self) -> u64 {
        let open = self.open[..self.length].iter();
        self.given_up_bytes + open.map(|(start, end)| u64::from(end.wrapping_sub(*start))).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The same with a list of bytes, near the point where numbers wrap.
        #[test]
        fn gaps_are_filled_byte_by_byte(
            lengths in prop::collection::vec((1..9u32, 1..9u32), 1..9),
            fills in prop::collection::vec((0..150u32, 0..40u32), 0..30),
        ) {
            let base = u32::MAX - 60;
            let (mut at, mut missing, mut gaps) = (1, vec![false; 256], None::<Gaps>);
            for (gap, data) in lengths {
                let (start, end) = (base.wrapping_add(at), base.wrapping_add(at + gap));
                match &mut gaps {
                    None => gaps = Some(Gaps::beginning(start, end)),
                    Some(gaps) => gaps.add(start, end),
                }
                missing[at as usize..(at + gap) as usize].fill(true);
                at += gap + data;
            }
            let mut gaps = gaps.unwrap();
            for (start, length) in fills {
                let bytes = &mut missing[start as usize..(start + length) as usize];
                let expected = bytes.iter().filter(|is_missing| **is_missing).count() as u32;
                bytes.fill(false);
                let filled = gaps.fill(base.wrapping_add(start), base.wrapping_add(start + length));
                prop_assert_eq!(filled, expected);
            }
            let runs = missing.windows(2).filter(|pair| !pair[0] && pair[1]).count() as u64;
            let bytes = missing.iter().filter(|is_missing| **is_missing).count() as u64;
            prop_assert_eq!((gaps.count(), gaps.bytes()), (runs, bytes));
        }
    }

    #[test]
    fn the_oldest_gap_is_given_up_for_a_new_one() {
        let mut gaps = Gaps::beginning(0, 5);
        for number in 1..40 {
            gaps.add(number * 10, number * 10 + 5);
        }
        assert_eq!((gaps.count(), gaps.bytes()), (40, 200));
        assert_eq!(gaps.fill(0, 400), 32 * 5);
        assert_eq!((gaps.count(), gaps.bytes()), (8, 40));
    }
}

//! What stays of rows that have become too many: those that one sees first in their list, however it is sorted.

use super::rows::{Rows, Sorting, order};

/// As many as this come first by a column and stay, by every column, either way round.
pub(super) const LEADING: usize = 1000;

/// Rows, and which of them stay.
#[derive(Debug)]
pub(super) struct Kept<'r, R> {
    rows: &'r R,
    is_kept: Vec<bool>,
    count: usize,
}

impl<'r, R: Rows> Kept<'r, R> {
    /// The rows that lead by any column.
    pub(super) fn leading(rows: &'r R) -> Self {
        let mut kept = Self { rows, is_kept: vec![false; rows.len()], count: 0 };
        let mut places: Vec<usize> = (0..rows.len()).collect();
        for column in 0..rows.headings().len() {
            for is_descending in [true, false] {
                let first = first(rows, &mut places, Sorting { column, is_descending }, LEADING);
                first.iter().for_each(|&row| kept.keep(row));
            }
        }
        kept
    }

    pub(super) fn keep(&mut self, row: usize) {
        self.count += usize::from(!self.is_kept[row]);
        self.is_kept[row] = true;
    }

    /// Keeps so many altogether: of the others, those that come first.
    pub(super) fn fill(mut self, by: Sorting, most: usize) -> Vec<bool> {
        let mut others: Vec<usize> = (0..self.is_kept.len()).filter(|&row| !self.is_kept[row]).collect();
        let rows = self.rows;
        first(rows, &mut others, by, most.saturating_sub(self.count)).iter().for_each(|&row| self.keep(row));
        self.is_kept
    }
}

/// So many of the rows that come first, in any order.
fn first<'p, R: Rows>(rows: &R, places: &'p mut [usize], by: Sorting, most: usize) -> &'p [usize] {
    if most < places.len() {
        places.select_nth_unstable_by(most, |&one, &other| order(rows, by, one, other));
    }
    &places[..most.min(places.len())]
}

//! Selects the rows that stay when there are too many: those that come first in their list, however it is
//! sorted.

use super::rows::{Keyed, Sorting, order};

/// Number of rows that stay because they come first by a column, for every column and in either direction.
pub(super) const LEADING: usize = 1000;

/// Rows, and which of them stay.
pub(super) struct Kept<'r, R> {
    rows: &'r R,
    /// Rows, the largest first. This order decides between rows with equal values in a column.
    by_bytes: Vec<u32>,
    /// Place of each row in that order.
    places: Vec<u32>,
    is_kept: Vec<bool>,
    count: usize,
}

/// A row in an order: its key in that order, then its place in the order by bytes.
type Candidate = (u128, u32);

/// Key of a row with nothing in the column. It comes last in either direction.
const BLANK: u128 = u128::MAX;

fn reversed(key: u128) -> u128 {
    if key == BLANK { BLANK } else { !key }
}

impl<'r, R: Keyed> Kept<'r, R> {
    /// The rows that lead by any column.
    pub(super) fn leading(rows: &'r R) -> Self {
        let sizes: Vec<u64> = (0..rows.len()).map(|row| rows.bytes(row)).collect();
        let mut by_bytes: Vec<u32> = (0..rows.len() as u32).collect();
        by_bytes.sort_unstable_by(|&one, &other| {
            let [one, other] = [one, other].map(|row| row as usize);
            sizes[other].cmp(&sizes[one]).then_with(|| rows.subject(one).cmp(&rows.subject(other)))
        });
        let mut places = vec![0; rows.len()];
        by_bytes.iter().zip(0..).for_each(|(&row, place)| places[row as usize] = place);
        let mut kept = Self { rows, by_bytes, places, is_kept: vec![false; rows.len()], count: 0 };
        for column in 0..rows.headings().len() {
            let ascending = Sorting { column, is_descending: false };
            let first: Vec<Candidate> = (0..rows.len()).map(|row| kept.candidate(ascending, row)).collect();
            let last = first.iter().map(|&(key, place)| (reversed(key), place)).collect();
            kept.keep_first(first, ascending, LEADING);
            kept.keep_first(last, Sorting { column, is_descending: true }, LEADING);
        }
        kept
    }

    /// The rows, the largest first.
    pub(super) fn by_bytes(&self) -> impl Iterator<Item = usize> {
        self.by_bytes.iter().map(|&row| row as usize)
    }

    pub(super) fn keep(&mut self, row: usize) {
        self.count += usize::from(!self.is_kept[row]);
        self.is_kept[row] = true;
    }

    /// Keeps `most` rows altogether. Of the rows not yet kept, it adds those that come first.
    pub(super) fn fill(mut self, by: Sorting, most: usize) -> Vec<bool> {
        let others = (0..self.is_kept.len()).filter(|&row| !self.is_kept[row]);
        let others = others.map(|row| self.candidate(by, row)).collect();
        self.keep_first(others, by, most.saturating_sub(self.count));
        self.is_kept
    }

    fn candidate(&self, by: Sorting, row: usize) -> Candidate {
        let key = match self.rows.is_blank(row, by.column) {
            true => BLANK,
            false => self.rows.key(row, by.column),
        };
        (if by.is_descending { reversed(key) } else { key }, self.places[row])
    }

    fn keep_first(&mut self, mut candidates: Vec<Candidate>, by: Sorting, most: usize) {
        if most < candidates.len() {
            let (_, &mut (bound, _), _) = candidates.select_nth_unstable(most);
            let is_cut = (bound & 1 == 1) != by.is_descending;
            if is_cut && bound != BLANK {
                // Keys do not show which of these rows comes first.
                candidates.retain(|(key, _)| *key <= bound);
                candidates.sort_unstable_by_key(|(key, _)| *key == bound);
                let before = candidates.partition_point(|(key, _)| *key < bound);
                let row = |&(_, place): &Candidate| self.by_bytes[place as usize] as usize;
                candidates[before..].select_nth_unstable_by(most - before, |one, other| {
                    order(self.rows, by, row(one), row(other))
                });
            }
            candidates.truncate(most);
        }
        for (_, place) in candidates {
            self.keep(self.by_bytes[place as usize] as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};

    use super::*;
    use crate::top::rate::Traffic;
    use crate::top::rows::{HostRow, Rows};

    /// Hosts of one network whose names have a long beginning in common, if they have any.
    fn rows() -> Vec<HostRow> {
        let traffic = |bytes| Traffic { packets: bytes % 7, bytes };
        let row = |number: u64| HostRow {
            address: match number % 5 {
                0 => IpAddr::from((0x0a00_0000 + number as u32).to_be_bytes()),
                _ => Ipv6Addr::from((0x2001_0db8_u128 << 96) | u128::from(number * 7919 % 65_521)).into(),
            },
            flows_alive: 0,
            flows: number % 3,
            sent: traffic(number * 31 % 1009),
            received: traffic(number * 17 % 4001),
            bits_per_second: (number % 11) as f64 / 3.0,
            silent_ms: number * number % 10_007,
            names: match number % 4 {
                0 => Vec::new(),
                1 => vec!["short".into()],
                _ => vec![format!("a-name-with-a-long-beginning-{:05}", number * 31 % 20_011).into()],
            },
        };
        (0..20_000).map(row).collect()
    }

    #[test]
    fn the_first_by_any_column_stay() {
        let rows = rows();
        let fill = Sorting { column: HostRow::LAST_SEEN, is_descending: false };
        let is_kept = Kept::leading(&rows).fill(fill, 12_000);
        assert_eq!(is_kept.iter().filter(|is_kept| **is_kept).count(), 12_000);
        for column in 0..rows.headings().len() {
            for is_descending in [false, true] {
                let by = Sorting { column, is_descending };
                let mut sorted: Vec<usize> = (0..rows.len()).collect();
                sorted.sort_unstable_by(|&one, &other| order(&rows, by, one, other));
                assert!(sorted[..LEADING].iter().all(|&row| is_kept[row]), "{by:?}");
            }
        }
        let newest = (0..rows.len()).filter(|&row| rows[row].silent_ms < 100).all(|row| is_kept[row]);
        assert!(newest);
    }
}

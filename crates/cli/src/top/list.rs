//! A list as it is shown: sorted and filtered, with a selected row.

use super::rows::{Heading, Rows, Sorting, Subject, order};

/// Space between columns.
pub(super) const GAP: usize = 2;
/// Space after a title for the mark of the column that the list is sorted by.
const MARK: usize = 1;

/// How a list is shown, whatever its rows are at the moment.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) sorting: Sorting,
    pub(super) filter: String,
    /// The selected row. `None` stands for the first row, whichever it is.
    selected: Option<Subject>,
    cursor: usize,
    offset: usize,
    /// Rows that are shown, in order.
    order: Vec<usize>,
    /// Number of rows, whatever the filter.
    total: usize,
    /// Width of the widest cell so far, for each column.
    widths: Vec<usize>,
}

/// A step in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Up(usize),
    Down(usize),
    First,
    Last,
}

impl Step {
    /// Number of lines by which a text is scrolled after this step, if it was scrolled by `lines` before. Drawing applies
    /// the upper limit.
    pub(super) fn scroll(self, lines: usize) -> usize {
        match self {
            Step::Up(by) => lines.saturating_sub(by),
            Step::Down(by) => lines.saturating_add(by),
            Step::First => 0,
            Step::Last => usize::MAX,
        }
    }
}

impl List {
    pub(super) fn sorted_by(column: usize, headings: &[Heading]) -> Self {
        let mut list = Self::default();
        list.sort_by(column, headings);
        list
    }

    /// A new list that is sorted in the same way.
    pub(super) fn sorted_like(list: &Self) -> Self {
        Self { sorting: list.sorting, ..Self::default() }
    }

    fn sort_by(&mut self, column: usize, headings: &[Heading]) {
        let is_descending = headings.get(column).is_some_and(|heading| heading.is_number);
        self.sorting = Sorting { column, is_descending };
    }

    /// Sorts the list by column `to` if it is sorted by column `from`.
    pub(super) fn turn(&mut self, from: usize, to: usize, headings: &[Heading]) {
        if self.sorting.column == from {
            self.sort_by(to, headings);
        }
    }

    /// Sorts by the column to the right or the left.
    pub(super) fn sort_by_next(&mut self, headings: &[Heading], right: bool) {
        let last = headings.len() - 1;
        let column = match right {
            true => (self.sorting.column + 1).min(last),
            false => self.sorting.column.saturating_sub(1),
        };
        if column != self.sorting.column {
            self.sort_by(column, headings);
        }
    }

    pub(super) fn reverse(&mut self) {
        self.sorting.is_descending = !self.sorting.is_descending;
    }

    /// Determines which rows are shown, in which order, and where the selected one is.
    pub(super) fn arrange(&mut self, rows: &dyn Rows, is_wanted: impl Fn(usize) -> bool) {
        let filter = self.filter.to_ascii_lowercase();
        let columns = rows.headings().len();
        let matches = |row: usize| {
            filter.is_empty() || (0..columns).any(|column| is_match(&rows.cell(row, column), &filter))
        };
        self.order.clear();
        self.order.extend((0..rows.len()).filter(|&row| is_wanted(row)));
        self.total = self.order.len();
        self.order.retain(|&row| matches(row));
        self.order.sort_unstable_by(|&one, &other| order(rows, self.sorting, one, other));
        let found = self
            .selected
            .as_ref()
            .and_then(|subject| self.order.iter().position(|&row| rows.subject(row) == *subject));
        self.cursor = match (&self.selected, found) {
            (None, _) => 0,
            (Some(_), Some(place)) => place,
            // The selected row is gone: the next one takes its place.
            (Some(_), None) => {
                let place = self.cursor.min(self.order.len().saturating_sub(1));
                self.select(place, rows);
                place
            }
        };
    }

    pub(super) fn go(&mut self, step: Step, rows: &dyn Rows) {
        let last = self.order.len().saturating_sub(1);
        self.cursor = match step {
            Step::Up(rows) => self.cursor.saturating_sub(rows),
            Step::Down(rows) => self.cursor.saturating_add(rows).min(last),
            Step::First => 0,
            Step::Last => last,
        };
        if self.cursor == 0 && !matches!(step, Step::Down(_)) {
            self.selected = None;
        } else {
            self.select(self.cursor, rows);
        }
    }

    fn select(&mut self, place: usize, rows: &dyn Rows) {
        self.selected = self.order.get(place).map(|&row| rows.subject(row));
    }

    pub(super) fn selected(&self, rows: &dyn Rows) -> Option<Subject> {
        self.order.get(self.cursor).map(|&row| rows.subject(row))
    }

    /// Number of rows that are shown, on all pages.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// Number of rows without the filter.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// The rows of a page of this height, and which of them is selected.
    pub(super) fn page(&mut self, height: usize) -> (&[usize], usize) {
        let height = height.max(1);
        let latest = self.order.len().saturating_sub(height);
        self.offset = self.offset.min(latest).min(self.cursor).max((self.cursor + 1).saturating_sub(height));
        let end = (self.offset + height).min(self.order.len());
        (&self.order[self.offset..end], self.cursor - self.offset)
    }

    /// The columns that fit, with their widths, for the rows on the page. Columns do not become narrower while the list is
    /// shown. Each row shows a cell that the filter has found.
    pub(super) fn fit(
        &mut self,
        headings: &[Heading],
        rows: &[Vec<String>],
        width: usize,
    ) -> Vec<(usize, usize)> {
        self.widths.resize(headings.len(), 0);
        for (column, (widest, heading)) in self.widths.iter_mut().zip(headings).enumerate() {
            let cell = rows.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
            *widest = (*widest).max(heading.title.len() + MARK).max(cell);
        }
        let filter = self.filter.to_ascii_lowercase();
        let mut wanted = vec![self.sorting.column];
        loop {
            let shown = fit(&self.widths, headings, &wanted, width);
            let is_hidden = |column: &usize| shown.iter().all(|(shown, _)| shown != column);
            let found_only_hidden = rows.iter().find_map(|cells| {
                let mut found =
                    (0..cells.len()).filter(|&column| is_match(&cells[column], &filter)).peekable();
                let first = *found.peek()?;
                found.all(|column| is_hidden(&column)).then_some(first)
            });
            match found_only_hidden {
                Some(column) if !wanted.contains(&column) => wanted.push(column),
                _ => return shown,
            }
        }
    }
}

/// Whether a cell contains the filter's text, which is in lower case.
fn is_match(cell: &str, filter: &str) -> bool {
    cell.to_ascii_lowercase().contains(filter)
}

/// Fits columns into a width. If there is too little room, the last columns go first, except those that are wanted. After
/// that, long text is shortened, the longest first.
fn fit(natural: &[usize], headings: &[Heading], wanted: &[usize], width: usize) -> Vec<(usize, usize)> {
    let least = |column: usize| {
        let Heading { title, least, .. } = headings[column];
        least.map_or(natural[column], |least| least.max(title.len() + MARK).min(natural[column]))
    };
    let mut shown: Vec<usize> = (0..natural.len()).collect();
    let total = |shown: &[usize], of: &dyn Fn(usize) -> usize| {
        shown.iter().map(|&column| of(column)).sum::<usize>() + GAP * shown.len().saturating_sub(1)
    };
    while shown.len() > 1 && total(&shown, &least) > width {
        let last = shown.iter().rposition(|column| !wanted.contains(column)).filter(|&place| place > 0);
        shown.remove(last.unwrap_or(shown.len() - 1));
    }
    let mut widths = natural.to_vec();
    while total(&shown, &|column| widths[column]) > width {
        let can_shrink = |column: &usize| widths[*column] > least(*column);
        match shown.iter().copied().filter(can_shrink).max_by_key(|&column| widths[column]) {
            Some(column) => widths[column] -= 1,
            None => {
                widths[0] = widths[0].min(width);
                break;
            }
        }
    }
    shown.into_iter().map(|column| (column, widths[column])).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::top::rate::Traffic;
    use crate::top::rows::ApplicationRow;

    fn rows(rows: &[(&str, u64)]) -> Vec<ApplicationRow> {
        let row = |&(name, bytes): &(&str, u64)| ApplicationRow {
            name: name.into(),
            category: "Web".into(),
            alive: 1,
            total: 2,
            traffic: Traffic { packets: 3, bytes },
            bits_per_second: 0.0,
            share: 0.5,
        };
        rows.iter().map(row).collect()
    }

    fn shown(list: &mut List, rows: &Vec<ApplicationRow>) -> Vec<String> {
        list.arrange(rows, |_| true);
        list.page(100).0.iter().map(|&row| rows[row].name.to_string()).collect()
    }

    fn selected(list: &List, rows: &Vec<ApplicationRow>) -> Option<Arc<str>> {
        match list.selected(rows)? {
            Subject::Application(name) => Some(name),
            _ => None,
        }
    }

    #[test]
    fn rows_are_sorted_and_filtered() {
        let rows = rows(&[("DNS", 10), ("TLS", 30), ("HTTP", 20)]);
        let headings = rows.headings();
        let mut list = List::sorted_by(ApplicationRow::BYTES, headings);
        assert_eq!(shown(&mut list, &rows), ["TLS", "HTTP", "DNS"]);
        list.reverse();
        assert_eq!(shown(&mut list, &rows), ["DNS", "HTTP", "TLS"]);
        (0..20).for_each(|_| list.sort_by_next(headings, false));
        assert_eq!(shown(&mut list, &rows), ["DNS", "HTTP", "TLS"]);
        list.sort_by_next(headings, true);
        // All are equal: by bytes.
        assert_eq!(shown(&mut list, &rows), ["TLS", "HTTP", "DNS"]);
        list.filter = "tT".to_owned();
        assert_eq!(shown(&mut list, &rows), ["HTTP"]);
        list.filter = "30 b".to_owned();
        assert_eq!(shown(&mut list, &rows), ["TLS"]);
    }

    #[test]
    fn the_selection_stays_with_its_row() {
        let before = rows(&[("DNS", 10), ("TLS", 30), ("HTTP", 20)]);
        let mut list = List::sorted_by(ApplicationRow::BYTES, before.headings());
        list.arrange(&before, |_| true);
        assert_eq!(selected(&list, &before).as_deref(), Some("TLS"));
        // The first stays the first.
        let after = rows(&[("DNS", 40), ("TLS", 30), ("HTTP", 50)]);
        list.arrange(&after, |_| true);
        assert_eq!(selected(&list, &after).as_deref(), Some("HTTP"));
        list.go(Step::Down(1), &after);
        assert_eq!(selected(&list, &after).as_deref(), Some("DNS"));
        list.arrange(&before, |_| true);
        assert_eq!(selected(&list, &before).as_deref(), Some("DNS"));
        assert_eq!(list.page(2), (&[2, 0][..], 1));
        // The selected row is gone: its place stays.
        let fewer = rows(&[("TLS", 30), ("HTTP", 20)]);
        list.arrange(&fewer, |_| true);
        assert_eq!(selected(&list, &fewer).as_deref(), Some("HTTP"));
        list.go(Step::Up(9), &fewer);
        assert_eq!(selected(&list, &fewer).as_deref(), Some("TLS"));
        let none = rows(&[]);
        list.arrange(&none, |_| true);
        list.go(Step::Last, &none);
        assert_eq!((selected(&list, &none), list.page(5)), (None, (&[][..], 0)));
    }

    #[test]
    fn last_columns_go_first_and_every_width_is_kept() {
        let rows = rows(&[]);
        let headings = rows.headings();
        let natural: Vec<usize> = headings.iter().map(|heading| heading.title.len() + MARK + 3).collect();
        let total = |shown: &[(usize, usize)]| {
            shown.iter().map(|(_, width)| width).sum::<usize>() + GAP * (shown.len() - 1)
        };
        for (width, sorted_by) in (1..150).flat_map(|width| (0..headings.len()).map(move |by| (width, by))) {
            let shown = fit(&natural, headings, &[sorted_by], width);
            assert!(shown[0].0 == 0 && total(&shown) <= width, "{width}: {shown:?}");
            let has_place = natural[0] + GAP + natural[sorted_by] <= width;
            assert!(!has_place || shown.iter().any(|(column, _)| *column == sorted_by), "{width}: {shown:?}");
        }
        assert_eq!(
            fit(&natural, headings, &[0], 200),
            natural.iter().copied().enumerate().collect::<Vec<_>>()
        );
        let names = [Heading { least: Some(8), ..headings[0] }, headings[1]];
        assert_eq!(fit(&[40, 6], &names, &[0], 30), [(0, 22), (1, 6)]);
        assert_eq!(fit(&[40, 6], &names, &[0], 10), [(0, 10)]);
    }

    #[test]
    fn what_is_blank_comes_last_either_way_round() {
        let mut rows = rows(&[("DNS", 10), ("TLS", 30), ("HTTP", 20)]);
        rows[1].category = "".into();
        rows[2].category = "Other".into();
        let mut list = List::sorted_by(7, rows.headings());
        assert_eq!(shown(&mut list, &rows), ["HTTP", "DNS", "TLS"]);
        list.reverse();
        assert_eq!(shown(&mut list, &rows), ["DNS", "HTTP", "TLS"]);
    }
}

//! The screen, line by line.

use std::ops::Range;

use indicatif::HumanCount;
use nfstream::shortened;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Sparkline, Widget};

use super::kept::LEADING;
use super::list::GAP;
use super::model::{MOST_ENDED, MOST_HOSTS, Overview};
use super::rate::History;
use super::rows::{Heading, Scope, bits, bytes, span};
use super::screen::{Screen, View};
use crate::summary::counted;
use crate::table::printable;

/// Terminals with fewer lines have no room for past rates, for second lines, for notes on what is missing, or for anything
/// but rows.
const ROOM_FOR_HISTORY: u16 = 14;
const ROOM_FOR_MORE_LINES: u16 = 12;
const ROOM_FOR_NOTES: u16 = 8;
const ROOM_FOR_ANYTHING: u16 = 6;
/// Least width for the meaning of a name. Longer names leave too little of a line for it.
const LEAST_MEANING: usize = 24;

/// Keys that are shown. If there is too little room, the last ones go.
const KEYS: &[&str] =
    &["q quit", "? help", "1 2 3 lists", "Enter open", "/ filter", "< > sort", "r reverse", "p pause"];
const KEYS_OF_FLOWS: &[&str] =
    &["q quit", "? help", "Esc back", "Enter open", "/ filter", "< > sort", "r reverse", "p pause"];
const KEYS_OF_DETAILS: &[&str] = &["q quit", "? help", "Esc back", "Up Down scroll", "p pause"];
const KEYS_OF_FILTER: &[&str] = &["/ change", "Esc all rows", "? help"];
const KEYS_OF_TYPING: &[&str] = &["Enter keep", "Esc remove"];
const KEYS_OF_HELP: &[&str] = &["Any other key continues", "Up Down scroll"];

const HELP: [(&str, &str); 14] = [
    ("1, 2, 3", "applications, hosts, flows"),
    ("Tab, Shift-Tab", "the next list, the previous list"),
    ("Up, Down, k, j", "select a row; at the top, always the first row"),
    ("PgUp, PgDn", "a page up or down"),
    ("Home, End", "the first row, the last row"),
    ("Enter", "flows of an application or a host; all columns of a flow"),
    ("Esc, Backspace", "back; remove the filter"),
    ("<, >, Left, Right", "sort by the column to the left or right"),
    ("r", "reverse the order"),
    ("/", "show only rows that have this text in a cell"),
    ("  Enter, Esc", "keep the filter, remove it"),
    ("p, Space", "pause the display; packets are still counted"),
    ("Ctrl-Z", "suspend the process until fg"),
    ("q, Ctrl-C", "quit"),
];

/// Notes below the keys.
fn notes() -> String {
    format!(
        "Rates cover the last two seconds, by the time of the packets. Sizes follow --accounting-mode. \
         At most {} ended flows are listed, and at most {} hosts without a flow that is alive: among them the \
         first {} by each column, in either order. The server names of a host are those by which it was requested.",
        HumanCount(MOST_ENDED as u64),
        HumanCount(MOST_HOSTS as u64),
        HumanCount(LEADING as u64),
    )
}

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    title: Style,
    head: Style,
    selected: Style,
    faint: Style,
    history: Style,
    warning: Style,
    failure: Style,
}

impl Theme {
    const PLAIN: Theme = Theme {
        title: Style::new().add_modifier(Modifier::BOLD),
        head: Style::new().add_modifier(Modifier::BOLD),
        selected: Style::new().add_modifier(Modifier::REVERSED),
        faint: Style::new().add_modifier(Modifier::DIM),
        history: Style::new(),
        warning: Style::new().add_modifier(Modifier::BOLD),
        failure: Style::new().add_modifier(Modifier::BOLD),
    };

    /// The theme for the environment: without colours if the environment variable `NO_COLOR` has a value
    /// (<https://no-color.org>).
    pub(super) fn of_environment() -> Self {
        if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            return Theme::PLAIN;
        }
        Theme {
            head: Theme::PLAIN.head.fg(Color::Cyan),
            history: Style::new().fg(Color::Cyan),
            warning: Theme::PLAIN.warning.fg(Color::Yellow),
            failure: Theme::PLAIN.failure.fg(Color::Red),
            ..Theme::PLAIN
        }
    }
}

/// Draws the whole screen.
pub(super) fn draw(frame: &mut Frame<'_>, screen: &mut Screen, theme: Theme) {
    let mut page = Page { room: frame.area(), buffer: frame.buffer_mut() };
    if screen.help.is_some() {
        return help(&mut page, screen, theme);
    }
    screen.arrange();
    if page.room.height >= ROOM_FOR_ANYTHING {
        let most_lines = if page.room.height >= ROOM_FOR_MORE_LINES { 3 } else { 1 };
        let (keys, style) = foot(screen, page.width(), theme);
        page.last_lines(&keys[..keys.len().min(most_lines)], style);
        header(&mut page, screen, most_lines, theme);
    }
    match screen.details {
        Some(_) => details(&mut page, screen, theme),
        None => list(&mut page, screen, theme),
    }
}

/// The part of the screen that is left to draw on.
struct Page<'b> {
    room: Rect,
    buffer: &'b mut Buffer,
}

impl Page<'_> {
    /// Draws a line of text if there is room for it.
    fn line(&mut self, text: &str, style: Style) {
        if let Some(line) = self.take_first(1) {
            self.buffer.set_stringn(line.x, line.y, text, line.width.into(), style);
        }
    }

    /// Draws a line whose end is on the right, if there is room for both.
    fn line_and(&mut self, (text, style): (&str, Style), (end, end_style): (&str, Style)) {
        let Some(line) = self.take_first(1) else { return };
        let width = usize::from(line.width);
        let place = width.saturating_sub(end.chars().count() + 1);
        self.buffer.set_stringn(line.x, line.y, text, place, style);
        let start = line.x + (place + 1).min(width) as u16;
        self.buffer.set_stringn(start, line.y, end, end.chars().count().min(width), end_style);
    }

    fn lines<'l>(&mut self, lines: impl IntoIterator<Item = &'l String>, style: Style) {
        lines.into_iter().for_each(|line| self.line(line, style));
    }

    fn last_lines(&mut self, lines: &[String], style: Style) {
        for line in lines.iter().rev() {
            let Some(room) = self.take_last() else { return };
            self.buffer.set_stringn(room.x, room.y, line, room.width.into(), style);
        }
    }

    fn width(&self) -> usize {
        self.room.width.into()
    }

    fn take_first(&mut self, height: u16) -> Option<Rect> {
        let taken = Rect { height, ..self.room };
        self.room.height = self.room.height.checked_sub(height)?;
        self.room.y += height;
        Some(taken)
    }

    fn take_last(&mut self) -> Option<Rect> {
        self.room.height = self.room.height.checked_sub(1)?;
        Some(Rect { y: self.room.bottom(), height: 1, ..self.room })
    }
}

/// Puts items into lines of a width, with a gap between them. Breaks an item only if it is longer than a line.
fn wrap(items: impl IntoIterator<Item = impl AsRef<str>>, gap: usize, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        let mut rest = item.as_ref();
        if let Some(line) = lines.last_mut()
            && line.chars().count() + gap + rest.chars().count() <= width
        {
            line.push_str(&" ".repeat(gap));
            line.push_str(rest);
            continue;
        }
        while let Some((end, _)) = rest.char_indices().nth(width.max(1)) {
            lines.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        lines.push(rest.to_owned());
    }
    lines
}

/// Sentences in lines of a width.
fn wrap_words(text: &str, width: usize) -> Vec<String> {
    wrap(text.split(' '), 1, width)
}

/// Draws the header. Each part takes at most this many lines.
fn header(page: &mut Page<'_>, screen: &mut Screen, most_lines: usize, theme: Theme) {
    const TITLE: &str = "nfstream top  ";
    let [has_history, has_notes] =
        [ROOM_FOR_HISTORY, ROOM_FOR_NOTES].map(|room| page.buffer.area.height >= room);
    let overview = &screen.snapshot.overview;
    let (state, style) = state(screen, theme);
    let state = format!("{state}  {}", span(overview.elapsed_ms));
    let source = shortened(&screen.source, page.width().saturating_sub(TITLE.len() + state.len() + 1));
    page.line_and((&format!("{TITLE}{source}"), theme.title), (&state, style));
    let Overview { traffic, packets_per_second, bits_per_second, alive, ended, .. } = overview;
    let totals = [
        format!("{packets_per_second:.0} packets/s"),
        format!("{} bits/s", bits(*bits_per_second)),
        format!("{} packets", HumanCount(traffic.packets)),
        bytes(traffic.bytes),
        format!("flows: {} alive, {} ended", HumanCount(*alive), HumanCount(*ended)),
    ];
    // With too few lines, the last ones are shown.
    let totals = wrap(totals, GAP, page.width());
    page.lines(&totals[totals.len().saturating_sub(most_lines)..], Style::new());
    if has_notes {
        warnings(page, overview, most_lines, theme);
    }
    if has_history {
        history(page, overview, theme);
    }
    tabs(page, screen, theme);
    if let Some(note) = note(screen).filter(|_| has_notes) {
        page.lines(wrap_words(&note, page.width()).iter().take(most_lines), theme.faint);
    }
}

/// Whether more is to come, and how far the input has come.
fn state(screen: &Screen, theme: Theme) -> (String, Style) {
    let overview = &screen.snapshot.overview;
    if screen.is_paused {
        return ("paused".to_owned(), theme.selected);
    }
    if overview.failure.is_some() {
        return ("failed".to_owned(), theme.failure);
    }
    if overview.is_over {
        return ("complete".to_owned(), Style::new());
    }
    let doing = match screen.speed {
        Some(speed) => format!("playing at {speed}x"),
        None => "reading".to_owned(),
    };
    let part_read = screen.snapshot.part_read.filter(|_| screen.speed.is_none());
    let part_read = part_read.map(|part| format!(" {:.0}%", part * 100.0)).unwrap_or_default();
    (doing + &part_read, Style::new())
}

/// Draws warnings. Their lines exist only if something is wrong.
fn warnings(page: &mut Page<'_>, overview: &Overview, most_lines: usize, theme: Theme) {
    if let Some(failure) = &overview.failure {
        page.lines(wrap_words(&printable(failure), page.width()).iter().take(most_lines), theme.failure);
    }
    let report = &overview.report;
    let lost = report.dropped_by_kernel + report.dropped_by_interface;
    let counts = [(lost, "lost"), (report.ignored(), "ignored"), (report.filtered, "left out by the filter")]
        .map(|(count, what)| (count > 0).then(|| format!("{} {what}", counted(count, "packet"))));
    let damage = report.damages.last().map(|damage| printable(&damage.to_string()));
    let style = if damage.is_some() || lost > 0 { theme.warning } else { theme.faint };
    let mut told = wrap(counts.into_iter().flatten(), GAP, page.width());
    told.extend(damage.iter().flat_map(|damage| wrap_words(damage, page.width())));
    page.lines(told.iter().take(most_lines), style);
}

fn history(page: &mut Page<'_>, overview: &Overview, theme: Theme) {
    let most = overview.history.iter().max().copied().unwrap_or(0);
    let label = format!("{} s, up to {} bits/s ", History::SECONDS, bits(most as f64));
    let Some(area) = page.take_first(2) else { return };
    let width = (label.len() as u16).min(area.width);
    page.buffer.set_stringn(area.x, area.y + 1, &label, area.width.into(), theme.faint);
    let bars = Rect { x: area.x + width, width: (area.width - width).min(History::SECONDS as u16), ..area };
    let latest = overview.history.len().saturating_sub(bars.width.into());
    Sparkline::default().data(&overview.history[latest..]).style(theme.history).render(bars, page.buffer);
}

/// Shows which list this is, and how many rows it has.
fn tabs(page: &mut Page<'_>, screen: &mut Screen, theme: Theme) {
    let is_of_flow = screen.details.is_some();
    let (_, list) = screen.shown();
    let (shown, total) = (list.len() as u64, list.total() as u64);
    let rows = match () {
        () if is_of_flow => String::new(),
        () if list.filter.is_empty() => counted(total, "row"),
        () => format!("{} of {}", HumanCount(shown), counted(total, "row")),
    };
    if let Some(scope) = screen.scope() {
        let of = match scope {
            Scope::Application(name) => name.to_string(),
            Scope::Host(address) => address.to_string(),
        };
        return page.line_and((&format!(" Flows of {of} "), theme.selected), (&rows, theme.faint));
    }
    const TITLES: [(&str, &str); 3] = [(" 1 ", "Applications "), (" 2 ", "Hosts "), (" 3 ", "Flows ")];
    let all: usize = TITLES.iter().map(|(key, title)| key.len() + title.len()).sum();
    let has_place = all + rows.len() < page.width();
    let Some(line) = page.take_first(1) else { return };
    let mut x = line.x;
    for (view, (key, title)) in View::ALL.iter().zip(TITLES) {
        let is_shown = screen.view == *view;
        let title = if has_place || is_shown { title } else { "" };
        let style = if is_shown { theme.selected } else { Style::new() };
        let room = line.right().saturating_sub(x);
        let at = x.min(line.right().saturating_sub(1));
        (x, _) = page.buffer.set_stringn(at, line.y, format!("{key}{title}"), room.into(), style);
    }
    let start = line.right().saturating_sub(rows.len() as u16);
    if start > x {
        page.buffer.set_stringn(start, line.y, &rows, rows.len(), theme.faint);
    }
}

/// A note on what is missing in the list.
fn note(screen: &Screen) -> Option<String> {
    if screen.details.is_some() {
        return None;
    }
    let leading = HumanCount(LEADING as u64);
    if let Some(gone) = screen.hosts_left_out() {
        return Some(format!(
            "{} left out, which sent {} and received {}: not among the first {leading} by any column",
            counted(gone.hosts, "host"),
            bytes(gone.sent.bytes),
            bytes(gone.received.bytes),
        ));
    }
    let (of, left_out) = screen.flows_left_out()?;
    let which = match screen.scope() {
        None => format!("not among the first {leading} by any column"),
        Some(_) => "not the largest".to_owned(),
    };
    Some(format!("{} of {} left out: {which}", HumanCount(left_out), counted(of, "flow")))
}

fn list(page: &mut Page<'_>, screen: &mut Screen, theme: Theme) {
    let Some(heading) = page.take_first(1) else { return };
    let height = usize::from(page.room.height);
    screen.height = height;
    let width = usize::from(page.room.width);
    let (rows, list) = screen.shown();
    let (places, selected) = list.page(height);
    let headings = rows.headings();
    let have_ended: Vec<bool> = places.iter().map(|&row| rows.has_ended(row)).collect();
    let cells: Vec<Vec<String>> = places
        .iter()
        .map(|&row| (0..headings.len()).map(|column| rows.cell(row, column)).collect())
        .collect();
    let sorting = list.sorting;
    let columns = list.fit(headings, &cells, width);

    let mark = if sorting.is_descending { "▼" } else { "▲" };
    let titles: Vec<String> = (headings.iter().enumerate())
        .map(|(column, heading)| {
            let mark = if column == sorting.column { mark } else { "" };
            format!("{}{mark}", heading.title)
        })
        .collect();
    page.buffer.set_stringn(heading.x, heading.y, line(headings, &titles, &columns), width, theme.head);
    for (place, (has_ended, cells)) in have_ended.iter().zip(&cells).enumerate() {
        let style = match () {
            () if place == selected => theme.selected,
            () if *has_ended => theme.faint,
            () => Style::new(),
        };
        page.line(&format!("{:<width$}", line(headings, cells, &columns)), style);
    }
}

/// A line of cells in columns with given widths.
fn line(headings: &[Heading], cells: &[String], columns: &[(usize, usize)]) -> String {
    let mut line = String::new();
    for (place, &(column, width)) in columns.iter().enumerate() {
        if place > 0 {
            line.push_str(&" ".repeat(GAP));
        }
        let cell = &cells[column];
        let cell = shortened(cell, width);
        line.push_str(&match headings[column].is_number {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
    }
    line
}

fn details(page: &mut Page<'_>, screen: &mut Screen, theme: Theme) {
    let Some(flow) = &screen.snapshot.details else {
        let gone = wrap_words("This flow ended some time ago; it is no longer kept.", page.width());
        return page.lines(&gone, Style::new());
    };
    let value = if flow.has_ended { "value" } else { "value so far" };
    let columns = flow.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let (indent, lines) = beside(columns, page.width(), |value, width| wrap([value], 0, width));
    let height = usize::from(page.room.height).saturating_sub(1);
    screen.height = height.max(1);
    let Some(details) = &mut screen.details else { return };
    let shown = scrolled(&mut details.scrolled, lines.len(), height);
    let heading = format!("{:<indent$}{value}", "column ");
    page.line_and((&heading, theme.head), (&part_of(&shown, lines.len()), theme.faint));
    page.lines(&lines[shown], Style::new());
}

/// Names with their meanings to the right, or below if there is too little room. Also returns the column where the meanings
/// begin.
fn beside<'n>(
    entries: impl Iterator<Item = (&'n str, &'n str)> + Clone,
    width: usize,
    wrap: impl Fn(&str, usize) -> Vec<String>,
) -> (usize, Vec<String>) {
    let longest = entries.clone().map(|(name, _)| name.len()).max().unwrap_or(0) + GAP;
    let is_beside = longest + LEAST_MEANING <= width;
    let indent = if is_beside { longest } else { GAP };
    let mut lines = Vec::new();
    for (name, meaning) in entries {
        let mut name = name;
        if !is_beside {
            lines.extend(wrap(name, width));
            name = "";
        }
        for part in wrap(meaning, width.saturating_sub(indent)) {
            lines.push(format!("{name:<indent$}{part}"));
            name = "";
        }
    }
    (indent, lines)
}

/// The lines of a page. Scrolling stops at the last line.
fn scrolled(scrolled: &mut usize, lines: usize, height: usize) -> Range<usize> {
    *scrolled = (*scrolled).min(lines.saturating_sub(height));
    *scrolled..(*scrolled + height).min(lines)
}

/// The visible lines and the number of all lines, as text. Empty if all are visible.
fn part_of(shown: &Range<usize>, lines: usize) -> String {
    if shown.len() == lines {
        return String::new();
    }
    format!("lines {}-{} of {lines}", shown.start + 1, shown.end)
}

/// The foot of the screen: the typed filter, or the keys.
fn foot(screen: &mut Screen, width: usize, theme: Theme) -> (Vec<String>, Style) {
    let is_of_flow = screen.details.is_some();
    let is_of_flows = screen.scope().is_some();
    let is_typing = screen.is_typing;
    let filter = screen.filter();
    let place = width.saturating_sub(3);
    let (first, keys, style) = match () {
        () if is_typing => {
            let typed = filter.chars().rev().take(place).collect::<Vec<_>>().into_iter().rev();
            (Some(format!("/{}█", typed.collect::<String>())), KEYS_OF_TYPING, Style::new())
        }
        () if is_of_flow => (None, KEYS_OF_DETAILS, theme.faint),
        () if !filter.is_empty() => {
            let filter = shortened(filter, width.saturating_sub("only rows with \"\"  ".len()));
            (Some(format!("only rows with \"{filter}\"")), KEYS_OF_FILTER, theme.warning)
        }
        () if is_of_flows => (None, KEYS_OF_FLOWS, theme.faint),
        () => (None, KEYS, theme.faint),
    };
    let items = first.iter().map(String::as_str).chain(keys.iter().copied());
    (lines_of_keys(items, width), style)
}

fn lines_of_keys<'k>(keys: impl Iterator<Item = &'k str>, width: usize) -> Vec<String> {
    wrap(keys, GAP, width.saturating_sub(1)).iter().map(|line| format!(" {line}")).collect()
}

fn help(page: &mut Page<'_>, screen: &mut Screen, theme: Theme) {
    let (_, mut lines) = beside(HELP.into_iter(), page.width(), wrap_words);
    lines.push(String::new());
    lines.extend(wrap_words(&notes(), page.width()));
    let has_room = page.room.height >= ROOM_FOR_ANYTHING;
    if has_room {
        page.last_lines(&lines_of_keys(KEYS_OF_HELP.iter().copied(), page.width()), theme.faint);
    }
    let height = usize::from(page.room.height).saturating_sub(usize::from(has_room));
    screen.height = height.max(1);
    let Some(help) = &mut screen.help else { return };
    let shown = scrolled(help, lines.len(), height);
    if has_room {
        page.line_and(("nfstream top", theme.title), (&part_of(&shown, lines.len()), theme.faint));
    }
    page.lines(&lines[shown], Style::new());
}

//! The screen, line by line.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Sparkline, Widget};

use super::list::GAP;
use super::model::Overview;
use super::rate::History;
use super::rows::{Heading, Scope, bits, bytes, span};
use super::screen::{Screen, View};
use crate::table::{printable, shorten};

/// Terminals with fewer lines have no line for rates of the past, or for anything but rows.
const ROOM_FOR_HISTORY: u16 = 14;
const ROOM_FOR_ANYTHING: u16 = 6;

const KEYS: &str = " q quit  1 2 3 views  < > sort  r reverse  / filter  p pause  Enter open  ? help";
const KEYS_OF_FLOWS: &str = " q quit  Esc back  < > sort  r reverse  / filter  p pause  Enter open  ? help";
const KEYS_OF_DETAILS: &str = " q quit  Esc back  p pause  ? help";

const HELP: [(&str, &str); 15] = [
    ("1, 2, 3", "applications, hosts, flows"),
    ("Tab, Shift-Tab", "the next of these, the one before"),
    ("Up, Down, k, j", "select a row; at the top, the first row is selected, whichever it is"),
    ("PgUp, PgDn", "a page up or down"),
    ("Home, End", "the first row, the last"),
    ("Enter", "the flows of an application or a host; all columns of a flow"),
    ("Esc, Backspace", "back; remove the filter"),
    ("<, >, Left, Right", "sort by the column to the left or right"),
    ("r", "reverse the order"),
    ("/", "show only rows that have this text in a cell"),
    ("  Enter", "keep the filter"),
    ("  Esc", "remove it"),
    ("p, Space", "pause the display; packets go on being counted"),
    ("Ctrl-Z", "stop the process until fg"),
    ("q, Ctrl-C", "quit"),
];

const NOTES: [&str; 5] = [
    "Rates are those of the last two seconds, by the time of the packets. Sizes are",
    "those of --accounting-mode. Of hosts, those seen last are kept, as are flows",
    "that have ended. A host has the server names by which it was asked for.",
    "",
    "Press any key to go on.",
];

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

    /// Without colours where the environment variable `NO_COLOR` has a value (<https://no-color.org>).
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

/// Draws all of the screen.
pub(super) fn draw(frame: &mut Frame<'_>, screen: &mut Screen, theme: Theme) {
    let mut page = Page { room: frame.area(), buffer: frame.buffer_mut() };
    if screen.shows_help {
        return help(&mut page, theme);
    }
    let has_room = page.room.height >= ROOM_FOR_ANYTHING;
    if has_room {
        header(&mut page, screen, theme);
    }
    screen.arrange();
    if has_room && let Some(room) = page.take_last() {
        foot(&mut Page { room, buffer: page.buffer }, screen, theme);
    }
    match screen.details {
        Some(_) => details(&mut page, screen, theme),
        None => list(&mut page, screen, theme),
    }
}

/// What is left of the screen to draw on.
struct Page<'b> {
    room: Rect,
    buffer: &'b mut Buffer,
}

impl Page<'_> {
    /// A line of text, if there is place for it.
    fn line(&mut self, text: &str, style: Style) {
        if let Some(line) = self.take_first(1) {
            self.buffer.set_stringn(line.x, line.y, text, line.width.into(), style);
        }
    }

    /// A line whose end stands to the right, if there is place for both.
    fn line_and(&mut self, (text, style): (&str, Style), (end, end_style): (&str, Style)) {
        let Some(line) = self.take_first(1) else { return };
        let width = usize::from(line.width);
        let place = width.saturating_sub(end.chars().count() + 1);
        self.buffer.set_stringn(line.x, line.y, text, place, style);
        let start = line.x + (place + 1).min(width) as u16;
        self.buffer.set_stringn(start, line.y, end, end.chars().count().min(width), end_style);
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

fn header(page: &mut Page<'_>, screen: &Screen, theme: Theme) {
    let has_history = page.room.height >= ROOM_FOR_HISTORY;
    let overview = &screen.snapshot.overview;
    let (state, style) = state(screen, theme);
    let elapsed = span(overview.elapsed_ms);
    page.line_and(
        (&format!("nfstream top  {}", screen.source), theme.title),
        (&format!("{state}  {elapsed}"), style),
    );
    let Overview { traffic, packets_per_second, bits_per_second, alive, ended, .. } = overview;
    page.line(
        &format!(
            "{packets_per_second:.0} packets/s  {} bits/s  {} packets  {}  flows: {alive} alive, {ended} ended",
            bits(*bits_per_second),
            traffic.packets,
            bytes(traffic.bytes),
        ),
        Style::new(),
    );
    warnings(page, overview, theme);
    if has_history {
        history(page, overview, theme);
    }
    tabs(page, screen, theme);
}

/// Whether there is more to come, and how far it has come.
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

/// What is not as it should be, in a line that is there only then.
fn warnings(page: &mut Page<'_>, overview: &Overview, theme: Theme) {
    if let Some(failure) = &overview.failure {
        page.line(&printable(failure), theme.failure);
    }
    let report = &overview.report;
    let lost = report.dropped_by_kernel + report.dropped_by_interface;
    let counts = [(lost, "lost"), (report.ignored(), "ignored"), (report.filtered, "left out by the filter")]
        .map(|(count, what)| (count > 0).then(|| format!("{count} packets {what}")));
    let damage = report.damages.last().map(|damage| printable(&damage.to_string()));
    let style = if damage.is_some() || lost > 0 { theme.warning } else { theme.faint };
    let told: Vec<String> = counts.into_iter().flatten().chain(damage).collect();
    if !told.is_empty() {
        page.line(&told.join("  "), style);
    }
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

fn tabs(page: &mut Page<'_>, screen: &Screen, theme: Theme) {
    if let Some(scope) = screen.scope() {
        let of = match scope {
            Scope::Application(name) => name.to_string(),
            Scope::Host(address) => address.to_string(),
        };
        return page.line(&format!(" Flows of {of} "), theme.selected);
    }
    let Some(line) = page.take_first(1) else { return };
    let mut x = line.x;
    for (view, title) in View::ALL.iter().zip([" 1 Applications ", " 2 Hosts ", " 3 Flows "]) {
        let style = if screen.view == *view { theme.selected } else { Style::new() };
        let room = line.right().saturating_sub(x);
        (x, _) =
            page.buffer.set_stringn(x.min(line.right().saturating_sub(1)), line.y, title, room.into(), style);
    }
}

fn list(page: &mut Page<'_>, screen: &mut Screen, theme: Theme) {
    let Some(heading) = page.take_first(1) else { return };
    let height = usize::from(page.room.height);
    screen.height = height;
    let width = usize::from(page.room.width);
    let (rows, list) = screen.shown();
    let (places, selected) = list.page(height);
    let headings = rows.headings();
    let cells: Vec<(bool, Vec<String>)> = places
        .iter()
        .map(|&row| (rows.has_ended(row), (0..headings.len()).map(|column| rows.cell(row, column)).collect()))
        .collect();
    let widest: Vec<usize> = (0..headings.len())
        .map(|column| cells.iter().map(|(_, cells)| cells[column].chars().count()).max().unwrap_or(0))
        .collect();
    let widths = list.fit(headings, &widest, width);

    let mark = if list.is_descending { "▼" } else { "▲" };
    let titles: Vec<String> = (headings.iter().enumerate())
        .map(|(column, heading)| {
            let mark = if column == list.sorted_by { mark } else { "" };
            format!("{}{mark}", heading.title)
        })
        .collect();
    page.buffer.set_stringn(heading.x, heading.y, line(headings, &titles, &widths), width, theme.head);
    for (place, (has_ended, cells)) in cells.iter().enumerate() {
        let style = match () {
            () if place == selected => theme.selected,
            () if *has_ended => theme.faint,
            () => Style::new(),
        };
        page.line(&format!("{:<width$}", line(headings, cells, &widths)), style);
    }
}

/// Cells that have been given widths.
fn line(headings: &[Heading], cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (column, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        if column > 0 {
            line.push_str(&" ".repeat(GAP));
        }
        let length = cell.chars().count();
        let shortened = if length > width && cell.is_ascii() { shorten(cell, width) } else { cell.clone() };
        let space = " ".repeat(width.saturating_sub(length));
        let is_number = headings.get(column).is_some_and(|heading| heading.is_number);
        line.extend(if is_number { [space, shortened] } else { [shortened, space] });
    }
    line
}

fn details(page: &mut Page<'_>, screen: &mut Screen, theme: Theme) {
    let Some(values) = &screen.snapshot.details else {
        return page.line("This flow ended some time ago; it is no longer kept.", Style::new());
    };
    let indent = values.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + GAP;
    let width = usize::from(page.room.width).saturating_sub(indent).max(1);
    let mut lines = Vec::new();
    for (name, value) in values {
        // Values are ASCII.
        let mut rest = value.as_str();
        let mut name = name.as_str();
        loop {
            let (part, remaining) = rest.split_at(rest.len().min(width));
            lines.push(format!("{name:<indent$}{part}"));
            if remaining.is_empty() {
                break;
            }
            (rest, name) = (remaining, "");
        }
    }
    page.line(&format!("{:<indent$}value so far", "column"), theme.head);
    screen.height = page.room.height.into();
    let Some(details) = &mut screen.details else { return };
    details.scrolled = details.scrolled.min(lines.len().saturating_sub(screen.height));
    for line in lines.iter().skip(details.scrolled) {
        page.line(line, Style::new());
    }
}

/// What is typed, or which keys there are, and how many rows.
fn foot(page: &mut Page<'_>, screen: &mut Screen, theme: Theme) {
    let is_of_flow = screen.details.is_some();
    let keys = match (is_of_flow, screen.scope()) {
        (true, _) => KEYS_OF_DETAILS,
        (false, Some(_)) => KEYS_OF_FLOWS,
        (false, None) => KEYS,
    };
    let gone = screen.snapshot.overview.ended - screen.snapshot.overview.listed_ended;
    let (is_typing, shows_flows) = (screen.is_typing, screen.shows_flows());
    let (_, list) = screen.shown();
    let mut count = format!("{} rows ", list.len());
    if shows_flows && gone > 0 {
        count = format!("{} rows, {gone} flows ended before ", list.len());
    }
    if is_of_flow {
        count.clear();
    }
    let (text, style) = match (is_typing, list.filter.as_str()) {
        (true, filter) => (format!("/{filter}█"), Style::new()),
        (false, filter) if !filter.is_empty() && !is_of_flow => {
            (format!(" only rows with \"{filter}\"  / change  Esc all rows"), theme.warning)
        }
        _ => (keys.to_owned(), theme.faint),
    };
    page.line_and((&text, style), (&count, theme.faint));
}

fn help(page: &mut Page<'_>, theme: Theme) {
    page.line("nfstream top", theme.title);
    page.line("", Style::new());
    for (keys, meaning) in HELP {
        page.line(&format!("  {keys:<18} {meaning}"), Style::new());
    }
    page.line("", Style::new());
    for note in NOTES {
        page.line(note, Style::new());
    }
}

//! Flows as a table to look at: who spoke with whom, what, how much, how long, when, and other requested columns.
//!
//! Rows are shown a page at a time, in bounded memory. The first page decides on the columns and their widths; later pages
//! keep them, so that one header serves all.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::Style;
use indicatif::HumanCount;
use nfstream::sinks::{Patience, Sink, Target};
use nfstream::{Error, Kind, Record, Schema, Streamer, UnknownColumn, shortened};

use crate::failure::Failure;
use crate::progress::aside;
use crate::terminal;

/// Number of rows that are laid out together.
const PAGE: usize = 1000;
/// Most rows that are shown on a terminal.
const MOST_ON_TERMINAL: u64 = 1000;
/// Longest time that a row waits for its page to fill.
const PATIENCE: Duration = Duration::from_secs(1);

/// Least width of an endpoint: an IPv4 address with a port. It is not shortened further to make room for another column.
const ENDPOINT_WIDTH: usize = 21;
/// Width to which other text is shortened if the table has to fit.
const TEXT_WIDTH: usize = 32;
const GAP: usize = 2;

/// Requested contents of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    /// Whether to show the records' columns themselves, as they are, rather than the summary of a flow.
    pub(crate) is_selection: bool,
    /// Columns that are shown after the summary.
    pub(crate) added: Vec<String>,
    /// Parameters whose columns are too many or too wide for the table.
    pub(crate) too_wide: Vec<&'static str>,
}

/// A column of the table.
#[derive(Clone, Debug)]
struct Column {
    header: String,
    cell: Cell,
    is_number: bool,
    /// Rank of the column. If there is no room for all columns, higher ranks go first; among equal ranks, the last column
    /// goes first. Rank 0 stays.
    rank: usize,
}

/// The contents of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    Source,
    Destination,
    Protocol,
    Packets,
    Bytes,
    Seconds,
    Start,
    /// The value of the records' column at this position.
    Value(usize),
}

type Row = Vec<String>;

/// Shows flows on standard output.
pub(crate) struct FlowTable {
    out: BufWriter<Box<dyn Write + Send>>,
    is_styled: bool,
    width: Option<usize>,
    most: Option<u64>,
    asked: Asked,
    columns: Vec<Column>,
    page: Vec<Row>,
    page_began: Instant,
    /// The columns that are shown, and their widths.
    shown: Vec<(usize, usize)>,
    rows_shown: u64,
    left_out: u64,
}

impl Sink for FlowTable {
    fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        self.take(records).map_err(Error::StandardOutput)
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.end().map_err(Error::StandardOutput)
    }

    /// Returns the number of rows that have gone out.
    fn give_up(&mut self) -> u64 {
        self.rows_shown
    }

    /// Message about requested columns that are not shown, and how to see them.
    fn not_shown(&self) -> Option<String> {
        if self.asked.is_selection {
            let is_shown = |place: &usize| self.shown.iter().any(|(shown, _)| shown == place);
            let missing = (0..self.columns.len()).filter(|place| !is_shown(place));
            let missing: Vec<&str> = missing.map(|place| &*self.columns[place].header).collect();
            return (!missing.is_empty() && !self.shown.is_empty()).then(|| {
                format!(
                    "no room for {}: write to a pipe to see them all, as in | less -S",
                    missing.join(", ")
                )
            });
        }
        let parameters = self.asked.too_wide.join(" and ");
        (!parameters.is_empty()).then(|| {
            format!(
                "the columns of {parameters} are not in the table: --columns NAME,... shows some, --output flows.csv writes all"
            )
        })
    }
}

impl FlowTable {
    /// A table for standard output. On a terminal it has the terminal's width and a limit on rows; elsewhere it is whole,
    /// unless `COLUMNS` sets a width. `patience` limits the wait for a reader.
    ///
    /// # Errors
    /// [`Error::StandardOutput`] when it cannot be written.
    pub(crate) fn on_stdout(asked: &Asked, schema: &Schema, patience: &Patience) -> Result<Self, Error> {
        let opened = Target::Stdout.stream(patience).unwrap_or(Err(io::ErrorKind::NotFound.into()));
        let stream: Box<dyn Write + Send> = Box::new(opened.map_err(Error::StandardOutput)?);
        let most = io::stdout().is_terminal().then_some(MOST_ON_TERMINAL);
        Ok(Self {
            out: BufWriter::new(stream),
            is_styled: AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            width: terminal::stdout_width(),
            most,
            asked: asked.clone(),
            columns: if asked.is_selection { selection(schema) } else { summary(schema, &asked.added) },
            page: Vec::new(),
            page_began: Instant::now(),
            shown: Vec::new(),
            rows_shown: 0,
            left_out: 0,
        })
    }

    /// Takes records, and shows rows that have waited long enough.
    fn take(&mut self, records: &[Record]) -> io::Result<()> {
        for record in records {
            if self.most.is_some_and(|most| self.rows_shown + self.page.len() as u64 >= most) {
                self.left_out += 1;
                continue;
            }
            if self.page.is_empty() {
                self.page_began = Instant::now();
            }
            self.page.push(self.columns.iter().map(|column| column.cell.text(record)).collect());
            if self.page.len() >= PAGE {
                aside(|| self.show_page())?;
            }
        }
        if !self.page.is_empty() && self.page_began.elapsed() >= PATIENCE {
            aside(|| self.show_page())?;
        }
        Ok(())
    }

    /// Shows the remaining rows, and says how many flows are not shown.
    fn end(&mut self) -> io::Result<()> {
        self.show_page()?;
        if self.left_out > 0 {
            let more = HumanCount(self.left_out);
            writeln!(self.out, "... and {more} more: --output flows.csv writes them all to a file")?;
        }
        self.out.flush()
    }

    fn show_page(&mut self) -> io::Result<()> {
        if self.page.is_empty() {
            return Ok(());
        }
        let shortens = self.width.is_some();
        if self.shown.is_empty() {
            self.shown = fit(&self.columns, &natural_widths(&self.columns, &self.page), self.width);
            let headers: Row = self.columns.iter().map(|column| column.header.clone()).collect();
            let bold = if self.is_styled { Style::new().bold() } else { Style::new() };
            writeln!(self.out, "{bold}{}{bold:#}", line(&self.columns, &headers, &self.shown, shortens))?;
        }
        for row in &self.page {
            writeln!(self.out, "{}", line(&self.columns, row, &self.shown, shortens))?;
        }
        self.out.flush()?;
        self.rows_shown += self.page.len() as u64;
        self.page.clear();
        Ok(())
    }
}

/// The columns of the summary of a flow, and added columns.
fn summary(schema: &Schema, added: &[String]) -> Vec<Column> {
    let column = |header: &str, cell, is_number, rank| {
        Some(Column { header: header.to_owned(), cell, is_number, rank })
    };
    let value = |header: &str, name: &str, is_number, rank| {
        schema.index_of(name).and_then(|index| column(header, Cell::Value(index), is_number, rank))
    };
    let mut columns = vec![
        column("source", Cell::Source, false, 0),
        column("destination", Cell::Destination, false, 0),
        column("protocol", Cell::Protocol, false, 3),
        value("application", "application_name", false, 2),
        column("packets", Cell::Packets, true, 4),
        column("bytes", Cell::Bytes, true, 5),
        value("pid", "system_process_pid", true, 1),
        value("process", "system_process_name", false, 1),
    ];
    let (wide, narrow): (Vec<_>, Vec<_>) = (added.iter()).partition(|name| {
        schema.index_of(name).is_some_and(|index| !is_number(schema.columns()[index].kind))
    });
    columns.extend(narrow.iter().map(|name| value(name, name, true, 1)));
    columns.extend([
        column("seconds", Cell::Seconds, true, 6),
        value("server name", "requested_server_name", false, 7),
        column("start", Cell::Start, false, 8),
    ]);
    columns.extend(wide.iter().map(|name| value(name, name, false, 1)));
    columns.into_iter().flatten().collect()
}

/// Columns that have other names in the table, and other names for the server name.
const OTHER_NAMES: [(&str, &str); 11] = [
    ("source", "src_ip, with src_port"),
    ("destination", "dst_ip, with dst_port"),
    ("application", "application_name"),
    ("packets", "bidirectional_packets"),
    ("bytes", "bidirectional_bytes"),
    ("pid", "system_process_pid"),
    ("process", "system_process_name"),
    ("seconds", "bidirectional_duration_ms, in milliseconds"),
    ("start", "bidirectional_first_seen_ms"),
    ("server name", "requested_server_name"),
    ("sni", "requested_server_name"),
];

/// The streamer with only these columns. For a name that only the table uses, the error gives the right name.
pub(crate) fn selected(streamer: &Streamer, columns: &[String]) -> Result<Streamer, Failure> {
    streamer.selected(columns).map_err(|error| {
        let Error::NoColumn(UnknownColumn { name, .. }) = &error else { return error.into() };
        let is_meant = |(other, _): &&(&str, &str)| other.eq_ignore_ascii_case(name);
        match OTHER_NAMES.iter().find(is_meant) {
            Some((_, column)) => Failure::Usage(format!("no column is called {name}: it is {column}")),
            None => error.into(),
        }
    })
}

/// The records' columns as they are.
fn selection(schema: &Schema) -> Vec<Column> {
    let columns = schema.columns().iter().enumerate();
    columns
        .map(|(index, column)| Column {
            header: column.name.to_string(),
            cell: Cell::Value(index),
            is_number: is_number(column.kind),
            rank: usize::from(index > 0),
        })
        .collect()
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::UInt8 | Kind::UInt16 | Kind::Int32 | Kind::Int64 | Kind::Float64)
}

impl Cell {
    fn text(self, record: &Record) -> String {
        let flow = record.flow();
        let total = flow.bidirectional();
        match self {
            Self::Source => endpoint(flow.src_ip(), flow.src_port),
            Self::Destination => endpoint(flow.dst_ip(), flow.dst_port),
            Self::Protocol => protocol(flow.protocol),
            Self::Packets => total.packets.to_string(),
            Self::Bytes => total.bytes.to_string(),
            Self::Seconds => format!("{:.3}", Duration::from_millis(total.duration_ms()).as_secs_f64()),
            Self::Start => start(flow.first_seen().milliseconds()),
            Self::Value(index) => {
                record.value(index).map(|value| printable(&value.to_string())).unwrap_or_default()
            }
        }
    }

    fn is_endpoint(self) -> bool {
        matches!(self, Self::Source | Self::Destination)
    }
}

/// Makes a name printable, because names come from packets. A character that a terminal might not show in one place becomes
/// a question mark.
pub(crate) fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

/// A time as a date, to the second.
fn start(milliseconds: u64) -> String {
    as_date(milliseconds, humantime::format_rfc3339_seconds)
}

/// A time as a date, to the millisecond.
#[cfg(feature = "top")]
pub(crate) fn date(milliseconds: u64) -> String {
    as_date(milliseconds, humantime::format_rfc3339_millis)
}

/// A date as in RFC 3339, whose dates end with the year 9999; after that, milliseconds since the epoch.
fn as_date(milliseconds: u64, written: fn(SystemTime) -> humantime::Rfc3339Timestamp) -> String {
    const YEAR_10000_MS: u64 = 253_402_300_800_000;
    if milliseconds >= YEAR_10000_MS {
        return format!("{milliseconds} ms");
    }
    written(UNIX_EPOCH + Duration::from_millis(milliseconds)).to_string()
}

/// An address and a port as in a URI, with IPv6 addresses in brackets (RFC 5952, section 6).
pub(crate) fn endpoint(address: IpAddr, port: u16) -> String {
    match port {
        0 => address.to_string(),
        port => SocketAddr::new(address, port).to_string(),
    }
}

/// The common name of a protocol number (IANA).
pub(crate) fn protocol(number: u8) -> String {
    let name = match number {
        1 => "ICMP",
        2 => "IGMP",
        6 => "TCP",
        17 => "UDP",
        33 => "DCCP",
        46 => "RSVP",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        58 => "ICMPv6",
        88 => "EIGRP",
        89 => "OSPF",
        103 => "PIM",
        112 => "VRRP",
        115 => "L2TP",
        132 => "SCTP",
        136 => "UDP-Lite",
        _ => return number.to_string(),
    };
    name.to_owned()
}

fn natural_widths(columns: &[Column], page: &[Row]) -> Vec<usize> {
    let mut widths: Vec<usize> = columns.iter().map(|column| column.header.len()).collect();
    for row in page {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    widths
}

/// The columns that fit into a width, and their widths. Long text is shortened first. Then columns go by their rank. After
/// that, endpoints are shortened, and finally whatever is left.
fn fit(columns: &[Column], natural: &[usize], width: Option<usize>) -> Vec<(usize, usize)> {
    let mut shown: Vec<(usize, usize)> = natural.iter().copied().enumerate().collect();
    let Some(width) = width else { return shown };
    for (place, natural) in &mut shown {
        let Column { header, cell, is_number, .. } = &columns[*place];
        if matches!(cell, Cell::Value(_)) && !is_number {
            *natural = (*natural).min(TEXT_WIDTH.max(header.len()));
        }
    }
    let is_endpoint = |place: usize| columns[place].cell.is_endpoint();
    let least = |shown: &[(usize, usize)]| {
        let least = |&(place, width): &(usize, usize)| match is_endpoint(place) {
            true => width.min(ENDPOINT_WIDTH),
            false => width,
        };
        shown.iter().map(least).sum::<usize>() + GAP * (shown.len() - 1)
    };
    while least(&shown) > width
        && let Some(last) = (0..shown.len()).max_by_key(|index| (columns[shown[*index].0].rank, *index))
        && columns[shown[last].0].rank > 0
    {
        shown.remove(last);
    }
    let others =
        shown.iter().filter(|(place, _)| !is_endpoint(*place)).map(|(_, width)| width).sum::<usize>();
    let gaps = GAP * (shown.len() - 1);
    match &mut shown[..] {
        [(source, first), (_, second), ..] if is_endpoint(*source) => {
            let place = width.saturating_sub(others + gaps);
            // Each gets half of the room, but one that needs less leaves the rest to the other.
            *first = (*first).min((place / 2).max(place.saturating_sub(*second)));
            *second = (*second).min(place - *first);
        }
        [(_, only)] => *only = (*only).min(width),
        _ => {}
    }
    shown
}

fn line(columns: &[Column], cells: &[String], shown: &[(usize, usize)], shorten_cells: bool) -> String {
    let mut line = String::new();
    for (number, &(place, width)) in shown.iter().enumerate() {
        if number > 0 {
            line.push_str(&" ".repeat(GAP));
        }
        let cell = &cells[place];
        let cell = if shorten_cells { shortened(cell, width) } else { cell.into() };
        line.push_str(&match columns[place].is_number {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(layer_7: bool, added: &[&str]) -> Vec<Column> {
        let added: Vec<String> = added.iter().map(|name| (*name).to_owned()).collect();
        let features = added
            .iter()
            .fold(Streamer::builder(), |builder, name| builder.feature(name.as_str(), "count(syn)"));
        let streamer = features.source(nfstream::Input::Stdin).n_dissections(if layer_7 { 20 } else { 0 });
        summary(streamer.build().unwrap().schema(), &added)
    }

    fn page() -> Vec<Row> {
        let texts = [
            ["10.0.0.1:50000", "10.0.0.2:443", "TCP", "12", "3456", "1.250", "2026-01-02T03:04:05Z"],
            [
                "[fd00::1]:50000",
                "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:443",
                "TCP",
                "1",
                "60",
                "0.000",
                "2026-01-02T03:04:05Z",
            ],
        ];
        texts.map(|row| row.map(str::to_owned).to_vec()).to_vec()
    }

    fn shown(columns: &[Column], page: &[Row], width: Option<usize>) -> Vec<String> {
        let fitting = fit(columns, &natural_widths(columns, page), width);
        let headers: Row = columns.iter().map(|column| column.header.clone()).collect();
        let rows = std::iter::once(&headers).chain(page);
        rows.map(|row| line(columns, row, &fitting, width.is_some())).collect()
    }

    #[test]
    fn a_table_is_whole_where_nothing_needs_to_fit() {
        assert_eq!(
            shown(&columns(false, &[]), &page(), None),
            [
                "source           destination                                   protocol  packets  bytes  seconds  start",
                "10.0.0.1:50000   10.0.0.2:443                                  TCP            12   3456    1.250  2026-01-02T03:04:05Z",
                "[fd00::1]:50000  [2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:443  TCP             1     60    0.000  2026-01-02T03:04:05Z",
            ]
        );
    }

    #[test]
    fn a_narrow_table_loses_its_last_columns_and_the_middle_of_addresses() {
        assert_eq!(
            shown(&columns(false, &[]), &page(), Some(80)),
            [
                "source           destination                   protocol  packets  bytes  seconds",
                "10.0.0.1:50000   10.0.0.2:443                  TCP            12   3456    1.250",
                "[fd00::1]:50000  [2001:db8:aaaa…eee:ffff]:443  TCP             1     60    0.000",
            ]
        );
    }

    #[test]
    fn names_are_shortened_on_a_terminal_only() {
        let name = format!("{}.example.com", "x".repeat(60));
        let cells = [
            "10.0.0.1:50000",
            "10.0.0.2:443",
            "TCP",
            "TLS",
            "12",
            "3456",
            "1.250",
            &name,
            "2026-01-02T03:04:05Z",
        ];
        let page = [cells.map(str::to_owned).to_vec()];
        assert!(shown(&columns(true, &[]), &page, None)[1].contains(&name));
        assert_eq!(
            shown(&columns(true, &[]), &page, Some(110)),
            [
                "source          destination   protocol  application  packets  bytes  seconds  server name",
                "10.0.0.1:50000  10.0.0.2:443  TCP       TLS               12   3456    1.250  xxxxxxxxxxxxxxxx…xxx.example.com",
            ]
        );
        assert_eq!(printable("ż\u{1b}[1m.example"), "??[1m.example");
    }

    /// Requested columns stay while there is room for them.
    #[test]
    fn columns_that_are_added_outlast_others() {
        let row =
            ["10.0.0.1:50000", "10.0.0.2:443", "TCP", "12", "3456", "7", "1.250", "2026-01-02T03:04:05Z"];
        let page = [row.map(str::to_owned).to_vec()];
        let headers = |width| shown(&columns(false, &["syns"]), &page, Some(width)).swap_remove(0);
        assert_eq!(headers(60), "source          destination   protocol  packets  bytes  syns");
        assert_eq!(headers(45), "source          destination   protocol  syns");
        assert_eq!(headers(35), "source          destination   syns");
    }

    #[test]
    fn every_width_is_kept() {
        let mut page = page();
        page.push(vec![String::new(); 7]);
        for width in 1..200 {
            for line in shown(&columns(false, &[]), &page, Some(width)) {
                assert!(line.chars().count() <= width.max(2 + GAP), "{width}: {line}");
            }
        }
    }
}

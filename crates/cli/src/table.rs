//! Flows as a table to look at: who spoke with whom, what, how much, how long, when.
//!
//! Rows are shown a page at a time, in bounded memory. The first page decides on the columns and their widths; later pages
//! keep them, so that one header serves all.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anstream::AutoStream;
use clap::builder::styling::Style;
use indicatif::HumanCount;
use nfstream::Record;

use crate::progress::ProgressBar;
use crate::terminal;

/// Rows that are laid out together.
const PAGE: usize = 1000;
/// Rows that are shown on a terminal.
const MOST_ON_TERMINAL: u64 = 1000;
/// How long a row may wait for its page to fill.
const PATIENCE: Duration = Duration::from_secs(1);

const HEADERS: [&str; 9] = [
    "source",
    "destination",
    "protocol",
    "application",
    "packets",
    "bytes",
    "seconds",
    "server name",
    "start",
];
/// Those that are there only when applications are identified.
const OF_LAYER_7: [usize; 2] = [3, 7];
/// The endpoints: never left out, and shortened if need be.
const ENDPOINTS: usize = 2;
/// An endpoint is not shortened below this, an IPv4 address with a port, to make place for another column.
const ENDPOINT_WIDTH: usize = 21;
const NUMBERS: [&str; 3] = ["packets", "bytes", "seconds"];
const SERVER_NAME: &str = "server name";
/// A server name is shortened to this where the table has to fit.
const SERVER_NAME_WIDTH: usize = 32;
const GAP: usize = 2;

type Row = Vec<String>;

/// Shows flows on standard output.
pub(crate) struct FlowTable {
    out: BufWriter<AutoStream<Stdout>>,
    width: Option<usize>,
    most: Option<u64>,
    headers: Vec<&'static str>,
    page: Vec<Row>,
    page_began: Instant,
    widths: Vec<usize>,
    shown: u64,
    left_out: u64,
}

impl FlowTable {
    /// On a terminal, in its width and with a limit; elsewhere whole, unless `COLUMNS` sets a width.
    pub(crate) fn on_stdout() -> Self {
        let most = io::stdout().is_terminal().then_some(MOST_ON_TERMINAL);
        Self {
            out: BufWriter::new(anstream::stdout()),
            width: terminal::stdout_width(),
            most,
            headers: Vec::new(),
            page: Vec::new(),
            page_began: Instant::now(),
            widths: Vec::new(),
            shown: 0,
            left_out: 0,
        }
    }

    /// Takes records, and shows what has waited long enough.
    pub(crate) fn write(&mut self, records: &[Record], progress: &ProgressBar) -> io::Result<()> {
        for record in records {
            if self.most.is_some_and(|most| self.shown + self.page.len() as u64 >= most) {
                self.left_out += 1;
                continue;
            }
            if self.headers.is_empty() {
                self.headers = headers(record);
            }
            if self.page.is_empty() {
                self.page_began = Instant::now();
            }
            self.page.push(row(record));
            if self.page.len() >= PAGE {
                progress.aside(|| self.show_page())?;
            }
        }
        if !self.page.is_empty() && self.page_began.elapsed() >= PATIENCE {
            progress.aside(|| self.show_page())?;
        }
        Ok(())
    }

    /// Shows what is left, and says how many flows are not shown.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
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
        if self.widths.is_empty() {
            self.widths = fit(natural_widths(&self.headers, &self.page), &self.headers, self.width);
            let bold = Style::new().bold();
            writeln!(
                self.out,
                "{bold}{}{bold:#}",
                line(&self.headers, &self.headers, &self.widths, self.width.is_some())
            )?;
        }
        for row in &self.page {
            writeln!(self.out, "{}", line(&self.headers, row, &self.widths, self.width.is_some()))?;
        }
        self.shown += self.page.len() as u64;
        self.page.clear();
        self.out.flush()
    }
}

fn headers(record: &Record) -> Vec<&'static str> {
    let has_layer_7 = record.get("application_name").is_some();
    let shown = |column: &usize| has_layer_7 || !OF_LAYER_7.contains(column);
    (0..HEADERS.len()).filter(shown).map(|column| HEADERS[column]).collect()
}

fn row(record: &Record) -> Row {
    let flow = record.flow();
    let total = flow.bidirectional();
    let layer_7 = |column| record.get(column).map(|value| printable(&value.to_string()));
    let cells = [
        Some(endpoint(flow.src_ip(), flow.src_port)),
        Some(endpoint(flow.dst_ip(), flow.dst_port)),
        Some(protocol(flow.protocol)),
        layer_7("application_name"),
        Some(total.packets.to_string()),
        Some(total.bytes.to_string()),
        Some(format!("{:.3}", Duration::from_millis(total.duration_ms()).as_secs_f64())),
        layer_7("requested_server_name"),
        Some(start(flow.first_seen().milliseconds())),
    ];
    cells.into_iter().flatten().collect()
}

/// Names come from packets: what a terminal might not show in one place each becomes a question mark.
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

/// A date as in RFC 3339, which ends with the year 9999; milliseconds since the epoch after that.
fn as_date(milliseconds: u64, written: fn(SystemTime) -> humantime::Rfc3339Timestamp) -> String {
    const YEAR_10000_MS: u64 = 253_402_300_800_000;
    if milliseconds >= YEAR_10000_MS {
        return format!("{milliseconds} ms");
    }
    written(UNIX_EPOCH + Duration::from_millis(milliseconds)).to_string()
}

/// Address and port as in a URI, IPv6 addresses in brackets (RFC 5952, section 6).
pub(crate) fn endpoint(address: IpAddr, port: u16) -> String {
    match port {
        0 => address.to_string(),
        port => SocketAddr::new(address, port).to_string(),
    }
}

/// The name by which a protocol number (IANA) is known.
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

fn natural_widths(headers: &[&str], page: &[Row]) -> Vec<usize> {
    let mut widths: Vec<usize> = headers.iter().map(|header| header.len()).collect();
    for row in page {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    widths
}

/// Widths of the columns that have place in so many characters: server names are shortened, the last columns go, then
/// endpoints are shortened.
fn fit(mut widths: Vec<usize>, headers: &[&str], width: Option<usize>) -> Vec<usize> {
    let Some(width) = width else { return widths };
    if let Some(names) = headers.iter().position(|header| *header == SERVER_NAME) {
        widths[names] = widths[names].min(SERVER_NAME_WIDTH);
    }
    let least = |widths: &[usize]| -> usize {
        let (endpoints, others) = widths.split_at(ENDPOINTS);
        let endpoints: usize = endpoints.iter().map(|width| (*width).min(ENDPOINT_WIDTH)).sum();
        endpoints + others.iter().sum::<usize>() + GAP * (widths.len() - 1)
    };
    while widths.len() > ENDPOINTS && least(&widths) > width {
        widths.pop();
    }
    let others = widths[ENDPOINTS..].iter().sum::<usize>() + GAP * (widths.len() - 1);
    let place = width.saturating_sub(others);
    let (source, destination) = (widths[0], widths[1]);
    // Half of the place for each, but one that needs less leaves the rest to the other.
    widths[0] = source.min((place / 2).max(place.saturating_sub(destination)));
    widths[1] = destination.min(place - widths[0]);
    widths
}

fn line(headers: &[&str], cells: &[impl AsRef<str>], widths: &[usize], shorten_cells: bool) -> String {
    let mut line = String::new();
    for (number, (cell, &width)) in cells.iter().map(AsRef::as_ref).zip(widths).enumerate() {
        if number > 0 {
            line.push_str(&" ".repeat(GAP));
        }
        let cell = if shorten_cells { shorten(cell, width) } else { cell.to_owned() };
        let is_number = headers.get(number).is_some_and(|header| NUMBERS.contains(header));
        line.push_str(&if is_number { format!("{cell:>width$}") } else { format!("{cell:<width$}") });
    }
    line.truncate(line.trim_end().len());
    line
}

/// The middle of what is too long becomes an ellipsis: prefix and port of an address stay.
pub(crate) fn shorten(cell: &str, width: usize) -> String {
    // Cells are ASCII.
    if cell.len() <= width {
        return cell.to_owned();
    }
    let kept = width.saturating_sub(1);
    let front = kept / 2;
    format!("{}…{}", &cell[..front], &cell[cell.len() - (kept - front)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHOUT_LAYER_7: [&str; 7] =
        ["source", "destination", "protocol", "packets", "bytes", "seconds", "start"];

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

    fn shown(headers: &[&str], page: &[Row], width: Option<usize>) -> Vec<String> {
        let widths = fit(natural_widths(headers, page), headers, width);
        let rows = page.iter().map(|row| line(headers, row, &widths, width.is_some()));
        std::iter::once(line(headers, headers, &widths, width.is_some())).chain(rows).collect()
    }

    #[test]
    fn a_table_is_whole_where_nothing_needs_to_fit() {
        assert_eq!(
            shown(&WITHOUT_LAYER_7, &page(), None),
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
            shown(&WITHOUT_LAYER_7, &page(), Some(80)),
            [
                "source           destination                   protocol  packets  bytes  seconds",
                "10.0.0.1:50000   10.0.0.2:443                  TCP            12   3456    1.250",
                "[fd00::1]:50000  [2001:db8:aaa…eeee:ffff]:443  TCP             1     60    0.000",
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
        assert!(shown(&HEADERS, &page, None)[1].contains(&name));
        assert_eq!(
            shown(&HEADERS, &page, Some(110)),
            [
                "source          destination   protocol  application  packets  bytes  seconds  server name",
                "10.0.0.1:50000  10.0.0.2:443  TCP       TLS               12   3456    1.250  xxxxxxxxxxxxxxx…xxxx.example.com",
            ]
        );
        assert_eq!(printable("ż\u{1b}[1m.example"), "??[1m.example");
    }

    #[test]
    fn every_width_is_kept() {
        let mut page = page();
        page.push(vec![String::new(); 7]);
        for width in 1..200 {
            for line in shown(&WITHOUT_LAYER_7, &page, Some(width)) {
                assert!(line.chars().count() <= width.max(ENDPOINTS + GAP), "{width}: {line}");
            }
        }
    }
}

//! Flows as a table to look at: who spoke with whom, how much, how long, when.
//!
//! Rows are shown a page at a time, in bounded memory. The first page decides on the columns and their widths; later pages
//! keep them, so that one header serves all.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant, UNIX_EPOCH};

use anstream::AutoStream;
use clap::builder::styling::Style;
use indicatif::HumanCount;
use nfstream::{Flow, Record};

use crate::progress::ProgressBar;
use crate::terminal;

/// Rows that are laid out together.
const PAGE: usize = 1000;
/// Rows that are shown on a terminal.
const MOST_ON_TERMINAL: u64 = 1000;
/// How long a row may wait for its page to fill.
const PATIENCE: Duration = Duration::from_secs(1);

const COLUMNS: usize = 7;
const HEADERS: [&str; COLUMNS] =
    ["source", "destination", "protocol", "packets", "bytes", "seconds", "start"];
/// The endpoints: never left out, and shortened if need be.
const ENDPOINTS: usize = 2;
/// An endpoint is not shortened below this, an IPv4 address with a port, to make place for another column.
const ENDPOINT_WIDTH: usize = 21;
const NUMBERS: std::ops::Range<usize> = 3..6;
const GAP: usize = 2;

type Row = [String; COLUMNS];

/// Shows flows on standard output.
pub(crate) struct FlowTable {
    out: BufWriter<AutoStream<Stdout>>,
    width: Option<usize>,
    most: Option<u64>,
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
            if self.page.is_empty() {
                self.page_began = Instant::now();
            }
            self.page.push(row(record.flow()));
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
    pub(crate) fn finish(mut self) -> io::Result<()> {
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
            self.widths = fit(natural_widths(&self.page), self.width);
            let bold = Style::new().bold();
            writeln!(self.out, "{bold}{}{bold:#}", line(&HEADERS, &self.widths, self.width.is_some()))?;
        }
        for row in &self.page {
            let cells = row.each_ref().map(String::as_str);
            writeln!(self.out, "{}", line(&cells, &self.widths, self.width.is_some()))?;
        }
        self.shown += self.page.len() as u64;
        self.page.clear();
        self.out.flush()
    }
}

fn row(flow: &Flow) -> Row {
    let total = flow.bidirectional();
    [
        endpoint(flow.src_ip(), flow.src_port),
        endpoint(flow.dst_ip(), flow.dst_port),
        protocol(flow.protocol),
        total.packets.to_string(),
        total.bytes.to_string(),
        format!("{:.3}", Duration::from_millis(total.duration_ms()).as_secs_f64()),
        start(flow.first_seen().milliseconds()),
    ]
}

/// A time as a date (RFC 3339), which ends with the year 9999; milliseconds since the epoch after that.
fn start(milliseconds: u64) -> String {
    const YEAR_10000_MS: u64 = 253_402_300_800_000;
    if milliseconds >= YEAR_10000_MS {
        return format!("{milliseconds} ms");
    }
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(milliseconds)).to_string()
}

/// Address and port as in a URI, IPv6 addresses in brackets (RFC 5952, section 6).
fn endpoint(address: IpAddr, port: u16) -> String {
    match port {
        0 => address.to_string(),
        port => SocketAddr::new(address, port).to_string(),
    }
}

/// The name by which a protocol number (IANA) is known.
fn protocol(number: u8) -> String {
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

fn natural_widths(page: &[Row]) -> [usize; COLUMNS] {
    let mut widths = HEADERS.map(str::len);
    for row in page {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    widths
}

/// Widths of the columns that have place in so many characters: the last columns go first, then endpoints are shortened.
fn fit(natural: [usize; COLUMNS], width: Option<usize>) -> Vec<usize> {
    let mut widths = natural.to_vec();
    let Some(width) = width else { return widths };
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

fn line(cells: &[&str; COLUMNS], widths: &[usize], shorten_cells: bool) -> String {
    let mut line = String::new();
    for (number, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        if number > 0 {
            line.push_str(&" ".repeat(GAP));
        }
        let cell = if shorten_cells { shorten(cell, width) } else { (*cell).to_owned() };
        let padded =
            if NUMBERS.contains(&number) { format!("{cell:>width$}") } else { format!("{cell:<width$}") };
        line.push_str(&padded);
    }
    line.truncate(line.trim_end().len());
    line
}

/// The middle of what is too long becomes an ellipsis: prefix and port of an address stay.
fn shorten(cell: &str, width: usize) -> String {
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

    const WIDE: Row = [const { String::new() }; COLUMNS];

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
        texts.map(|row| row.map(str::to_owned)).to_vec()
    }

    fn shown(page: &[Row], width: Option<usize>) -> Vec<String> {
        let widths = fit(natural_widths(page), width);
        let rows = page.iter().map(|row| row.each_ref().map(String::as_str));
        std::iter::once(HEADERS).chain(rows).map(|cells| line(&cells, &widths, width.is_some())).collect()
    }

    #[test]
    fn a_table_is_whole_where_nothing_needs_to_fit() {
        assert_eq!(
            shown(&page(), None),
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
            shown(&page(), Some(80)),
            [
                "source           destination                   protocol  packets  bytes  seconds",
                "10.0.0.1:50000   10.0.0.2:443                  TCP            12   3456    1.250",
                "[fd00::1]:50000  [2001:db8:aaa…eeee:ffff]:443  TCP             1     60    0.000",
            ]
        );
    }

    #[test]
    fn every_width_is_kept() {
        let mut page = page();
        page.push(WIDE);
        for width in 1..200 {
            for line in shown(&page, Some(width)) {
                assert!(line.chars().count() <= width.max(ENDPOINTS + GAP), "{width}: {line}");
            }
        }
    }
}

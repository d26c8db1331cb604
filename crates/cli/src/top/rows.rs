//! Rows of the lists: their columns, the text of their cells, and their order.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use indicatif::HumanBytes;

use super::flow::Flow;
use super::rate::Traffic;
use crate::table::{endpoint, protocol};

/// A column of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    pub(super) title: &'static str,
    /// Whether the cells are numbers. Numbers are aligned to the right, and the largest come first.
    pub(super) is_number: bool,
    /// Least width to which cells may be shortened, if they may be.
    pub(super) least: Option<usize>,
}

const fn text(title: &'static str) -> Heading {
    Heading { title, is_number: false, least: None }
}

const fn long_text(title: &'static str, least: usize) -> Heading {
    Heading { title, is_number: false, least: Some(least) }
}

const fn number(title: &'static str) -> Heading {
    Heading { title, is_number: true, least: None }
}

/// The subject of a row, whatever its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Application(Arc<str>),
    Host(IpAddr),
    /// A flow, by its number.
    Flow(u64),
}

/// The application or host whose flows are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Application(Arc<str>),
    Host(IpAddr),
}

/// Rows of one kind.
pub(super) trait Rows {
    fn headings(&self) -> &'static [Heading];
    fn len(&self) -> usize;
    fn cell(&self, row: usize, column: usize) -> String;
    fn compare(&self, one: usize, other: usize, column: usize) -> Ordering;
    fn subject(&self, row: usize) -> Subject;
    /// Bytes of a row. Among equal rows, the one with more bytes comes first.
    fn bytes(&self, row: usize) -> u64;
    /// Whether the row has no text in a column.
    fn is_blank(&self, _row: usize, _column: usize) -> bool {
        false
    }
    /// Whether the flow in this row has ended.
    fn has_ended(&self, _: usize) -> bool {
        false
    }
}

/// Rows that can be compared quickly.
pub(super) trait Keyed: Rows {
    /// A number in the order of a column. An odd number is cut short: the column may differ between rows with
    /// the same odd number.
    fn key(&self, row: usize, column: usize) -> u128;
}

fn key_of_number(number: u64) -> u128 {
    u128::from(number) << 1
}

fn key_of_rate(per_second: f64) -> u128 {
    // The bits of floating-point numbers that are not negative are in the order of the numbers.
    key_of_number(per_second.max(0.0).to_bits())
}

fn key_of_text(text: &str) -> u128 {
    const LENGTH: usize = 15;
    let mut bytes = [0; 16];
    let kept = text.len().min(LENGTH);
    bytes[..kept].copy_from_slice(&text.as_bytes()[..kept]);
    u128::from_be_bytes(bytes) | u128::from(text.len() > LENGTH)
}

fn key_of_endpoint(address: IpAddr, port: u16) -> u128 {
    match address {
        IpAddr::V4(address) => ((u128::from(address.to_bits()) << 16) | u128::from(port)) << 1,
        IpAddr::V6(address) => (1 << 127) | ((address.to_bits() >> 3) << 1) | 1,
    }
}

/// The column by which a list is sorted, and the direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sorting {
    pub(super) column: usize,
    pub(super) is_descending: bool,
}

/// The order of two rows. Blank cells come last in either direction.
pub(super) fn order<R: Rows + ?Sized>(rows: &R, by: Sorting, one: usize, other: usize) -> Ordering {
    let by_column = rows.compare(one, other, by.column);
    let by_column = if by.is_descending { by_column.reverse() } else { by_column };
    rows.is_blank(one, by.column)
        .cmp(&rows.is_blank(other, by.column))
        .then(by_column)
        .then_with(|| rows.bytes(other).cmp(&rows.bytes(one)))
        .then_with(|| rows.subject(one).cmp(&rows.subject(other)))
}

#[derive(Clone, Debug)]
pub(super) struct ApplicationRow {
    pub(super) name: Arc<str>,
    pub(super) category: Arc<str>,
    pub(super) alive: u64,
    pub(super) total: u64,
    pub(super) traffic: Traffic,
    pub(super) bits_per_second: f64,
    /// Share of all bytes.
    pub(super) share: f64,
}

impl ApplicationRow {
    const HEADINGS: [Heading; 8] = [
        text("application"),
        number("alive"),
        number("flows"),
        number("packets"),
        number("bytes"),
        number("bits/s"),
        number("share"),
        text("category"),
    ];
    pub(super) const BYTES: usize = 4;
    pub(super) const RATE: usize = 5;
}

impl Rows for Vec<ApplicationRow> {
    fn headings(&self) -> &'static [Heading] {
        &ApplicationRow::HEADINGS
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn cell(&self, row: usize, column: usize) -> String {
        let row = &self[row];
        match column {
            0 => row.name.to_string(),
            1 => row.alive.to_string(),
            2 => row.total.to_string(),
            3 => row.traffic.packets.to_string(),
            4 => bytes(row.traffic.bytes),
            5 => bits(row.bits_per_second),
            6 => share(row.share),
            _ => row.category.to_string(),
        }
    }

    fn compare(&self, one: usize, other: usize, column: usize) -> Ordering {
        let (one, other) = (&self[one], &self[other]);
        match column {
            0 => one.name.cmp(&other.name),
            1 => one.alive.cmp(&other.alive),
            2 => one.total.cmp(&other.total),
            3 => one.traffic.packets.cmp(&other.traffic.packets),
            5 => one.bits_per_second.total_cmp(&other.bits_per_second),
            7 => one.category.cmp(&other.category),
            _ => one.traffic.bytes.cmp(&other.traffic.bytes),
        }
    }

    fn subject(&self, row: usize) -> Subject {
        Subject::Application(Arc::clone(&self[row].name))
    }

    fn bytes(&self, row: usize) -> u64 {
        self[row].traffic.bytes
    }

    fn is_blank(&self, row: usize, column: usize) -> bool {
        column == 7 && self[row].category.is_empty()
    }
}

#[derive(Clone, Debug)]
pub(super) struct HostRow {
    pub(super) address: IpAddr,
    pub(super) flows_alive: u64,
    pub(super) flows: u64,
    pub(super) sent: Traffic,
    pub(super) received: Traffic,
    pub(super) bits_per_second: f64,
    pub(super) silent_ms: u64,
    pub(super) names: Vec<Arc<str>>,
}

impl HostRow {
    const HEADINGS: [Heading; 10] = [
        long_text("host", 15),
        number("alive"),
        number("flows"),
        number("sent"),
        number("received"),
        number("bits/s"),
        number("packets sent"),
        number("packets received"),
        number("last seen"),
        long_text("server names", 12),
    ];
    pub(super) const SENT: usize = 3;
    pub(super) const RATE: usize = 5;
    pub(super) const LAST_SEEN: usize = 8;
}

impl Rows for Vec<HostRow> {
    fn headings(&self) -> &'static [Heading] {
        &HostRow::HEADINGS
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn cell(&self, row: usize, column: usize) -> String {
        let row = &self[row];
        match column {
            0 => row.address.to_string(),
            1 => row.flows_alive.to_string(),
            2 => row.flows.to_string(),
            3 => bytes(row.sent.bytes),
            4 => bytes(row.received.bytes),
            5 => bits(row.bits_per_second),
            6 => row.sent.packets.to_string(),
            7 => row.received.packets.to_string(),
            8 => span(row.silent_ms),
            _ => row.names.join(" "),
        }
    }

    fn compare(&self, one: usize, other: usize, column: usize) -> Ordering {
        let (one, other) = (&self[one], &self[other]);
        match column {
            0 => one.address.cmp(&other.address),
            1 => one.flows_alive.cmp(&other.flows_alive),
            2 => one.flows.cmp(&other.flows),
            3 => one.sent.bytes.cmp(&other.sent.bytes),
            4 => one.received.bytes.cmp(&other.received.bytes),
            5 => one.bits_per_second.total_cmp(&other.bits_per_second),
            6 => one.sent.packets.cmp(&other.sent.packets),
            7 => one.received.packets.cmp(&other.received.packets),
            8 => one.silent_ms.cmp(&other.silent_ms),
            _ => one.names.cmp(&other.names),
        }
    }

    fn subject(&self, row: usize) -> Subject {
        Subject::Host(self[row].address)
    }

    fn bytes(&self, row: usize) -> u64 {
        self[row].sent.bytes + self[row].received.bytes
    }

    fn is_blank(&self, row: usize, column: usize) -> bool {
        column == 9 && self[row].names.is_empty()
    }
}

impl Keyed for Vec<HostRow> {
    fn key(&self, row: usize, column: usize) -> u128 {
        let row = &self[row];
        match column {
            0 => key_of_endpoint(row.address, 0),
            1 => key_of_number(row.flows_alive),
            2 => key_of_number(row.flows),
            3 => key_of_number(row.sent.bytes),
            4 => key_of_number(row.received.bytes),
            5 => key_of_rate(row.bits_per_second),
            6 => key_of_number(row.sent.packets),
            7 => key_of_number(row.received.packets),
            8 => key_of_number(row.silent_ms),
            _ => row.names.first().map_or(0, |name| key_of_text(name)) | 1,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct FlowRow {
    pub(super) flow: Flow,
    pub(super) has_ended: bool,
    pub(super) bits_per_second: f64,
    pub(super) age_ms: u64,
    pub(super) idle_ms: u64,
}

impl FlowRow {
    const HEADINGS: [Heading; 10] = [
        long_text("source", 21),
        long_text("destination", 21),
        text("protocol"),
        text("application"),
        number("packets"),
        number("bytes"),
        number("bits/s"),
        number("age"),
        number("idle"),
        long_text("server name", 12),
    ];
    pub(super) const BYTES: usize = 5;
    pub(super) const RATE: usize = 6;

    pub(super) fn new(flow: &Flow, has_ended: bool, now_ms: u64) -> Self {
        Self {
            flow: flow.clone(),
            has_ended,
            bits_per_second: flow.rate.per_second(now_ms) * 8.0,
            age_ms: if has_ended { flow.last_ms } else { now_ms } - flow.first_ms,
            idle_ms: now_ms - flow.last_ms,
        }
    }

    /// Whether the flow belongs to an application or a host.
    pub(super) fn is_of(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Application(name) => self.flow.application == *name,
            Scope::Host(address) => [self.flow.source.0, self.flow.destination.0].contains(address),
        }
    }
}

impl Rows for Vec<FlowRow> {
    fn headings(&self) -> &'static [Heading] {
        &FlowRow::HEADINGS
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn cell(&self, row: usize, column: usize) -> String {
        let FlowRow { flow, has_ended, bits_per_second, age_ms, idle_ms } = &self[row];
        match column {
            0 => endpoint(flow.source.0, flow.source.1),
            1 => endpoint(flow.destination.0, flow.destination.1),
            2 => protocol(flow.protocol),
            3 => flow.application.to_string(),
            4 => flow.traffic.packets.to_string(),
            5 => bytes(flow.traffic.bytes),
            6 => bits(*bits_per_second),
            7 => span(*age_ms),
            8 if *has_ended => "ended".to_owned(),
            8 => span(*idle_ms),
            _ => flow.server_name.as_deref().unwrap_or_default().to_owned(),
        }
    }

    fn compare(&self, one: usize, other: usize, column: usize) -> Ordering {
        let (row, than) = (&self[one], &self[other]);
        let (flow, other) = (&row.flow, &than.flow);
        match column {
            0 => flow.source.cmp(&other.source),
            1 => flow.destination.cmp(&other.destination),
            2 => flow.protocol.cmp(&other.protocol),
            3 => flow.application.cmp(&other.application),
            4 => flow.traffic.packets.cmp(&other.traffic.packets),
            5 => flow.traffic.bytes.cmp(&other.traffic.bytes),
            6 => row.bits_per_second.total_cmp(&than.bits_per_second),
            7 => row.age_ms.cmp(&than.age_ms),
            8 => (row.has_ended, row.idle_ms).cmp(&(than.has_ended, than.idle_ms)),
            _ => flow.server_name.cmp(&other.server_name),
        }
    }

    fn subject(&self, row: usize) -> Subject {
        Subject::Flow(self[row].flow.number)
    }

    fn bytes(&self, row: usize) -> u64 {
        self[row].flow.traffic.bytes
    }

    fn is_blank(&self, row: usize, column: usize) -> bool {
        column == 9 && self[row].flow.server_name.is_none()
    }

    fn has_ended(&self, row: usize) -> bool {
        self[row].has_ended
    }
}

impl Keyed for Vec<FlowRow> {
    fn key(&self, row: usize, column: usize) -> u128 {
        let FlowRow { flow, has_ended, bits_per_second, age_ms, idle_ms } = &self[row];
        match column {
            0 => key_of_endpoint(flow.source.0, flow.source.1),
            1 => key_of_endpoint(flow.destination.0, flow.destination.1),
            2 => key_of_number(flow.protocol.into()),
            3 => key_of_text(&flow.application),
            4 => key_of_number(flow.traffic.packets),
            5 => key_of_number(flow.traffic.bytes),
            6 => key_of_rate(*bits_per_second),
            7 => key_of_number(*age_ms),
            8 => (u128::from(*has_ended) << 65) | key_of_number(*idle_ms),
            _ => flow.server_name.as_deref().map_or(0, key_of_text),
        }
    }
}

/// Bytes with a unit, as in `18.77 KiB`.
pub(super) fn bytes(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

/// Bits per second with an SI prefix and three digits, as in `1.25M`.
pub(super) fn bits(per_second: f64) -> String {
    let mut number = per_second;
    for prefix in ["", "k", "M", "G"] {
        if number < 999.5 {
            let decimals = match (prefix, number) {
                ("", _) => 0,
                (_, number) if number < 9.995 => 2,
                (_, number) if number < 99.95 => 1,
                _ => 0,
            };
            return format!("{number:.decimals$}{prefix}");
        }
        number /= 1000.0;
    }
    format!("{number:.2}T")
}

/// A span of time: `0.4s`, `12s`, `3m05s`, `2h07m`, `5d03h`.
pub(super) fn span(milliseconds: u64) -> String {
    let seconds = Duration::from_millis(milliseconds).as_secs();
    match seconds {
        0..10 => format!("{}.{}s", seconds, milliseconds % 1000 / 100),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

const BAR: usize = 10;
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A bar and a percentage.
fn share(share: f64) -> String {
    let eighths = (share.clamp(0.0, 1.0) * (BAR * 8) as f64).round() as usize;
    let bar = "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
    format!("{bar:<BAR$} {:>3.0}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let bits_of = [0.0, 999.0, 999.6, 1250.0, 99_960.0, 999_499.0, 1e6, 12.34e9, 5e12].map(bits);
        assert_eq!(bits_of, ["0", "999", "1.00k", "1.25k", "100k", "999k", "1.00M", "12.3G", "5.00T"]);
        let spans = [0, 450, 9_999, 12_000, 185_000, 7_620_000, 443_000_000].map(span);
        assert_eq!(spans, ["0.0s", "0.4s", "9.9s", "12s", "3m05s", "2h07m", "5d03h"]);
        assert_eq!(span(u64::MAX), "213503982334d14h");
    }

    #[test]
    fn a_share_is_a_bar() {
        assert_eq!(
            [0.0, 0.06, 0.5, 1.0].map(share),
            ["             0%", "▋            6%", "█████       50%", "██████████ 100%"]
        );
    }
}

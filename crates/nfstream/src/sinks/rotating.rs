//! Files that are turned over by the clock or by size, and named after the time.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, fs, io};

use jiff::fmt::strtime;
use jiff::{Timestamp, ZonedDateTime};
use nfstream_capture::{in_words, told_of};

use super::file_name::stem_and_extensions;
use super::formats::Format;
use super::retrying::Attempt;
use super::sink::{Recovery, Sink};
use super::target::{self, Growing, Target};
use super::writer::Writer;
use crate::error::Error;
use crate::pool::Pool;
use crate::record::{Record, Schema};

/// Most records that are written at once.
const STRIDE: usize = 256;

const DAY: i64 = 24 * 60 * 60;

/// Writes records to one file after another, each named by a [`Pattern`].
///
/// Files appear as a whole or not at all, as those of a [`Writer`] do. No file is ever replaced: if a name is taken, the file gets
/// `-1`, `-2`, ... before its extension. Directories in the names are made if they do not exist. A time without records makes no file.
/// If a file lacks records of its time because something failed, `.incomplete` is added to the end of its name.
///
/// The time in a name is when the file's time began. This is the time of the last turn by the clock, the start, the turn by size or
/// the call of [`turn`](Self::turn). Times are local, as `TZ` or the system says, and are those of the clock, not of packets.
pub struct Rotating {
    pattern: Pattern,
    format: Format,
    schema: Arc<Schema>,
    turns: Vec<Turn>,
    span: Span,
    /// Has no file until there is a record.
    attempt: Attempt,
    last_name: LastName,
    files: u64,
}

/// When a file is complete and the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// By the clock: with five minutes at :00, :05, ..., with a day at midnight. These are the multiples of the interval since
    /// midnight of 1970-01-01, local time. An interval shorter than a day also turns when the zone's offset changes. Intervals are
    /// whole seconds, at least one.
    Interval(Duration),
    /// By size in bytes, as [`Writer::bytes`] counts them. A file may exceed it by a few bytes, because it ends with a whole record.
    Size(u64),
}

/// The name of files, with conversions of strftime(3) for the time: `flows-%Y%m%d-%H%M.parquet`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

/// The error for a path that is not a valid [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPattern {
    path: PathBuf,
    reason: String,
}

/// The error for text that is not a valid [`Turn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTurn {
    /// The number is a fraction.
    #[error("give a whole number, such as 90m for 1.5h or 1500MB for 1.5GB")]
    Fraction,
    /// The number of seconds or bytes is above [`u64::MAX`].
    #[error("too large: give an interval such as 1d, or a size such as 500MB")]
    TooLarge,
    /// It is neither an interval nor a size.
    #[error("give an interval such as 30s, 5m, 1h or 1d, or a size such as 500MB, 1GiB or 20000 (bytes)")]
    Neither,
}

impl Rotating {
    /// Begins with a file that records may be written to.
    ///
    /// # Errors
    /// [`Error::Output`] when no file can be created.
    pub fn create(
        pattern: Pattern,
        format: Format,
        schema: &Arc<Schema>,
        turns: impl Into<Vec<Turn>>,
    ) -> Result<Self, Error> {
        let turns = turns.into();
        let span = Span::beginning(&ZonedDateTime::now(), &turns);
        // A mistake in the path is reported now, not with the first record.
        let attempt = Attempt::of(begin_file(pattern.at(&span.began), format, schema)?);
        let (schema, last_name) = (Arc::clone(schema), LastName::default());
        Ok(Self { pattern, format, schema, turns, span, attempt, last_name, files: 0 })
    }

    /// Lets idle workers of a run help to write from now on, as [`Writer::set_pool`] does.
    pub fn set_pool(&mut self, pool: &Arc<Pool>) {
        self.attempt.set_pool(pool);
    }

    /// Number of records to write next: as many as still fit in the file, judging by the size of those already in it.
    fn stride(&self) -> usize {
        let sizes = self.turns.iter().filter_map(|turn| match turn {
            Turn::Size(most) => Some(*most),
            Turn::Interval(_) => None,
        });
        let Some(most) = sizes.min() else { return STRIDE };
        let (bytes, records) = self.attempt.writer().map_or((0, 0), |file| (file.bytes(), file.records()));
        let place = most.saturating_sub(bytes).saturating_mul(records) / bytes.max(1);
        usize::try_from(place).unwrap_or(STRIDE).clamp(1, STRIDE)
    }

    fn write_stride(&mut self, records: &[Record]) -> Result<(), Error> {
        let Self { pattern, format, schema, span, attempt, .. } = self;
        attempt.write(records, || begin_file(pattern.at(&span.began), *format, schema))?;
        self.turn_by_size()
    }

    fn turn_by_clock(&mut self) -> Result<(), Error> {
        match self.span.after(&ZonedDateTime::now(), &self.turns) {
            Some(span) => self.turn_to(span),
            None => Ok(()),
        }
    }

    fn turn_by_size(&mut self) -> Result<(), Error> {
        let bytes = self.attempt.writer().map_or(0, Writer::bytes);
        let is_full = |turn: &Turn| matches!(turn, Turn::Size(most) if bytes >= *most);
        if self.turns.iter().any(is_full) { self.turn() } else { Ok(()) }
    }

    fn turn_to(&mut self, span: Span) -> Result<(), Error> {
        let completed = self.complete();
        self.span = span;
        completed
    }

    fn complete(&mut self) -> Result<(), Error> {
        let Self { pattern, span, attempt, last_name, .. } = self;
        let records = attempt.writer().map_or(0, Writer::records);
        if records == 0 {
            attempt.begin_anew();
            return Ok(());
        }
        attempt.complete(|writer| {
            writer.finish_with(|growing| last_name.give(growing, pattern.at(&span.began)))
        })?;
        self.files += 1;
        Ok(())
    }
}

impl Sink for Rotating {
    /// Writes records, in their order, after a turn by the clock if it is time.
    ///
    /// # Errors
    /// [`Error::Output`] when a file cannot be created, written or completed. The lost records are [counted](Self::lost): those of
    /// `records` that are not written, and in [`Format::Arrow`] and [`Format::Parquet`] also those that the file had. The next call
    /// continues, with another file if need be.
    fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        let turned = self.turn_by_clock();
        let mut rest = records;
        while !rest.is_empty() {
            let (stride, later) = rest.split_at(rest.len().min(self.stride()));
            if let Err(error) = self.write_stride(stride) {
                self.attempt.leave_out(later.len() as u64);
                return Err(error);
            }
            rest = later;
        }
        turned
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.attempt.flush()
    }

    /// Completes the current file now; the next record begins the next file.
    fn turn(&mut self) -> Result<(), Error> {
        let span = Span::beginning(&ZonedDateTime::now(), &self.turns);
        self.turn_to(span)
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.complete()
    }

    /// Removes the current file.
    fn give_up(&mut self) -> u64 {
        self.attempt.give_up()
    }

    fn recovery(&self) -> Recovery {
        Recovery::Again
    }

    fn leave_out(&mut self, records: u64) {
        self.attempt.leave_out(records);
    }

    /// Counted as [`Retrying`](super::Retrying) does.
    fn lost(&self) -> u64 {
        self.attempt.lost
    }

    fn files(&self) -> u64 {
        self.files
    }

    fn is_text(&self) -> bool {
        self.format.is_text()
    }

    fn take_incomplete(&mut self) -> Option<PathBuf> {
        self.attempt.incomplete.take()
    }
}

/// Begins a file that does not have its final name yet, in the directory where it will have one.
fn begin_file(path: PathBuf, format: Format, schema: &Arc<Schema>) -> Result<Writer, Error> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let opened = make_directory(directory).and_then(|()| target::begin(&path));
    Writer::begin(opened, Target::Path(path), format, schema)
}

fn make_directory(directory: &Path) -> io::Result<()> {
    if directory.as_os_str().is_empty() {
        return Ok(());
    }
    fs::create_dir_all(directory).map_err(|error| {
        let (directory, reason) = (directory.display(), in_words(&error));
        io::Error::new(error.kind(), format!("cannot create the directory {directory}: {reason}"))
    })
}

/// The time that a file covers.
#[derive(Clone, Debug)]
struct Span {
    began: ZonedDateTime,
    /// For each interval, the multiple of it that the span is in.
    periods: Vec<Period>,
}

/// A multiple of an interval, in local time, and the zone's offset from UTC, which is 0 if it does not matter.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Period {
    number: i64,
    offset: i32,
    begin: i64,
}

impl Period {
    fn at(time: &ZonedDateTime, interval: Duration) -> Self {
        let seconds = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX).max(1);
        let offset = time.offset().seconds();
        let number = (time.timestamp().as_second() + i64::from(offset)).div_euclid(seconds);
        let begin = number.saturating_mul(seconds) - i64::from(offset);
        Self { number, offset: if seconds < DAY { offset } else { 0 }, begin }
    }

    fn is(&self, other: &Period) -> bool {
        (self.number, self.offset) == (other.number, other.offset)
    }
}

impl Span {
    fn beginning(now: &ZonedDateTime, turns: &[Turn]) -> Self {
        let intervals = turns.iter().filter_map(|turn| match turn {
            Turn::Interval(interval) => Some(*interval),
            Turn::Size(_) => None,
        });
        Self { began: now.clone(), periods: intervals.map(|interval| Period::at(now, interval)).collect() }
    }

    /// The span that `now` is in, if that is not this one.
    fn after(&self, now: &ZonedDateTime, turns: &[Turn]) -> Option<Span> {
        let mut next = Self::beginning(now, turns);
        let turned = next.periods.iter().zip(&self.periods).filter(|(next, own)| !next.is(own));
        // The time of the turn itself, though the turn may be noticed a little later.
        let began = turned.map(|(next, _)| next.begin).max()?;
        if let Ok(began) = Timestamp::from_second(began) {
            next.began = now.timestamp().min(began).to_zoned_datetime(now.time_zone().clone());
        }
        Some(next)
    }
}

/// The path that was used last, and the number that was appended to it.
#[derive(Default)]
struct LastName {
    path: PathBuf,
    number: u64,
}

impl LastName {
    /// Gives a file its name, or the name with the first number that no file has.
    fn give(&mut self, growing: Growing, path: PathBuf) -> io::Result<()> {
        let from = if self.path == path { self.number + 1 } else { 0 };
        let mut number = from;
        let names = (from..=u64::MAX).map(|candidate| {
            number = candidate;
            with_number(&path, candidate)
        });
        growing.rename_to_first_free(names)?;
        *self = Self { path, number };
        Ok(())
    }
}

fn with_number(path: &Path, number: u64) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let (mut name, extensions) = stem_and_extensions(path);
    name.push(format!("-{number}"));
    name.push(extensions);
    path.with_file_name(name)
}

impl Pattern {
    /// Checks the conversions of a path.
    ///
    /// # Errors
    /// [`InvalidPattern`] for a conversion that strftime(3) does not have (`%%` stands for a percent sign), and for a path that names
    /// no file or is not UTF-8.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, InvalidPattern> {
        let path = path.into();
        let Some(text) = path.to_str() else {
            return Err(InvalidPattern { path, reason: "the name is not UTF-8".to_owned() });
        };
        let reason = match strtime::format(text, &ZonedDateTime::now()) {
            Ok(name) if Path::new(&name).file_name().is_some() => return Ok(Self(text.to_owned())),
            Ok(_) => "is not the name of a file".to_owned(),
            Err(error) => format!("{error} (%% stands for a percent sign)"),
        };
        Err(InvalidPattern { path, reason })
    }

    fn at(&self, time: &ZonedDateTime) -> PathBuf {
        // The pattern was checked when it was made, so it can be formatted.
        strtime::format(&self.0, time).unwrap_or_else(|_| self.0.clone()).into()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&told_of(self.path.display(), &self.reason))
    }
}

impl std::error::Error for InvalidPattern {}

/// `30s`, `5m`, `1h`, `1d` for an interval; `1GiB`, `500MB`, `20000` (bytes) for a size.
impl FromStr for Turn {
    type Err = InvalidTurn;

    fn from_str(text: &str) -> Result<Self, InvalidTurn> {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits(text));
        if number.is_empty() {
            return Err(InvalidTurn::Neither);
        }
        if unit.strip_prefix(['.', ',']).is_some_and(|rest| digits(rest) > 0) {
            return Err(InvalidTurn::Fraction);
        }
        let seconds: fn(u64) -> Turn = |number| Turn::Interval(Duration::from_secs(number));
        let size: fn(u64) -> Turn = Turn::Size;
        let (turn, each) = match unit.trim_start() {
            "s" => (seconds, 1),
            "m" | "min" => (seconds, 60),
            "h" => (seconds, 60 * 60),
            "d" => (seconds, DAY as u64),
            "" | "B" => (size, 1),
            "kB" | "KB" => (size, 1_000),
            "MB" => (size, 1_000_000),
            "GB" => (size, 1_000_000_000),
            "TB" => (size, 1_000_000_000_000),
            "PB" => (size, 1_000_000_000_000_000),
            "EB" => (size, 1_000_000_000_000_000_000),
            "KiB" => (size, 1 << 10),
            "MiB" => (size, 1 << 20),
            "GiB" => (size, 1 << 30),
            "TiB" => (size, 1 << 40),
            "PiB" => (size, 1 << 50),
            "EiB" => (size, 1 << 60),
            _ => return Err(InvalidTurn::Neither),
        };
        let number = number.parse().ok().and_then(|number: u64| number.checked_mul(each));
        match number.ok_or(InvalidTurn::TooLarge)? {
            0 => Err(InvalidTurn::Neither),
            number => Ok(turn(number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn turn(text: &str) -> Option<Turn> {
        text.parse().ok()
    }

    #[test]
    fn turns_are_intervals_or_sizes() {
        let interval = |seconds| Some(Turn::Interval(Duration::from_secs(seconds)));
        for (text, meant) in [
            ("30s", interval(30)),
            ("5m", interval(300)),
            ("1h", interval(3600)),
            ("2d", interval(172_800)),
            ("1GiB", Some(Turn::Size(1 << 30))),
            ("15EiB", Some(Turn::Size(15 << 60))),
            ("2PB", Some(Turn::Size(2_000_000_000_000_000))),
            ("500MB", Some(Turn::Size(500_000_000))),
            ("500 MB", Some(Turn::Size(500_000_000))),
            ("20000", Some(Turn::Size(20_000))),
            ("0", None),
            ("0s", None),
            ("5M", None),
            ("m", None),
            ("-5m", None),
            ("1.5h", None),
            ("99999999999999999999", None),
            ("18446744073709551615d", None),
            ("", None),
        ] {
            assert_eq!(turn(text), meant, "{text}");
        }
    }

    #[test]
    fn numbers_come_before_the_extension() {
        for (path, number, with) in [
            ("a/flows.csv", 0, "a/flows.csv"),
            ("a/flows.csv", 2, "a/flows-2.csv"),
            ("a.b/flows", 1, "a.b/flows-1"),
            ("a.b/1.5.csv.zst", 1, "a.b/1.5-1.csv.zst"),
        ] {
            assert_eq!(with_number(Path::new(path), number), Path::new(with));
        }
    }

    #[test]
    fn conversions_are_checked() {
        assert!(Pattern::new("flows-%Y%m%d-%H%M%S-%z-%%.csv").is_ok());
        let refused = Pattern::new("flows-%!.csv").unwrap_err().to_string();
        assert!(refused.starts_with("flows-%!.csv: ") && refused.contains("%%"), "{refused}");
        assert_eq!(Pattern::new("flows/..").unwrap_err().to_string(), "flows/.. is not the name of a file");
    }

    /// The local times at which files begin, for a clock that is checked every ten minutes.
    fn beginnings(zone: &str, from: &str, hours: u64, turns: &[&str]) -> Vec<String> {
        let turns: Vec<Turn> = turns.iter().filter_map(|text| turn(text)).collect();
        let zone = TimeZone::posix(zone).unwrap();
        let start: Timestamp = from.parse().unwrap();
        let at = |minutes: u64| (start + Duration::from_secs(minutes * 60)).to_zoned_datetime(zone.clone());
        let mut span = Span::beginning(&at(0), &turns);
        let mut began = vec![span.began.clone()];
        for minutes in (0..=hours * 60).step_by(10) {
            if let Some(next) = span.after(&at(minutes), &turns) {
                began.push(next.began.clone());
                span = next;
            }
        }
        began.iter().map(|time| time.strftime("%d %H:%M %z").to_string()).collect()
    }

    #[test]
    fn intervals_are_those_of_the_clock() {
        const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
        assert_eq!(
            beginnings("IST-5:30", "2026-07-01T04:37:00Z", 3, &["1h"]),
            ["01 10:07 +0530", "01 11:00 +0530", "01 12:00 +0530", "01 13:00 +0530"]
        );
        assert_eq!(
            beginnings("EST5EDT,M3.2.0,M11.1.0", "2026-07-02T02:07:00Z", 30, &["1d", "1MiB"]),
            ["01 22:07 -0400", "02 00:00 -0400", "03 00:00 -0400"]
        );
        // Clocks go back at 3:00: one hour occurs twice, and the day has 25 hours.
        assert_eq!(
            beginnings(BERLIN, "2026-10-24T23:30:00Z", 3, &["1h"]),
            ["25 01:30 +0200", "25 02:00 +0200", "25 02:00 +0100", "25 03:00 +0100"]
        );
        assert_eq!(
            beginnings(BERLIN, "2026-10-24T21:30:00Z", 26, &["1d"]),
            ["24 23:30 +0200", "25 00:00 +0200", "26 00:00 +0100"]
        );
    }
}

//! Sinks: records as files, or as a stream on the standard output.
//!
//! ```no_run
//! use nfstream::Streamer;
//! use nfstream::sinks::{Format, Writer};
//!
//! let mut records = Streamer::builder().source("capture.pcap").build()?.records()?;
//! let mut writer = Writer::create("flows.parquet", Format::Parquet, records.schema())?;
//! while let Some(batch) = records.next_batch() {
//!     writer.write(&batch?)?;
//! }
//! writer.finish()?;
//! # Ok::<(), nfstream::Error>(())
//! ```

#[cfg(feature = "arrow")]
mod arrow_ipc;
mod compressed;
mod csv;
mod further;
pub mod ipfix;
mod json;
mod lines;
mod numbered;
mod output;
#[cfg(feature = "parquet")]
mod parquet;
mod retrying;
mod rotating;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::{fmt, io};

#[cfg(feature = "arrow")]
use self::arrow_ipc::ArrowIpc;
use self::compressed::Compression;
use self::csv::Csv;
pub use self::further::{Further, FurtherWriter};
use self::json::{JsonArray, JsonLines, Objects};
use self::lines::Lines;
pub use self::numbered::Numbered;
use self::output::{Growing, Output};
pub use self::output::{Patience, Target};
#[cfg(feature = "parquet")]
use self::parquet::Parquet;
#[cfg(feature = "parquet")]
pub use self::parquet::ParquetWriter;
pub use self::retrying::Retrying;
pub use self::rotating::{InvalidPattern, InvalidTurn, Pattern, Rotating, Turn};
use crate::error::Error;
use crate::record::{Record, Schema};

/// A file format that records can be written in. Text is compressed where the target's name ends in `.gz` (gzip) or `.zst`
/// (Zstandard) after the extension of the format, as in `flows.csv.gz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Comma-separated values (RFC 4180), each line ended by a line feed. The first line names the columns, and is there
    /// even without records. Lists are written as `"[1, 2]"`. Text is written as it is: a spreadsheet may take text
    /// that begins with `=` for a formula.
    Csv,
    /// The same for spreadsheets: an apostrophe stands before text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return.
    /// Its name and extension are those of CSV.
    CsvSafe,
    /// JSON Lines: one object (RFC 8259) on each line, its members named after the columns. Numbers that JSON does not
    /// have (infinite, not a number) are `null`.
    JsonLines,
    /// JSON: an array of the objects that JSON Lines has, each on a line of its own.
    Json,
    /// Apache Arrow IPC: the file format, or the stream format on the standard output and where the target is no regular
    /// file. Record batches of [`BATCH_ROWS`](crate::arrow::BATCH_ROWS) rows. Fields carry `unit` and `doc` as metadata.
    #[cfg(feature = "arrow")]
    Arrow,
    /// Apache Parquet, compressed with Zstandard. Readers that understand the embedded Arrow schema find `unit` and `doc`
    /// of each column in its fields' metadata.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Format {
    /// All formats that have a name of their own.
    pub const ALL: &'static [Format] = &[
        Format::Csv,
        Format::JsonLines,
        Format::Json,
        #[cfg(feature = "arrow")]
        Format::Arrow,
        #[cfg(feature = "parquet")]
        Format::Parquet,
    ];

    /// The name that [`FromStr`] knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv | Format::CsvSafe => "csv",
            Format::JsonLines => "jsonl",
            Format::Json => "json",
            #[cfg(feature = "arrow")]
            Format::Arrow => "arrow",
            #[cfg(feature = "parquet")]
            Format::Parquet => "parquet",
        }
    }

    /// The file name extensions that stand for it, in lower case.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Format::Csv | Format::CsvSafe => &["csv"],
            Format::JsonLines => &["jsonl", "ndjson"],
            Format::Json => &["json"],
            #[cfg(feature = "arrow")]
            Format::Arrow => &["arrow", "feather", "ipc"],
            #[cfg(feature = "parquet")]
            Format::Parquet => &["parquet", "pq"],
        }
    }

    /// Whether it is lines of text, which reach the operating system as they are written and can be compressed.
    pub fn is_text(self) -> bool {
        matches!(self, Format::Csv | Format::CsvSafe | Format::JsonLines | Format::Json)
    }

    /// The format that a path's extension stands for, whatever its case; the one before `.gz` or `.zst`.
    pub fn from_path(path: &Path) -> Option<Format> {
        let uncompressed = Compression::from_path(path).map(|_| path.with_extension(""));
        let path = uncompressed.as_deref().unwrap_or(path);
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.iter().copied().find(|format| format.extensions().contains(&extension.as_str()))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let format = Self::ALL.iter().copied().find(|format| format.name() == name);
        format.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// A name that is not a [`Format`]'s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
        write!(f, "{:?} is not an output format: choose one of {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownFormat {}

/// Writes records to a [`Target`].
///
/// A file appears whole or not at all: records go to a file beside it whose name has `.part` behind it (`flows.csv.part`; where that
/// is taken, `flows.csv.1.part`, `flows.csv.2.part`, ...), so that one can follow it. It takes the target's name, and replaces what
/// was there, when [`finish`](Self::finish) is called. A writer that is dropped before that leaves nothing
/// behind. The same records give the same bytes, however they are distributed over calls of [`write`](Self::write).
pub struct Writer {
    sink: Box<dyn Sink>,
    /// Set when something failed: what is incomplete must not get the target's name.
    failed: bool,
    schema: Arc<Schema>,
    /// Records that have been taken.
    records: u64,
    target: Target,
    /// For a regular file.
    growing: Option<Growing>,
}

/// Records to bytes, in one format.
trait Sink: Send {
    fn write(&mut self, records: &[Record]) -> io::Result<()>;

    /// Bytes of the output so far; of what is still held back, an estimate.
    fn bytes(&self) -> u64;

    /// Lets out what is held back, as far as that does not change the format's units.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// After an error: brings the output back to where it was whole, and says how many records it has there.
    fn take_back(&mut self) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Writes what is still held back; the output is complete then.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

impl Writer {
    /// Begins an output for records of a schema.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be created: its directory does not exist, or the operating system refuses.
    pub fn create(target: impl Into<Target>, format: Format, schema: &Arc<Schema>) -> Result<Self, Error> {
        Self::create_with(target, format, schema, &Patience::default())
    }

    /// The same, where a FIFO is not waited for in any case.
    ///
    /// # Errors
    /// [`Error::Output`], as [`create`](Self::create), and when patience ends; so are errors of the other methods then.
    pub fn create_with(
        target: impl Into<Target>,
        format: Format,
        schema: &Arc<Schema>,
        patience: &Patience,
    ) -> Result<Self, Error> {
        let target = target.into();
        let opened = output::open(&target, patience);
        Self::begin(opened, target, format, schema)
    }

    fn begin(
        opened: io::Result<(Output, Option<Growing>)>,
        target: Target,
        format: Format,
        schema: &Arc<Schema>,
    ) -> Result<Self, Error> {
        let begin = || {
            let compression = compression(&target, format)?;
            let (output, growing) = opened?;
            Ok((sink(output, growing.is_some(), format, compression, schema)?, growing))
        };
        match begin() {
            Ok((sink, growing)) => {
                Ok(Self { sink, failed: false, schema: Arc::clone(schema), records: 0, target, growing })
            }
            Err(source) => Err(failure(&target, source)),
        }
    }

    /// Writes records, in their order. Lines of text have reached the operating system when this returns, unless they are
    /// compressed; [`Format::Arrow`] and [`Format::Parquet`] collect a batch of rows first.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be written, when a record has other columns than the schema, or when, in a
    /// typed format, a plugin's value is not of its column's [`Kind`](crate::Kind). The output cannot be completed
    /// then, unless [`take_back`](Self::take_back) helps.
    pub fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        match self.try_write(records) {
            Ok(()) => {
                self.records += records.len() as u64;
                Ok(())
            }
            Err(source) => {
                self.failed = true;
                Err(failure(&self.target, source))
            }
        }
    }

    fn try_write(&mut self, records: &[Record]) -> io::Result<()> {
        if records.iter().any(|record| !self.fits(record)) {
            let reason = "a record has other columns than the output";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        if self.failed {
            return Err(incomplete());
        }
        self.sink.write(records)
    }

    /// Lets the operating system have what compression holds back, so that whoever follows the output has it. Bytes come out
    /// otherwise than without, and a few more. Arrow and Parquet go on to collect a batch of rows.
    ///
    /// # Errors
    /// [`Error::Output`], as [`write`](Self::write).
    pub fn flush(&mut self) -> Result<(), Error> {
        let flushed = if self.failed { Err(incomplete()) } else { self.sink.flush() };
        flushed.map_err(|source| {
            self.failed = true;
            failure(&self.target, source)
        })
    }

    /// The name that the file has until it is complete; `None` for what is no regular file.
    pub fn growing_path(&self) -> Option<&Path> {
        self.growing.as_ref().map(Growing::path)
    }

    fn fits(&self, record: &Record) -> bool {
        Arc::ptr_eq(record.schema(), &self.schema) || record.schema().columns() == self.schema.columns()
    }

    /// Records that the output has been given, without those that were taken back.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Bytes of the output so far. [`Format::Arrow`] and [`Format::Parquet`] hold rows back; of those it is an estimate.
    pub fn bytes(&self) -> u64 {
        self.sink.bytes()
    }

    /// After a failed [`write`](Self::write): takes back what reached the output of it beyond whole records, so that it can be
    /// written to again and be completed. [`records`](Self::records) says how many are left. False where that cannot be:
    /// formats that are no text, targets that are no regular files.
    pub fn take_back(&mut self) -> bool {
        if self.growing.is_none() {
            return false;
        }
        let Ok(records) = self.sink.take_back() else { return false };
        self.records = records;
        self.failed = false;
        true
    }

    /// Completes the output. A file has its name when this returns.
    ///
    /// # Errors
    /// [`Error::Output`] when what was left cannot be written, the file cannot be renamed, or an earlier call failed.
    pub fn finish(self) -> Result<(), Error> {
        self.finish_with(Growing::rename)
    }

    /// The same, where the file has to be there whole after a power cut: it waits for the disk.
    ///
    /// # Errors
    /// As [`finish`](Self::finish), and when the disk does not take the file.
    pub fn finish_durably(self) -> Result<(), Error> {
        self.finish_with(Growing::rename_durably)
    }

    fn finish_with(self, rename: impl FnOnce(Growing) -> io::Result<()>) -> Result<(), Error> {
        let Self { sink, failed, target, growing, .. } = self;
        let finished = if failed { Err(incomplete()) } else { sink.finish() };
        let renamed = finished.and_then(|()| growing.map_or(Ok(()), rename));
        renamed.map_err(|source| failure(&target, source))
    }
}

fn incomplete() -> io::Error {
    io::Error::other("cannot be completed: an earlier write failed")
}

/// How the target's name says that it is compressed.
fn compression(target: &Target, format: Format) -> io::Result<Option<Compression>> {
    let Target::Path(path) = target else { return Ok(None) };
    let compression = Compression::from_path(path);
    if compression.is_some() && !format.is_text() {
        let reason = format!("{format} is not compressed as a whole: leave out .gz or .zst");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    Ok(compression)
}

/// What comes before a number that tells files apart, and what behind it: `flows` and `.csv.gz`.
fn stem_and_extensions(path: &Path) -> (OsString, OsString) {
    let mut stem = path.file_stem().unwrap_or_default();
    let mut extensions = OsString::new();
    if Compression::from_path(path).is_some()
        && let Some(format) = Path::new(stem).extension()
    {
        stem = Path::new(stem).file_stem().unwrap_or_default();
        extensions.push(".");
        extensions.push(format);
    }
    if let Some(extension) = path.extension() {
        extensions.push(".");
        extensions.push(extension);
    }
    (stem.to_owned(), extensions)
}

#[cfg_attr(not(feature = "arrow"), expect(unused_variables, reason = "only Arrow has two formats"))]
fn sink(
    output: Output,
    is_regular_file: bool,
    format: Format,
    compression: Option<Compression>,
    schema: &Schema,
) -> io::Result<Box<dyn Sink>> {
    Ok(match format {
        Format::Csv | Format::CsvSafe => {
            Box::new(Lines::begin(Csv::new(schema, format), output, compression)?)
        }
        Format::JsonLines => Box::new(Lines::begin(JsonLines(Objects::new(schema)), output, compression)?),
        Format::Json => Box::new(Lines::begin(JsonArray(Objects::new(schema)), output, compression)?),
        #[cfg(feature = "arrow")]
        Format::Arrow => Box::new(ArrowIpc::begin(schema, output, is_regular_file)?),
        #[cfg(feature = "parquet")]
        Format::Parquet => Box::new(Parquet::begin(schema, output)?),
    })
}

fn failure(target: &Target, source: io::Error) -> Error {
    let path = match target {
        Target::Path(path) => path.clone(),
        Target::Stdout => PathBuf::from(target.to_string()),
    };
    Error::Output { path, source }
}

//! The formats that records can be written in.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::compressed::Compression;

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

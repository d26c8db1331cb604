//! The formats that records can be written in. A format is a file with its [`Declaration`] and a line of the list.

#[cfg(feature = "arrow")]
mod arrow_ipc;
pub(super) mod csv;
mod declaration;
mod encoder;
pub(super) mod json;
pub(super) mod lines;
#[cfg(feature = "parquet")]
pub(super) mod parquet;

use std::path::Path;
use std::str::FromStr;
use std::{fmt, io};

use self::declaration::Declaration;
pub(super) use self::declaration::OutputForm;
pub(super) use self::encoder::Encoder;
use super::compressed::Compression;
use super::target::Output;
use crate::record::Schema;

macro_rules! formats {
    ($($(#[doc = $doc:literal])+ $format:ident $(if $feature:literal)? = $declaration:expr,)+) => {
        /// A file format that records can be written in. Text is compressed if the target's name ends in `.gz` (gzip) or `.zst`
        /// (Zstandard) after the extension of the format, as in `flows.csv.gz`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Format {
            $($(#[doc = $doc])+ $(#[cfg(feature = $feature)])? $format,)+
        }

        /// All formats, including those that share their name with another format, which comes before them.
        const EVERY: &[Format] = &[$($(#[cfg(feature = $feature)])? Format::$format,)+];

        impl Format {
            fn declaration(self) -> &'static Declaration {
                match self {
                    $($(#[cfg(feature = $feature)])? Self::$format => &$declaration,)+
                }
            }
        }
    };
}

formats! {
    /// Comma-separated values (RFC 4180), with a line feed at the end of each line. The first line names the columns, and is there
    /// even without records. Lists are written as `"[1, 2]"`. Text is written as it is: a spreadsheet may take text that begins
    /// with `=` for a formula.
    Csv = csv::CSV,
    /// The same for spreadsheets: an apostrophe comes before text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return.
    /// The name and the extension are those of CSV.
    CsvSafe = csv::CSV_SAFE,
    /// JSON Lines: one object (RFC 8259) on each line, its members named after the columns. Numbers that JSON does not
    /// have (infinite, not a number) are `null`.
    JsonLines = json::JSON_LINES,
    /// JSON: an array of the objects that JSON Lines has, each on a line of its own.
    Json = json::JSON,
    /// Apache Arrow IPC: the file format, or the stream format on the standard output and for a target that is not a regular file.
    /// Record batches have [`BATCH_ROWS`](crate::arrow::BATCH_ROWS) rows. Fields carry `unit` and `doc` as metadata.
    Arrow if "arrow" = arrow_ipc::ARROW,
    /// Apache Parquet, compressed with Zstandard. Readers that understand the embedded Arrow schema find `unit` and `doc`
    /// of each column in its fields' metadata.
    Parquet if "parquet" = parquet::PARQUET,
}

impl Format {
    /// All formats that have a name of their own.
    pub fn all() -> impl Iterator<Item = Format> {
        let is_first =
            |format: &Format| EVERY.iter().find(|other| other.name() == format.name()) == Some(format);
        EVERY.iter().copied().filter(is_first)
    }

    /// The name that [`FromStr`] accepts.
    pub fn name(self) -> &'static str {
        self.declaration().name
    }

    /// The file name extensions that stand for the format, in lower case.
    pub fn extensions(self) -> &'static [&'static str] {
        self.declaration().extensions
    }

    /// A description of the format, in a sentence.
    pub fn doc(self) -> &'static str {
        self.declaration().doc
    }

    /// Whether the format is lines of text, which reach the operating system as they are written and can be compressed.
    pub fn is_text(self) -> bool {
        self.declaration().is_text
    }

    /// Whether the format can be written to outputs that take bytes as they come, such as standard output.
    pub fn is_stream(self) -> bool {
        self.declaration().is_stream
    }

    /// The format that a path's extension stands for, in upper or lower case. It is the extension before `.gz` or `.zst`.
    pub fn from_path(path: &Path) -> Option<Format> {
        let uncompressed = Compression::from_path(path).map(|_| path.with_extension(""));
        let path = uncompressed.as_deref().unwrap_or(path);
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::all().find(|format| format.extensions().contains(&extension.as_str()))
    }

    /// Begins an output.
    pub(super) fn begin(
        self,
        schema: &Schema,
        output: Output,
        form: OutputForm,
    ) -> io::Result<Box<dyn Encoder>> {
        (self.declaration().begin)(schema, output, form)
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
        let format = Self::all().find(|format| format.name() == name);
        format.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// The error for a name that is not a [`Format`]'s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Format::all().map(Format::name).collect();
        write!(f, "{:?} is not an output format: choose one of {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownFormat {}

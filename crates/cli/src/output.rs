//! Where flows go: a table to look at, or records in a format.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nfstream::sinks::{Format, Target, Writer};
use nfstream::{Input, Record, Schema};

use crate::arguments::OutputArguments;
use crate::failure::Failure;
use crate::progress::ProgressBar;
use crate::table::FlowTable;

/// What the command line says on where flows go.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Destination {
    /// A table on standard output.
    Table,
    /// Records in a format.
    Records(Target, Format),
}

impl Destination {
    /// Refuses what cannot be: a file without a known format, binary data on a terminal.
    pub(crate) fn of(arguments: &OutputArguments) -> Result<Self, Failure> {
        match (&arguments.output, arguments.format) {
            (None, None) => Ok(Destination::Table),
            (None, Some(format)) => standard_output(format),
            (Some(path), format) if path == "-" => standard_output(format.unwrap_or(Format::Csv)),
            (Some(path), format) => {
                let path = PathBuf::from(path);
                let format =
                    format.or_else(|| Format::from_path(&path)).ok_or_else(|| unknown_format(&path))?;
                Ok(Destination::Records(Target::Path(path), format))
            }
        }
    }

    /// Refuses to replace a capture that is read.
    pub(crate) fn check_against(&self, inputs: &[Input]) -> Result<(), Failure> {
        let Destination::Records(Target::Path(output), _) = self else { return Ok(()) };
        let Ok(output) = fs::canonicalize(output) else { return Ok(()) };
        let is_output = |input: &&Input| match input {
            Input::Path(path) => fs::canonicalize(path).is_ok_and(|path| path == output),
            Input::Stdin => false,
        };
        match inputs.iter().find(is_output) {
            Some(input) => {
                Err(Failure::Usage(format!("{input} is a capture to read; --output would replace it")))
            }
            None => Ok(()),
        }
    }

    /// Whether records, and nothing else, go to standard output.
    pub(crate) fn is_records_on_stdout(&self) -> bool {
        matches!(self, Destination::Records(Target::Stdout, _))
    }

    /// Begins the output.
    pub(crate) fn open(self, schema: &Arc<Schema>) -> Result<Output, Failure> {
        Ok(match self {
            Destination::Table => Output::Table(FlowTable::on_stdout()),
            Destination::Records(target, format) => Output::Records(Writer::create(target, format, schema)?),
        })
    }
}

fn standard_output(format: Format) -> Result<Destination, Failure> {
    match format {
        Format::Parquet => Err(Failure::Usage(
            "parquet cannot be written to standard output: name a file with --output flows.parquet"
                .to_owned(),
        )),
        Format::Arrow if io::stdout().is_terminal() => Err(Failure::Usage(
            "arrow is binary and standard output is a terminal: name a file with --output flows.arrow"
                .to_owned(),
        )),
        _ => Ok(Destination::Records(Target::Stdout, format)),
    }
}

fn unknown_format(path: &Path) -> Failure {
    let extensions: Vec<String> = Format::ALL.iter().map(|format| format!(".{format}")).collect();
    Failure::Usage(format!(
        "--output {}: the name does not tell the format: let it end in one of {}, or give --format",
        path.display(),
        extensions.join(", ")
    ))
}

/// An output that takes records.
pub(crate) enum Output {
    Table(FlowTable),
    Records(Writer),
}

impl Output {
    /// Takes records; with none, it may still show what has waited for company.
    pub(crate) fn write(&mut self, records: &[Record], progress: &ProgressBar) -> Result<(), Failure> {
        match self {
            Output::Table(table) => {
                table.write(records, progress).map_err(|error| Failure::standard_output(&error))
            }
            Output::Records(writer) if !records.is_empty() => Ok(writer.write(records)?),
            Output::Records(_) => Ok(()),
        }
    }

    /// Completes the output.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Output::Table(table) => table.finish().map_err(|error| Failure::standard_output(&error)),
            Output::Records(writer) => Ok(writer.finish()?),
        }
    }
}

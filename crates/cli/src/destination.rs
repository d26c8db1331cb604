//! Where the command line says that flows go.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use nfstream::Input;
use nfstream::sinks::ipfix::Collector;
use nfstream::sinks::{Format, Pattern, Target, Turn};

use crate::arguments::OutputArguments;
use crate::failure::Failure;
use crate::table::Asked;

/// One place that flows go to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Destination {
    /// A table on standard output.
    Table(Asked),
    /// Records in a format.
    Records(Target, Format),
    /// Records in a format, in one file after the other.
    Files(Pattern, Format, Vec<Turn>),
    /// IPFIX messages.
    Collector(Collector),
}

/// All places that the command line names: the table where it names none. Refuses what cannot be: a file without a known
/// format, one output twice, binary data on a terminal, to turn over what is no file.
pub(crate) fn all(arguments: &OutputArguments, asked: Asked) -> Result<Vec<Destination>, Failure> {
    let outputs = arguments.outputs();
    let mut destinations = match (&outputs[..], arguments.format) {
        ([], None) if arguments.ipfix.is_empty() => vec![Destination::Table(asked)],
        ([], None) => Vec::new(),
        ([], Some(format)) => vec![standard_output(format)?],
        ([output], format) => vec![of(output, format, arguments)?],
        (outputs, format) => several(outputs, format, arguments)?,
    };
    destinations.extend(arguments.ipfix.iter().map(|collector| {
        let (domain, enterprise) = (arguments.ipfix_domain, arguments.ipfix_enterprise);
        Destination::Collector(Collector { domain, enterprise, ..collector.clone() })
    }));
    let is_files = |destination: &Destination| matches!(destination, Destination::Files(..));
    if !arguments.rotate.is_empty() && !destinations.iter().any(is_files) {
        return Err(Failure::Usage(
            "--rotate needs a file to turn over: name one with --output flows-%Y%m%d-%H%M.parquet".to_owned(),
        ));
    }
    Ok(destinations)
}

/// With several outputs a format is meant for those whose names tell none.
fn several(
    outputs: &[OsString],
    format: Option<Format>,
    arguments: &OutputArguments,
) -> Result<Vec<Destination>, Failure> {
    let mut destinations = Vec::new();
    for (index, output) in outputs.iter().enumerate() {
        if outputs[..index].contains(output) {
            let output = output.display();
            return Err(Failure::Usage(format!(
                "--output {output} is given twice: one would replace the other"
            )));
        }
        destinations.push(of(output, Format::from_path(Path::new(output)).or(format), arguments)?);
    }
    Ok(destinations)
}

fn of(output: &OsStr, format: Option<Format>, arguments: &OutputArguments) -> Result<Destination, Failure> {
    if output == "-" {
        return standard_output(format.unwrap_or(Format::Csv));
    }
    let path = PathBuf::from(output);
    let format = format.or_else(|| Format::from_path(&path)).ok_or_else(|| unknown_format(&path))?;
    if arguments.rotate.is_empty() {
        return Ok(Destination::Records(Target::Path(path), format));
    }
    let pattern = Pattern::new(path).map_err(|error| Failure::Usage(format!("--output {error}")))?;
    Ok(Destination::Files(pattern, format, arguments.rotate.clone()))
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
    if nfstream_capture::is_named_like_a_capture(path) {
        return Failure::Usage(format!(
            "--output {}: packets are not written, only flows: name a file such as flows.csv or flows.parquet",
            path.display()
        ));
    }
    let extensions: Vec<String> = Format::ALL.iter().map(|format| format!(".{format}")).collect();
    Failure::Usage(format!(
        "--output {}: the name does not tell the format: let it end in one of {} (text also with .gz or .zst behind it), or \
         give --format",
        path.display(),
        extensions.join(", ")
    ))
}

impl Destination {
    /// Refuses to replace a capture that is read.
    pub(crate) fn check_against(&self, inputs: &[Input]) -> Result<(), Failure> {
        let Destination::Records(Target::Path(output), _) = self else { return Ok(()) };
        let Ok(output) = fs::canonicalize(output) else { return Ok(()) };
        let is_output = |input: &&Input| match input {
            Input::Path(path) => fs::canonicalize(path).is_ok_and(|path| path == output),
            Input::Stdin | Input::Reader(_) => false,
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

    /// Whether it is turned over when asked to.
    pub(crate) fn turns(&self) -> bool {
        matches!(self, Destination::Files(..))
    }
}

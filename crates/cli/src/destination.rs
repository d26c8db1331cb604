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

const STDOUT: &str = "/dev/stdout";

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
/// format, a format for nothing, one output twice, binary data on a terminal, to turn over what is no file.
pub(crate) fn all(arguments: &OutputArguments, asked: Asked) -> Result<Vec<Destination>, Failure> {
    let outputs = arguments.outputs();
    let mut destinations = match (&outputs[..], arguments.format) {
        ([], None) if arguments.ipfix.is_empty() => vec![Destination::Table(asked)],
        ([], None) => Vec::new(),
        ([], Some(format)) => vec![standard_output(format)?],
        (outputs, _) => named(outputs, arguments)?,
    };
    destinations.extend(arguments.ipfix.iter().map(|collector| {
        let (domain, enterprise) = (arguments.ipfix_domain, arguments.ipfix_enterprise);
        Destination::Collector(Collector { domain, enterprise, ..collector.clone() })
    }));
    if arguments.csv_safe {
        let formats: Vec<&mut Format> = destinations.iter_mut().filter_map(Destination::csv).collect();
        if formats.is_empty() {
            return Err(Failure::Usage("--csv-safe is for CSV: name an output such as flows.csv".to_owned()));
        }
        formats.into_iter().for_each(|format| *format = Format::CsvSafe);
    }
    let is_files = |destination: &Destination| matches!(destination, Destination::Files(..));
    if !arguments.rotate.is_empty() && !destinations.iter().any(is_files) {
        return Err(Failure::Usage(
            "--rotate needs a file to turn over: name one with --output flows-%Y%m%d-%H%M.parquet".to_owned(),
        ));
    }
    Ok(destinations)
}

fn named(outputs: &[OsString], arguments: &OutputArguments) -> Result<Vec<Destination>, Failure> {
    let told = |output: &OsString| Format::from_path(Path::new(output)).filter(|_| output != "-");
    if let (Some(format), Some(first)) = (arguments.format, outputs.first().and_then(told))
        && outputs.iter().all(|output| told(output).is_some_and(|told| told != format))
    {
        return Err(Failure::Usage(format!(
            "--format {format} is for outputs whose names tell no format, and {} is {first}: give another name, or leave \
             --format out",
            outputs[0].display()
        )));
    }
    let mut destinations = Vec::new();
    for (index, output) in outputs.iter().enumerate() {
        if let Some(earlier) = outputs[..index].iter().find(|earlier| are_one(earlier, output)) {
            let (earlier, output) = (earlier.display(), output.display());
            return Err(Failure::Usage(match earlier.to_string() == output.to_string() {
                true => format!("--output {output} is given twice: one would replace the other"),
                false => format!(
                    "--output {output} and --output {earlier} are one file: one would replace the other"
                ),
            }));
        }
        destinations.push(of(output, told(output).or(arguments.format), arguments)?);
    }
    Ok(destinations)
}

fn of(output: &OsStr, format: Option<Format>, arguments: &OutputArguments) -> Result<Destination, Failure> {
    let target = target(output);
    if output == "-" || target.is_stdout() && arguments.rotate.is_empty() {
        return standard_output(format.unwrap_or(Format::Csv));
    }
    let path = PathBuf::from(output);
    let format = format.ok_or_else(|| unknown_format(&path))?;
    let metadata = fs::metadata(&path);
    if arguments.rotate.is_empty() {
        if let Ok(target) = fs::read_link(&path)
            && metadata.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        {
            return Err(Failure::Usage(format!(
                "--output {}: is a symbolic link to {}, which is not there",
                path.display(),
                target.display()
            )));
        }
        return Ok(Destination::Records(Target::Path(path), format));
    }
    if target.is_stream() {
        return Err(Failure::Usage(format!(
            "--rotate needs a file to turn over, and {} is none",
            path.display()
        )));
    }
    let pattern = Pattern::new(path).map_err(|error| Failure::Usage(format!("--output {error}")))?;
    Ok(Destination::Files(pattern, format, arguments.rotate.clone()))
}

fn target(output: &OsStr) -> Target {
    if output == "-" { Target::Stdout } else { Target::Path(output.into()) }
}

/// Whether two outputs are one. Two ways to a device or a pipe are two outputs, but for standard output.
fn are_one(one: &OsStr, other: &OsStr) -> bool {
    if target(one).is_stdout() && target(other).is_stdout() {
        return true;
    }
    let [one_place, other_place] = [one, other].map(|output| place(named_or_stdout(output)));
    let takes_both = fs::metadata(&one_place).is_ok_and(|metadata| !metadata.is_file());
    one == other || (one_place == other_place && !takes_both)
}

fn named_or_stdout(output: &OsStr) -> &Path {
    Path::new(if output == "-" { OsStr::new(STDOUT) } else { output })
}

/// Where a file is, whichever way leads to it, also if it is not there yet.
fn place(path: &Path) -> PathBuf {
    let beside = || {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        Some(fs::canonicalize(directory.unwrap_or(Path::new("."))).ok()?.join(path.file_name()?))
    };
    fs::canonicalize(path).ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

fn standard_output(format: Format) -> Result<Destination, Failure> {
    match format {
        _ if !format.is_stream() => Err(Failure::Usage(format!(
            "{format} cannot be written to standard output: name a file with --output flows.{format}"
        ))),
        _ if !format.is_text() && io::stdout().is_terminal() => Err(Failure::Usage(format!(
            "{format} is binary and standard output is a terminal: name a file with --output flows.{format}"
        ))),
        _ => Ok(Destination::Records(Target::Stdout, format)),
    }
}

fn unknown_format(path: &Path) -> Failure {
    if nfstream::is_named_like_a_capture(path) {
        return Failure::Usage(format!(
            "--output {}: packets are not written, only flows: name a file such as flows.csv or flows.parquet",
            path.display()
        ));
    }
    let extensions: Vec<String> = Format::all().map(|format| format!(".{format}")).collect();
    Failure::Usage(format!(
        "--output {}: the name does not tell the format: let it end in one of {} (text also with .gz or .zst behind it), or \
         give --format",
        path.display(),
        extensions.join(", ")
    ))
}

impl Destination {
    /// The format, if that is CSV.
    fn csv(&mut self) -> Option<&mut Format> {
        match self {
            Destination::Records(_, format) | Destination::Files(_, format, _) => {
                Some(format).filter(|format| **format == Format::Csv)
            }
            Destination::Table(_) | Destination::Collector(_) => None,
        }
    }

    /// Refuses to write into what is read.
    pub(crate) fn check_against(&self, inputs: &[Input], rules: &[PathBuf]) -> Result<(), Failure> {
        let (output, how) = match self {
            Destination::Records(Target::Path(output), _) => (&**output, "--output would replace it"),
            Destination::Records(Target::Stdout, _) | Destination::Table(_) => {
                (Path::new(STDOUT), "standard output would be written into it")
            }
            Destination::Files(..) | Destination::Collector(_) => return Ok(()),
        };
        let Ok(output) = fs::canonicalize(output) else { return Ok(()) };
        if !output.is_file() {
            return Ok(());
        }
        let is_output = |path: &Path| fs::canonicalize(path).is_ok_and(|path| path == output);
        let is_capture = |input: &&Input| match input {
            Input::Path(path) => is_output(path),
            Input::Stdin => is_output(Path::new("/dev/stdin")),
            Input::Reader(_) => false,
        };
        if let Some(input) = inputs.iter().find(is_capture) {
            return Err(Failure::Usage(format!("{input} is a capture to read; {how}")));
        }
        match rules.iter().find(|path| is_output(path)) {
            Some(rules) => Err(Failure::Usage(format!("{} is a file of rules; {how}", rules.display()))),
            None => Ok(()),
        }
    }

    /// Whether flows go to standard output, in whatever form.
    pub(crate) fn is_on_stdout(&self) -> bool {
        self.is_records_on_stdout() || matches!(self, Destination::Table(_))
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

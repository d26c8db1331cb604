//! The destinations of flows, as the command line gives them.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io::{self, IsTerminal};
use std::net::{Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nfstream::sinks::ipfix::Collector;
use nfstream::sinks::{Format, Pattern, Target, Turn};
use nfstream::{Input, told_of};

use crate::arguments::OutputArguments;
use crate::descriptors;
use crate::failure::Failure;
use crate::table::Asked;

const STDOUT: &str = "/dev/stdout";

/// One destination of flows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Destination {
    /// A table on standard output.
    Table(Asked),
    /// Records in a format.
    Records(Target, Format),
    /// Records in a format, in one file after another.
    Files(Pattern, Format, Vec<Turn>),
    /// IPFIX messages.
    Collector(Collector),
}

/// All destinations that the command line names, or the table if it names none. Refuses what is impossible: a file without
/// a known format, a format without an output, the same output twice, binary data on a terminal, and rotation without a
/// file.
pub(crate) fn all(arguments: &OutputArguments, asked: Asked) -> Result<Vec<Destination>, Failure> {
    let outputs = arguments.outputs();
    let mut destinations = match (&outputs[..], arguments.format) {
        ([], None) if arguments.ipfix.is_empty() => vec![Destination::Table(asked)],
        ([], None) => Vec::new(),
        ([], Some(format)) => vec![open_file(Target::Stdout, format)?],
        (outputs, _) => named(outputs, arguments)?,
    };
    for (index, collector) in arguments.ipfix.iter().enumerate() {
        if let Some(earlier) =
            arguments.ipfix[..index].iter().find(|earlier| are_one_collector(earlier, collector))
        {
            let given = match earlier == collector {
                true => format!("--ipfix {collector} is given twice"),
                false => format!("--ipfix {collector} and --ipfix {earlier} are one"),
            };
            return Err(Failure::Usage(format!("{given}: the collector would get every flow twice")));
        }
    }
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
            "--rotate needs an output file: name one with --output flows-%Y%m%d-%H%M.parquet".to_owned(),
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
            "--format {format} is for outputs whose names do not set a format, but {} is {first}: give another name, or leave \
             out --format",
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
                    "--output {output} and --output {earlier} are the same file: one would replace the other"
                ),
            }));
        }
        destinations.push(of(output, told(output).or(arguments.format), arguments)?);
    }
    Ok(destinations)
}

fn of(output: &OsStr, format: Option<Format>, arguments: &OutputArguments) -> Result<Destination, Failure> {
    if output == "-" {
        return open_file(Target::Stdout, format.unwrap_or(Format::Csv));
    }
    let path = PathBuf::from(output);
    if let Some(reason) = descriptors::refusal(&path) {
        return Err(Failure::Usage(format!("--output {}: {reason}", path.display())));
    }
    let target = Target::Path(path.clone());
    if target.descriptor().is_some() {
        return open_file(target, format.unwrap_or(Format::Csv));
    }
    let format = format.ok_or_else(|| unknown_format(&path))?;
    let metadata = fs::metadata(&path);
    if arguments.rotate.is_empty() {
        if let Ok(target) = fs::read_link(&path)
            && metadata.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        {
            return Err(Failure::Usage(format!(
                "--output {} is a symbolic link to {}, which does not exist",
                path.display(),
                target.display()
            )));
        }
        return Ok(Destination::Records(Target::Path(path), format));
    }
    if metadata.is_ok_and(|metadata| !metadata.is_file()) {
        return Err(Failure::Usage(format!("--rotate needs a file, and {} is not one", path.display())));
    }
    let pattern = Pattern::new(path).map_err(|error| Failure::Usage(format!("--output {error}")))?;
    Ok(Destination::Files(pattern, format, arguments.rotate.clone()))
}

/// Whether two outputs are the same. Two paths to one device or pipe are two outputs. Two names of one file are one output if it is
/// open under both; else it is replaced under one name, and stays under the other.
fn are_one(one: &OsStr, other: &OsStr) -> bool {
    let paths = [one, other].map(named_or_stdout);
    let [one_place, other_place] = paths.map(place);
    let takes_both = fs::metadata(&one_place).is_ok_and(|metadata| !metadata.is_file());
    let descriptors = paths.map(|path| Target::from(path).descriptor());
    let are_open = descriptors.iter().all(Option::is_some);
    let file =
        |path: &Path| fs::metadata(path).ok().filter(Metadata::is_file).map(|file| (file.dev(), file.ino()));
    let is_one_file = file(paths[0]).is_some() && file(paths[0]) == file(paths[1]);
    one == other
        || (are_open && (descriptors[0] == descriptors[1] || is_one_file))
        || (one_place == other_place && !takes_both)
}

/// Whether two names stand for one collector: they have an address in common.
fn are_one_collector(one: &Collector, other: &Collector) -> bool {
    let addresses = |collector: &Collector| -> Vec<SocketAddr> {
        collector.addresses().into_iter().flatten().map(in_one_form).collect()
    };
    one == other
        || (one.transport == other.transport
            && one.port == other.port
            && addresses(one).iter().any(|address| addresses(other).contains(address)))
}

/// An IPv4 address that is written as an IPv6 address (`::ffff:127.0.0.1`) is the same address. Only link-local addresses depend on
/// their zone.
fn in_one_form(address: SocketAddr) -> SocketAddr {
    let needs_zone = |address: &Ipv6Addr| {
        address.is_unicast_link_local() || address.is_multicast() && address.segments()[0] & 0xf <= 2
    };
    match address {
        SocketAddr::V6(zoned) if needs_zone(zoned.ip()) => address,
        _ => SocketAddr::new(address.ip().to_canonical(), address.port()),
    }
}

fn named_or_stdout(output: &OsStr) -> &Path {
    Path::new(if output == "-" { OsStr::new(STDOUT) } else { output })
}

/// The location of a file, whichever path leads to it, even if the file does not exist yet.
fn place(path: &Path) -> PathBuf {
    let beside = || {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        Some(fs::canonicalize(directory.unwrap_or(Path::new("."))).ok()?.join(path.file_name()?))
    };
    fs::canonicalize(path).ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

/// Standard output, or another file that is open already.
fn open_file(target: Target, format: Format) -> Result<Destination, Failure> {
    let is_terminal = || matches!(target.duplicate(), Some(Ok(file)) if file.is_terminal());
    match format {
        _ if !format.is_stream() => Err(Failure::Usage(format!(
            "{format} cannot be written to {target}: name a file with --output flows.{format}"
        ))),
        _ if !format.is_text() && is_terminal() => Err(Failure::Usage(format!(
            "{format} is binary and {target} is a terminal: name a file with --output flows.{format}"
        ))),
        _ => Ok(Destination::Records(target, format)),
    }
}

/// Whether a target is standard output, by whatever name.
pub(crate) fn is_stdout(target: &Target) -> bool {
    target.descriptor() == Some(1)
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
        "--output {}: the name does not set the format: end it with one of {} (text also with .gz or .zst after it), or give \
         --format",
        path.display(),
        extensions.join(", ")
    ))
}

impl Destination {
    /// The format, if it is CSV.
    fn csv(&mut self) -> Option<&mut Format> {
        match self {
            Destination::Records(_, format) | Destination::Files(_, format, _) => {
                Some(format).filter(|format| **format == Format::Csv)
            }
            Destination::Table(_) | Destination::Collector(_) => None,
        }
    }

    /// Refuses to write to a file that is read.
    pub(crate) fn check_against(&self, inputs: &[Input], rules: &[PathBuf]) -> Result<(), Failure> {
        const INTO_STDOUT: &str = "standard output would be written into it";
        let (output, is_replaced, how) = match self {
            Destination::Records(Target::Stdout, _) | Destination::Table(_) => {
                (Path::new(STDOUT), false, INTO_STDOUT)
            }
            Destination::Records(target @ Target::Path(output), _) => match target.descriptor() {
                Some(1) => (&**output, false, INTO_STDOUT),
                Some(_) => (&**output, false, "--output would be written into it"),
                None => (&**output, true, "--output would replace it"),
            },
            Destination::Files(..) | Destination::Collector(_) => return Ok(()),
        };
        let Ok(metadata) = fs::metadata(output) else { return Ok(()) };
        if !metadata.is_file() {
            return Ok(());
        }
        // Replacing a file under one name keeps it under its other names; writing into it does not.
        let is_output = |path: &Path| {
            let is_file = |input: Metadata| (input.dev(), input.ino()) == (metadata.dev(), metadata.ino());
            fs::metadata(path).is_ok_and(is_file) && (!is_replaced || place(path) == place(output))
        };
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
    fn is_records_on_stdout(&self) -> bool {
        matches!(self, Destination::Records(target, _) if is_stdout(target))
    }

    /// Whether records go to standard output or standard error, where messages may be seen, too.
    pub(crate) fn is_among_messages(&self) -> bool {
        matches!(self, Destination::Records(target, _) if matches!(target.descriptor(), Some(1 | 2)))
    }

    /// Refuses an open file that cannot be written.
    pub(crate) fn check_open(&self) -> Result<(), Failure> {
        let Destination::Records(target, _) = self else { return Ok(()) };
        match target.duplicate().filter(|_| !is_stdout(target)) {
            Some(Err(error)) => Err(Failure::Usage(told_of(target, &error))),
            _ => Ok(()),
        }
    }

    /// Whether the output is rotated on request.
    pub(crate) fn turns(&self) -> bool {
        matches!(self, Destination::Files(..))
    }
}

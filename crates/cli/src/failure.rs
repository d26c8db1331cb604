//! Reasons why the command ended without success, and how they are reported.

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::builder::styling::{AnsiColor, Style};
use clap::error::{ContextKind, ContextValue};
use nfstream::sinks::Target;
use nfstream::{FilterError, shortened, told_of, visible};

use crate::{progress, terminal};

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// Most characters of a reported line. Any readable path has fewer, and a command line can have more.
const LONGEST_LINE: usize = 2000;
/// Most characters of a value that a message repeats.
const LONGEST_VALUE: usize = 200;

/// Why the command ends.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A message of clap: a mistake in the command line, or help, or the version.
    CommandLine(clap::Error),
    /// A mistake in the command line that its declaration cannot express.
    Usage(String),
    /// The reader of standard output has seen enough and closed it.
    ClosedPipe,
    /// Another failure, as one sentence.
    Told(String),
}

impl From<clap::Error> for Failure {
    fn from(mut error: clap::Error) -> Self {
        make_visible(&mut error);
        if let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg)
            && error.kind() == clap::error::ErrorKind::UnknownArgument
            && fs::symlink_metadata(flag).is_err()
        {
            // clap takes it for a file, and explains how to give a file whose name begins with a dash.
            let tip: Vec<_> = tip(flag).map(StyledStr::from).into_iter().collect();
            error.remove(ContextKind::Suggested);
            if !tip.is_empty() {
                error.remove(ContextKind::SuggestedArg);
            }
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tip));
        }
        Failure::CommandLine(error)
    }
}

/// Makes visible what clap repeats of the command line. This may be long, or the name of a file that somebody else has
/// chosen.
fn make_visible(error: &mut clap::Error) {
    let text = |value: &str| shortened(&visible(value), LONGEST_VALUE).into_owned();
    let shown = |value: &ContextValue| match value {
        ContextValue::String(value) => Some(ContextValue::String(text(value))),
        ContextValue::Strings(values) => {
            Some(ContextValue::Strings(values.iter().map(|value| text(value)).collect()))
        }
        _ => None,
    };
    let all: Vec<_> = error.context().filter_map(|(kind, value)| Some((kind, shown(value)?))).collect();
    for (kind, value) in all {
        error.insert(kind, value);
    }
}

/// A tip on flags that other programs have.
fn tip(flag: &str) -> Option<String> {
    let tip = match flag {
        "-n" => "addresses and ports are never resolved to names: leave it out",
        "-v" => "-V prints the version",
        "--csv" | "--json" | "--jsonl" | "--arrow" | "--parquet" => {
            return Some(format!("the name sets the format: --output flows.{}", &flag[2..]));
        }
        _ => return None,
    };
    Some(tip.to_owned())
}

impl From<nfstream::Error> for Failure {
    fn from(error: nfstream::Error) -> Self {
        match error {
            nfstream::Error::StandardOutput(source) => Failure::standard_output(&source),
            error @ (nfstream::Error::Feature(_)
            | nfstream::Error::FeatureName(_)
            | nfstream::Error::NoColumn(_)
            | nfstream::Error::SelectedTwice(_)
            | nfstream::Error::NothingSelected
            | nfstream::Error::DuplicateColumn(_)
            | nfstream::Error::NotLive(_)
            | nfstream::Error::ReorderedInterface(_)
            | nfstream::Error::ProfileVariable(_)
            | nfstream::Error::Capture(nfstream::CaptureError::NoInterface { .. })) => {
                Failure::Usage(error.to_string())
            }
            error @ (nfstream::Error::Parameter { .. } | nfstream::Error::TooLittleMemory { .. }) => {
                Failure::Usage(with_options(&error.to_string()))
            }
            // They begin with the parameter.
            error @ (nfstream::Error::RulesFile { .. } | nfstream::Error::Rules(_)) => {
                Failure::Usage(format!("--{error}"))
            }
            nfstream::Error::Filter(error) if error != FilterError::NoLibpcap => {
                Failure::Usage(error.to_string())
            }
            // These errors name their cause in their own sentence.
            error => Failure::Told(error.to_string()),
        }
    }
}

/// A message about parameters, with their names on the command line: `--max-memory` for `max_memory`.
fn with_options(message: &str) -> String {
    let is_of_name = |character: char| character.is_ascii_lowercase() || character == '_';
    let words = message.split_inclusive(|character: char| !is_of_name(character));
    words
        .map(|word| match word.contains('_') {
            true => format!("--{}", word.replace('_', "-")),
            false => word.to_owned(),
        })
        .collect()
}

impl Failure {
    /// A failure to write standard output.
    pub(crate) fn standard_output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Told(told_of(Target::Stdout, error)),
        }
    }

    /// Reports the failure to the user. The exit status says which sort of failure it is.
    pub(crate) fn tell(self) -> ExitCode {
        match self {
            Failure::CommandLine(error) if error.use_stderr() => {
                // clap begins with `error:`, in colour.
                let message = error.render().ansi().to_string().replacen("error:", "nfstream:", 1);
                print(&message);
                ExitCode::from(2)
            }
            Failure::CommandLine(help) => {
                print_to_stdout(|| help.print()).map_or_else(Failure::tell, |()| ExitCode::SUCCESS)
            }
            Failure::Usage(message) => {
                tell(RED, "nfstream:", &message);
                print("\nFor more information, try '--help'.\n");
                ExitCode::from(2)
            }
            Failure::ClosedPipe => ExitCode::SUCCESS,
            Failure::Told(message) => {
                tell(RED, "nfstream:", &message);
                ExitCode::FAILURE
            }
        }
    }
}

/// Writes all of a text to standard output.
pub(crate) fn write_stdout(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    print_to_stdout(|| stdout.write_all(text).and_then(|()| stdout.flush()))
}

/// Prints to standard output, if that can be written.
pub(crate) fn print_to_stdout(print: impl FnOnce() -> io::Result<()>) -> Result<(), Failure> {
    terminal::check_stdout().map_err(Failure::Usage)?;
    print().map_err(|error| Failure::standard_output(&error))
}

/// Warns of a problem. The command goes on.
pub(crate) fn warn(message: &str) {
    progress::aside(|| tell(YELLOW, "nfstream: warning:", message));
}

/// Writes a message after a label. Breaks lines between words where a terminal would break them inside words.
fn tell(style: Style, label: &str, message: &str) {
    let message: Vec<_> = message.lines().map(|line| shortened(line, LONGEST_LINE)).collect();
    let mut lines = fitting(&format!("{label} {}", visible(&message.join("\n")))).join("\n");
    lines.replace_range(..label.len(), &format!("{style}{label}{style:#}"));
    print(&format!("{lines}\n"));
}

/// The lines of a text for standard error, wrapped to the width of its terminal if it is one.
pub(crate) fn fitting(text: &str) -> Vec<String> {
    let width = terminal::stderr_width().unwrap_or(usize::MAX);
    let fit = |line: &str| match line.chars().count() <= width {
        true => vec![line.to_owned()],
        false => terminal::wrap(line, width),
    };
    text.lines().flat_map(fit).collect()
}

fn print(message: &str) {
    // If the message cannot be written, the exit status still reports the failure.
    let _ = anstream::stderr().write_all(message.as_bytes());
}

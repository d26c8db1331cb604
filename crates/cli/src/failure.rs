//! Why the command ended without success, and how that is told.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Style};
use nfstream::FilterError;
use nfstream::sinks::Target;
use nfstream_capture::in_words;

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// Why the command ends.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What clap has to say: a mistake in the command line; or help, or the version.
    CommandLine(clap::Error),
    /// A mistake in the command line that its declaration cannot express.
    Usage(String),
    /// Whoever reads standard output has seen enough.
    ClosedPipe,
    /// One sentence.
    Told(String),
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Failure::CommandLine(error)
    }
}

impl From<nfstream::Error> for Failure {
    fn from(error: nfstream::Error) -> Self {
        match error {
            nfstream::Error::Output { path, source }
                if path.as_os_str() == Target::Stdout.to_string().as_str() =>
            {
                Failure::standard_output(&source)
            }
            error @ (nfstream::Error::Feature(_)
            | nfstream::Error::FeatureName(_)
            | nfstream::Error::DuplicateColumn(_)) => Failure::Usage(error.to_string()),
            nfstream::Error::Filter(error) if error != FilterError::NoLibpcap => {
                Failure::Usage(error.to_string())
            }
            // These errors say in their own sentence what caused them.
            error => Failure::Told(error.to_string()),
        }
    }
}

impl Failure {
    /// Standard output could not be written.
    pub(crate) fn standard_output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Told(format!("{}: {}", Target::Stdout, in_words(error))),
        }
    }

    /// Tells the user; the exit status says which sort of failure it is.
    pub(crate) fn tell(self) -> ExitCode {
        match self {
            Failure::CommandLine(error) if error.use_stderr() => {
                // clap begins with `error:`, in colour.
                let message = error.render().ansi().to_string().replacen("error:", "nfstream:", 1);
                print(&message);
                ExitCode::from(2)
            }
            Failure::CommandLine(help) => match help.print() {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => Failure::standard_output(&error).tell(),
            },
            Failure::Usage(message) => {
                print(&format!("{RED}nfstream:{RED:#} {message}\n\nFor more information, try '--help'.\n"));
                ExitCode::from(2)
            }
            Failure::ClosedPipe => ExitCode::SUCCESS,
            Failure::Told(message) => {
                print(&format!("{RED}nfstream:{RED:#} {message}\n"));
                ExitCode::FAILURE
            }
        }
    }
}

/// Tells what is not as it should be, and goes on.
pub(crate) fn warn(message: &str) {
    print(&format!("{YELLOW}nfstream: warning:{YELLOW:#} {message}\n"));
}

fn print(message: &str) {
    // Where nothing can be told, the exit status still says it.
    let _ = anstream::stderr().write_all(message.as_bytes());
}

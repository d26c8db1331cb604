//! Passes the command line to the function that it asks for.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use nfstream::visible;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;
#[cfg(feature = "top")]
use crate::top;
use crate::{columns, descriptors, interfaces, manual, protocols, run};

/// Does what the command line of the process says. The exit status is 0, 1 after a failure, 2 after a mistake in the command
/// line, 128 + n after signal n. `were_closed` says which of standard input, output and error were closed when the process
/// began.
pub fn main(were_closed: [bool; 3]) -> ExitCode {
    descriptors::record(were_closed);
    Arguments::try_parse().map_err(mistake).and_then(dispatch).unwrap_or_else(Failure::tell)
}

fn mistake(error: clap::Error) -> Failure {
    let not_text = (error.kind() == ErrorKind::InvalidUtf8).then(not_text).flatten();
    not_text
        .map_or_else(|| error.into(), |argument| Failure::Usage(format!("'{argument}' is not UTF-8 text")))
}

/// The argument that must be text and is not, because clap does not name it. Files may have any names.
fn not_text() -> Option<String> {
    let mut arguments: Vec<OsString> = env::args_os().collect();
    for place in 0..arguments.len() {
        if arguments[place].to_str().is_some() {
            continue;
        }
        let text = arguments[place].to_string_lossy().into_owned();
        arguments[place] = text.clone().into();
        let parsed = Arguments::try_parse_from(&arguments);
        if !parsed.is_err_and(|error| error.kind() == ErrorKind::InvalidUtf8) {
            return Some(visible(&text).into_owned());
        }
    }
    None
}

fn dispatch(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.command {
        None => return run::run(&arguments.flows),
        Some(Command::Interfaces(interfaces)) => interfaces::list(&interfaces)?,
        #[cfg(feature = "top")]
        Some(Command::Top(top)) => return top::run(&top),
        Some(Command::Columns(columns)) => columns::list(&columns)?,
        Some(Command::Protocols(protocols)) => protocols::list(&protocols)?,
        Some(Command::Completions { shell }) => manual::completions(shell)?,
        Some(Command::Man { command }) => manual::page(command.as_deref())?,
        Some(Command::Help { command }) => manual::help(command.as_deref())?,
    }
    Ok(ExitCode::SUCCESS)
}

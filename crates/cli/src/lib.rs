//! The `nfstream` command: network captures to flow records, from a shell.
//!
//! `arguments` declares the command line once; help, manual page, completions and the reference in `docs/` are derived
//! from it. `run` is what happens to captures.
#![forbid(unsafe_code)]

mod arguments;
mod captures;
mod columns;
mod destination;
mod failure;
mod interfaces;
mod interruption;
mod listing;
mod manual;
mod metrics;
mod output;
mod outputs;
mod privileges;
mod progress;
mod protocols;
mod run;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
mod sandbox;
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
)))]
mod sandbox {
    use crate::failure::Failure;

    pub(crate) fn enter() -> Result<(), Failure> {
        Err(Failure::Usage("--sandbox: there is none on this system".to_owned()))
    }
}
mod summary;
mod table;
mod terminal;
#[cfg(feature = "top")]
mod top;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command};
pub use crate::columns::markdown_table;
use crate::failure::Failure;
#[doc(hidden)]
pub use crate::metrics::answer_metrics_request;
pub use crate::protocols::protocols_table;

/// Does what the command line of the process says; the exit status is 0, 1 after a failure, 2 after a mistake in the
/// command line, 128 + n after signal n. To be told is whether standard output was closed when the process began.
pub fn main(stdout_was_closed: bool) -> ExitCode {
    terminal::set_stdout_closed(stdout_was_closed);
    Arguments::try_parse().map_err(Failure::from).and_then(dispatch).unwrap_or_else(Failure::tell)
}

/// The declaration of the command line.
pub fn command() -> clap::Command {
    Arguments::command()
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

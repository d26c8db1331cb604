//! The manual page and the completions, from the declaration of the command line.

use std::io::{self, Write};

use clap_complete::Shell;
use clap_mangen::Man;

use crate::failure::Failure;

/// Prints the completions for a shell.
pub(crate) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut crate::command(), "nfstream", &mut text);
    print(&text)
}

/// Prints the manual page of the command, or of a subcommand.
pub(crate) fn page(subcommand: Option<&str>) -> Result<(), Failure> {
    // Of `nfstream help` there is no page: it shows what these say.
    let mut command = crate::command().disable_help_subcommand(true);
    command.build();
    let page_of = subcommand.and_then(|name| command.find_subcommand(name)).unwrap_or(&command);
    let mut text = Vec::new();
    Man::new(page_of.clone()).render(&mut text).map_err(|error| Failure::standard_output(&error))?;
    print(&text)
}

fn print(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout();
    stdout.write_all(text).and_then(|()| stdout.flush()).map_err(|error| Failure::standard_output(&error))
}

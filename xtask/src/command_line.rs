//! `docs/command-line.md`: the help of the `nfstream` command and its subcommands.

use std::fmt::Write;

const WIDTH: usize = 110;

const INTRODUCTION: &str = "\
# Command line

The help of `nfstream`, as `nfstream --help` shows it. This page is generated from the code: `cargo xtask generate`.
";

/// The page.
pub(crate) fn page() -> String {
    // The width is fixed: otherwise help would fit itself to the terminal.
    let mut command = nfstream_cli::command().term_width(WIDTH);
    command.build();
    let mut text = INTRODUCTION.to_owned();
    push_help(&mut text, &mut command);
    for subcommand in command.get_subcommands_mut() {
        push_help(&mut text, subcommand);
    }
    text
}

fn push_help(text: &mut String, command: &mut clap::Command) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    // Writing to a string does not fail.
    let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end());
}

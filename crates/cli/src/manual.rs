//! The manual page and the completions, from the declaration of the command line.

use clap_complete::Shell;
use clap_mangen::Man;

use crate::arguments::command;
use crate::failure::{Failure, print_to_stdout, write_stdout};

/// Prints the completions for a shell.
pub(crate) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), "nfstream", &mut text);
    if shell == Shell::Fish {
        text = for_fish(&String::from_utf8_lossy(&text)).into_bytes();
    }
    write_stdout(&text)
}

/// Adapts completions to fish. The `argparse` of fish reads the specification `n-meters=` as the flags `-n` and `--meters`,
/// and takes two such flags with one letter for a mistake. A long flag that begins like that therefore gets a letter that
/// nothing else has.
fn for_fish(completions: &str) -> String {
    const OPTIONS: &str = "    string join \\n ";
    let mut text = String::new();
    for line in completions.lines() {
        match line.strip_prefix(OPTIONS) {
            None => text += line,
            Some(options) => {
                let is_taken = |letter: &char| {
                    options.split(' ').any(|option| {
                        option.starts_with(*letter) && !option[1..].starts_with(char::is_alphabetic)
                    })
                };
                let mut free = ('A'..='Z').filter(|letter| !is_taken(letter));
                let apart = |option: &str| match option.as_bytes() {
                    [_, b'-', ..] => free.next().map_or(String::new(), |letter| format!("{letter}/{option}")),
                    _ => option.to_owned(),
                };
                text += OPTIONS;
                text += &options.split(' ').map(apart).collect::<Vec<_>>().join(" ");
            }
        }
        text.push('\n');
    }
    text
}

/// Prints the manual page of the command, or of a subcommand.
pub(crate) fn page(subcommand: Option<&str>) -> Result<(), Failure> {
    // `nfstream help` has no page: it shows what these pages say.
    let mut command = command().mut_subcommand("help", |help| help.hide(true));
    command.build();
    let page_of = subcommand.and_then(|name| command.find_subcommand(name)).unwrap_or(&command);
    let mut text = Vec::new();
    Man::new(page_of.clone()).render(&mut text).map_err(|error| Failure::standard_output(&error))?;
    write_stdout(&text)
}

/// Prints the help of the command, or of a subcommand, as `--help` does.
pub(crate) fn help(subcommand: Option<&str>) -> Result<(), Failure> {
    let mut command = command();
    command.build();
    print_to_stdout(|| match subcommand.and_then(|name| command.find_subcommand_mut(name)) {
        Some(subcommand) => subcommand.print_long_help(),
        None => command.print_long_help(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_flags_of_fish_have_letters_of_their_own() {
        let line = |options| format!("function a\n    string join \\n {options}\nend\n");
        assert_eq!(
            for_fish(&line("o/output= A/all n-meters= quiet n-dissections")),
            line("o/output= A/all B/n-meters= quiet C/n-dissections")
        );
    }
}

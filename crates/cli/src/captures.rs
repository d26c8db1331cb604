//! Which captures a command line means: files, directories, patterns, standard input.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IsTerminal};

use nfstream::Input;

use crate::arguments::SUBCOMMANDS;
use crate::failure::Failure;

/// The inputs that the arguments stand for, in their order.
pub(crate) fn expand(arguments: &[OsString]) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    for argument in arguments {
        if argument == "-" {
            inputs.push(standard_input(&inputs)?);
            continue;
        }
        if let Some(hint) = subcommand_meant(argument) {
            return Err(Failure::Usage(hint));
        }
        let captures = nfstream_capture::named(argument).map_err(|error| Failure::Told(error.to_string()))?;
        inputs.extend(captures.into_iter().map(Input::from));
    }
    Ok(inputs)
}

/// Refuses words that are no files where tcpdump has its filter.
pub(crate) fn check_for_a_filter(words: &[OsString]) -> Result<(), Failure> {
    let is_missing = |word: &OsString| fs::symlink_metadata(word).is_err();
    if words.is_empty() || !words.iter().all(is_missing) {
        return Ok(());
    }
    let words = words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    Err(Failure::Usage(format!("{words}: no such file; a filter is given as in --bpf-filter '{words}'")))
}

/// What to say of a word that is no file, and nearly a subcommand.
fn subcommand_meant(argument: &OsStr) -> Option<String> {
    let word = argument.to_str().filter(|_| fs::symlink_metadata(argument).is_err())?;
    let likeness = |name: &&str| strsim::damerau_levenshtein(word, name);
    let nearest = SUBCOMMANDS.iter().copied().min_by_key(likeness)?;
    let most = if nearest.len() < 5 { 1 } else { 2 };
    let meant = match likeness(&nearest) {
        0 => format!("to mean the subcommand, put {nearest} first"),
        far if far <= most => format!("did you mean the subcommand {nearest}?"),
        _ => return None,
    };
    Some(format!("{word}: no such file; {meant}"))
}

fn standard_input(earlier: &[Input]) -> Result<Input, Failure> {
    if earlier.contains(&Input::Stdin) {
        return Err(Failure::Usage("standard input (-) can be read only once".to_owned()));
    }
    if io::stdin().is_terminal() {
        return Err(Failure::Told(
            "standard input is a terminal, not a capture: pipe one in, as in tcpdump -w - | nfstream -"
                .to_owned(),
        ));
    }
    Ok(Input::Stdin)
}

//! Finds the captures that a command line means: files, directories, patterns, standard input.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use nfstream::sinks::{Format, Target};
use nfstream::{CaptureError, Input};
use rustix::fs::OFlags;

use crate::arguments::{LiveArguments, SUBCOMMANDS};
use crate::descriptors;
use crate::failure::Failure;

/// The inputs that the arguments of a command stand for, in their order. At least one is required, unless there is an
/// interface.
pub(crate) fn expand(
    arguments: &[OsString],
    live: &LiveArguments,
    command: &str,
) -> Result<Vec<Input>, Failure> {
    if arguments.is_empty() && live.interface.is_none() {
        return Err(Failure::Usage(nothing_to_read(command)));
    }
    let mut inputs = Vec::new();
    for argument in arguments {
        let is_stdin = argument == "-" || Target::from(Path::new(argument)).descriptor() == Some(0);
        if is_stdin {
            check_stdin(command)?;
        }
        if argument == "-" {
            if inputs.contains(&Input::Stdin) {
                return Err(Failure::Usage("standard input (-) can be read only once".to_owned()));
            }
            inputs.push(Input::Stdin);
            continue;
        }
        if let Some(reason) = descriptors::refusal(Path::new(argument)) {
            return Err(Failure::Usage(format!("{}: {reason}", argument.display())));
        }
        let captures = nfstream::named(argument).map_err(|error| match error {
            CaptureError::NoMatch { .. } | CaptureError::NoCapture { .. } => {
                Failure::Usage(error.to_string())
            }
            error => Failure::Told(error.to_string()),
        })?;
        if captures.iter().any(|capture| capture.as_os_str() == argument && is_missing(capture.as_os_str())) {
            return Err(Failure::Usage(format!("{}: no such file{}", argument.display(), meant(argument))));
        }
        inputs.extend(captures.into_iter().map(Input::from));
    }
    Ok(inputs)
}

/// Refuses words that are not files in the place where tcpdump has its filter.
pub(crate) fn check_for_a_filter(words: &[OsString]) -> Result<(), Failure> {
    if words.is_empty() || !words.iter().all(|word| is_missing(word)) {
        return Ok(());
    }
    let words = words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    Err(Failure::Usage(format!("{words}: no such file; to give a filter, write --bpf-filter '{words}'")))
}

fn is_missing(name: &OsStr) -> bool {
    fs::metadata(name).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

fn nothing_to_read(command: &str) -> String {
    let others = match command {
        "nfstream" => format!(", or a subcommand: {}, help", SUBCOMMANDS.join(", ")),
        _ => String::new(),
    };
    format!("name a capture ({command} capture.pcap) or an interface (sudo {command} -i eth0){others}")
}

/// The likely meaning of a word that is not a file, as the end of a sentence: an output, or almost a subcommand.
fn meant(word: &OsStr) -> String {
    let Some(word) = word.to_str() else { return String::new() };
    if Format::from_path(Path::new(word)).is_some() {
        return format!("; to write flows to it, give --output {word}");
    }
    let subcommands = || SUBCOMMANDS.iter().copied().chain(["help"]);
    let likeness = |name: &&str| strsim::damerau_levenshtein(word, name);
    let begins_like = |name: &&str| word.get(..5).is_some_and(|beginning| name.starts_with(beginning));
    match subcommands().min_by_key(likeness) {
        Some(name) if name == word => format!("; for the subcommand, put {name} first"),
        Some(name) if likeness(&name) <= if name.len() < 5 { 1 } else { 2 } => {
            format!("; did you mean the subcommand {name}?")
        }
        _ => subcommands()
            .find(begins_like)
            .map_or(String::new(), |name| format!("; did you mean the subcommand {name}?")),
    }
}

/// Checks that standard input can be a capture, by whatever name it is meant: `-`, `/dev/stdin`, `/dev/fd/0`.
fn check_stdin(command: &str) -> Result<(), Failure> {
    let what_it_is = if !descriptors::was_open(0) {
        "closed"
    } else if io::stdin().is_terminal() {
        "a terminal, not a capture"
    } else if descriptors::has_mode(rustix::stdio::stdin(), OFlags::WRONLY) {
        "open for writing only"
    } else {
        return Ok(());
    };
    Err(no_capture_on_stdin(what_it_is, command))
}

fn no_capture_on_stdin(what_it_is: &str, command: &str) -> Failure {
    Failure::Usage(format!(
        "standard input is {what_it_is}: pipe a capture in, as in tcpdump -w - | {command} -"
    ))
}

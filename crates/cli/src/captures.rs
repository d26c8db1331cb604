//! Which captures a command line means: files, directories, patterns, standard input.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use glob::MatchOptions;
use nfstream::Input;
use nfstream_capture::{Captures, in_words};

use crate::arguments::SUBCOMMANDS;
use crate::failure::Failure;

const EXTENSIONS: [&str; 4] = ["pcap", "cap", "pcapng", "dmp"];
const COMPRESSIONS: [&str; 3] = ["gz", "zst", "xz"];

/// A pattern finds no hidden files unless it begins with a dot itself.
const LIKE_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

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
        for path in matches(argument)? {
            if path.is_dir() {
                inputs.extend(captures_in(&path)?.into_iter().map(Input::from));
            } else {
                inputs.push(Input::from(path));
            }
        }
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

/// The path itself, or what it matches as a pattern if there is no such file.
fn matches(argument: &OsStr) -> Result<Vec<PathBuf>, Failure> {
    let itself = PathBuf::from(argument);
    let Some(pattern) = argument.to_str().filter(|text| text.contains(['*', '?', '['])) else {
        return Ok(vec![itself]);
    };
    if fs::symlink_metadata(&itself).is_ok() {
        return Ok(vec![itself]);
    }
    let paths = glob::glob_with(pattern, LIKE_A_SHELL)
        .map_err(|error| Failure::Told(format!("{pattern}: no such file: {}", in_words(&error))))?;
    let paths: Result<Vec<PathBuf>, glob::GlobError> = paths.collect();
    let paths = paths.map_err(|error| unreadable(error.path(), error.error()))?;
    if paths.is_empty() {
        return Err(Failure::Told(format!("{pattern}: no file matches this pattern")));
    }
    Ok(paths)
}

/// The captures directly in a directory, sorted by name.
fn captures_in(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(directory).map_err(|error| unreadable(directory, &error))?;
    let mut captures = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(directory, &error))?.path();
        if is_capture(&path) {
            captures.push(path);
        }
    }
    if captures.is_empty() {
        return Err(Failure::Told(format!("{}: no capture in this directory", directory.display())));
    }
    captures.sort_unstable();
    Ok(captures)
}

/// Whether a file of a directory is meant: what its name says is believed, so that a broken capture is told and not left
/// out; other files are taken by what they are.
fn is_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    !name.starts_with('.')
        && path.is_file()
        && (is_named_like_a_capture(path) || Captures::open([Input::from(path)]).is_ok())
}

/// Whether the extension is one of captures, compressed or not.
pub(crate) fn is_named_like_a_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    if COMPRESSIONS.contains(&extension) {
        return stem.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension));
    }
    EXTENSIONS.contains(&extension)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Told(format!("{}: cannot be listed: {}", path.display(), in_words(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capture_names() {
        let names = [
            "a.pcap",
            "a.b.cap",
            "a.pcapng.zst",
            "a.dmp.gz",
            "pcap",
            "a.txt",
            "a.txt.gz",
            "a.pcap.bz2",
            "a.gz",
        ];
        let taken: Vec<&str> =
            names.into_iter().filter(|name| is_named_like_a_capture(Path::new(name))).collect();
        assert_eq!(taken, ["a.pcap", "a.b.cap", "a.pcapng.zst", "a.dmp.gz"]);
    }
}

//! Which captures a name means: a file, those of a directory, those that a pattern matches.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use glob::MatchOptions;

use crate::{Captures, Error, Input, in_words};

const EXTENSIONS: [&str; 4] = ["pcap", "cap", "pcapng", "dmp"];
const COMPRESSIONS: [&str; 3] = ["gz", "zst", "xz"];

/// A pattern finds no hidden files unless it begins with a dot itself.
const LIKE_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The captures that a name stands for: of a directory those directly in it, sorted by name; of a pattern (`*`, `?`, `[a-z]`, and
/// `**` for any directories) what it matches, unless there is a file of that very name; else the file itself, which need not exist.
///
/// In a directory, what a file is called is believed, so that a broken capture is told and not left out; files with other
/// names are captures if they begin like one. Hidden files are left out.
///
/// # Errors
///
/// [`Error::NoMatch`], [`Error::NoCapture`], [`Error::Pattern`], and [`Error::Listing`] for a directory that cannot be read.
pub fn named(name: &OsStr) -> Result<Vec<PathBuf>, Error> {
    let mut captures = Vec::new();
    for path in matches(name)? {
        if path.is_dir() {
            captures.extend(captures_in(&path)?);
        } else {
            captures.push(path);
        }
    }
    Ok(captures)
}

/// The path itself, or what it matches as a pattern if there is no such file.
fn matches(name: &OsStr) -> Result<Vec<PathBuf>, Error> {
    let itself = PathBuf::from(name);
    let Some(pattern) = name.to_str().filter(|text| text.contains(['*', '?', '['])) else {
        return Ok(vec![itself]);
    };
    if fs::symlink_metadata(&itself).is_ok() {
        return Ok(vec![itself]);
    }
    let input = || pattern.to_owned();
    let paths = glob::glob_with(pattern, LIKE_A_SHELL)
        .map_err(|error| Error::Pattern { input: input(), reason: in_words(&error) })?;
    let paths: Result<Vec<PathBuf>, glob::GlobError> = paths.collect();
    let paths = paths.map_err(|error| {
        let input = error.path().display().to_string();
        Error::Listing { input, source: error.into() }
    })?;
    if paths.is_empty() {
        return Err(Error::NoMatch { input: input() });
    }
    Ok(paths)
}

fn captures_in(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let input = || directory.display().to_string();
    let unreadable = |source| Error::Listing { input: input(), source };
    let mut captures = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if is_capture(&path) {
            captures.push(path);
        }
    }
    if captures.is_empty() {
        return Err(Error::NoCapture { input: input() });
    }
    captures.sort_unstable();
    Ok(captures)
}

fn is_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    !name.starts_with('.')
        && path.is_file()
        && (is_named_like_a_capture(path) || Captures::open([Input::from(path)]).is_ok())
}

/// Whether a file has the extension of captures (`pcap`, `cap`, `pcapng`, `dmp`), also before that of a compression.
pub fn is_named_like_a_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    if COMPRESSIONS.contains(&extension) {
        return stem.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension));
    }
    EXTENSIONS.contains(&extension)
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

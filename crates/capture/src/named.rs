//! The captures that a name stands for: a file, the files of a directory, or the files that match a pattern.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};

use crate::{Captures, Error, Input};

const EXTENSIONS: [&str; 4] = ["pcap", "cap", "pcapng", "dmp"];
const COMPRESSIONS: [&str; 3] = ["gz", "zst", "xz"];

/// A pattern matches hidden files only if it begins with a dot itself.
const LIKE_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The captures that a name stands for. A directory stands for the captures directly in it, sorted by name. A pattern (`*`, `?`,
/// `[a-z]`, and `**` for any directories, except those behind a symbolic link) stands for its matches, unless a file of that very
/// name exists. Any other name, and a pattern that is not valid, stands for the file itself, which need not exist. A part of a
/// name that is not UTF-8 counts as one unknown character.
///
/// In a directory, files with the extension of captures always count as captures, so that a broken capture is reported and not
/// left out. Files with other names are captures if they begin like one. Hidden files are left out.
///
/// # Errors
///
/// [`Error::NoMatch`], [`Error::NoCapture`], and [`Error::Listing`] for a directory that cannot be read.
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

/// The path itself, or its matches as a pattern if there is no such file.
fn matches(name: &OsStr) -> Result<Vec<PathBuf>, Error> {
    let itself = Path::new(name);
    let read = |pattern: &OsStr| Pattern::new(&pattern.to_string_lossy());
    if !is_pattern(name) || read(name).is_err() || fs::symlink_metadata(itself).is_ok() {
        return Ok(vec![itself.to_owned()]);
    }
    let mut paths = vec![PathBuf::new()];
    for component in itself.components() {
        paths = match component {
            Component::Normal(part) if part == "**" => with_directories_below(paths)?,
            Component::Normal(part) if is_pattern(part) => {
                let pattern = read(part);
                let is_match = |name: &str| {
                    pattern.as_ref().is_ok_and(|pattern| pattern.matches_with(name, LIKE_A_SHELL))
                };
                entries(&paths, is_match)?.into_iter().map(|(path, _)| path).collect()
            }
            part => {
                let paths = paths.into_iter().map(|path| path.join(part));
                paths.filter(|path| fs::symlink_metadata(path).is_ok()).collect()
            }
        };
    }
    paths.retain(|path| !name.as_encoded_bytes().ends_with(b"/") || path.is_dir());
    paths.sort_unstable();
    paths.dedup();
    if let Some(first) = paths.first_mut() {
        *first = listed(first).to_owned();
    }
    if paths.is_empty() { Err(Error::NoMatch { input: itself.display().to_string() }) } else { Ok(paths) }
}

fn is_pattern(name: &OsStr) -> bool {
    name.as_encoded_bytes().iter().any(|byte| b"*?[".contains(byte))
}

/// The entries with wanted names in those of the paths that are directories. Also whether each entry is a directory itself, and
/// not a link to one.
fn entries(paths: &[PathBuf], is_wanted: impl Fn(&str) -> bool) -> Result<Vec<(PathBuf, bool)>, Error> {
    let mut found = Vec::new();
    for path in paths {
        let unreadable = |source| Error::Listing { input: listed(path).display().to_string(), source };
        let entries = match fs::read_dir(listed(path)) {
            Err(error) if error.kind() != ErrorKind::PermissionDenied && !listed(path).is_dir() => continue,
            entries => entries.map_err(unreadable)?,
        };
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            if is_wanted(&name.to_string_lossy()) {
                found.push((path.join(name), entry.file_type().map_err(unreadable)?.is_dir()));
            }
        }
    }
    Ok(found)
}

/// The directories among these paths, and those below them that are not hidden. Symbolic links are not followed, because they may
/// lead back.
fn with_directories_below(paths: Vec<PathBuf>) -> Result<Vec<PathBuf>, Error> {
    let mut found: Vec<PathBuf> = paths.into_iter().filter(|path| listed(path).is_dir()).collect();
    let mut begun = 0;
    while let Some(directory) = found.get(begun..=begun) {
        let below = entries(directory, |name| !name.starts_with('.'))?;
        found.extend(below.into_iter().filter(|(_, is_directory)| *is_directory).map(|(path, _)| path));
        begun += 1;
    }
    Ok(found)
}

/// The directory that a path stands for, which may be the current one.
fn listed(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

fn captures_in(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = entries(&[directory.to_owned()], |_| true)?;
    let mut captures: Vec<PathBuf> =
        entries.into_iter().map(|(path, _)| path).filter(|path| is_capture(path)).collect();
    if captures.is_empty() {
        return Err(Error::NoCapture { input: directory.display().to_string() });
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

/// Whether a file has an extension of captures (`pcap`, `cap`, `pcapng`, `dmp`), possibly followed by that of a compression.
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

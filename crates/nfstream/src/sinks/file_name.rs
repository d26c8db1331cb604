//! Names of files, as far as they say what is in a file.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::compressed::Compression;
use super::formats::Format;
use super::target::Target;

/// How the target's name says that it is compressed.
pub(super) fn compression(target: &Target, format: Format) -> io::Result<Option<Compression>> {
    let Target::Path(path) = target else { return Ok(None) };
    let compression = Compression::from_path(path);
    if compression.is_some() && !format.is_text() {
        let reason = format!("{format} is not compressed as a whole: leave out .gz or .zst");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    Ok(compression)
}

/// What comes before a number that tells files apart, and what behind it: `flows` and `.csv.gz`.
pub(super) fn stem_and_extensions(path: &Path) -> (OsString, OsString) {
    let mut stem = path.file_stem().unwrap_or_default();
    let mut extensions = OsString::new();
    if Compression::from_path(path).is_some()
        && let Some(format) = Path::new(stem).extension()
    {
        stem = Path::new(stem).file_stem().unwrap_or_default();
        extensions.push(".");
        extensions.push(format);
    }
    if let Some(extension) = path.extension() {
        extensions.push(".");
        extensions.push(extension);
    }
    (stem.to_owned(), extensions)
}

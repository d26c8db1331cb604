//! The information that file names give about the contents of files.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::compressed::Compression;
use super::formats::Format;
use super::target::Target;

/// The compression that the target's name stands for.
pub(super) fn compression(target: &Target, format: Format) -> io::Result<Option<Compression>> {
    let Target::Path(path) = target else { return Ok(None) };
    let compression = Compression::from_path(path);
    if compression.is_some() && !format.is_text() {
        let reason = format!("{format} is not compressed as a whole: leave out .gz or .zst");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    Ok(compression)
}

/// Splits a file name around the number that tells files apart: `flows` comes before it, `.csv.gz`
/// after it.
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

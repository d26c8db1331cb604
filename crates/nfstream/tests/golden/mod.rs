//! The golden outputs, `testdata/expected`: the flows of every capture of `testdata`, as CSV. `cargo xtask generate` writes them; tests
//! read them.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use nfstream::sinks::{Format, Writer};
use nfstream::{Profile, Streamer};

/// Their folder, from the root of the repository.
pub(crate) const FOLDER: &str = "testdata/expected";

/// Folders of captures, from the root of the repository. No two captures have the same name.
const CAPTURES: [&str; 2] = ["testdata", "testdata/containers"];

/// The captures, sorted.
pub(crate) fn captures(root: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut captures = Vec::new();
    for folder in CAPTURES {
        let folder = root.join(folder);
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let is_other = path.extension().is_some_and(|extension| extension == "md" || extension == "py");
            if path.is_file() && !is_other {
                captures.push(path);
            }
        }
    }
    captures.sort();
    Ok(captures)
}

/// Where the golden output of a capture is, from the root of the repository.
pub(crate) fn path(capture: &Path) -> String {
    let name = capture.file_name().unwrap_or_default().to_string_lossy();
    format!("{FOLDER}/{name}.csv")
}

/// The flows of a capture as CSV.
pub(crate) fn csv(capture: &Path) -> Result<String, Box<dyn Error>> {
    Ok(String::from_utf8(written(&[capture.to_owned()], 1, Format::Csv)?)?)
}

/// The flows of captures read as one, in a file's bytes: what
/// `nfstream --profile nfstream --statistical-analysis --splt-analysis 20` writes.
pub(crate) fn written(
    captures: &[PathBuf],
    n_meters: usize,
    format: Format,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let sources = captures.iter().map(PathBuf::as_path);
    let parameters = Streamer::builder().profile(Profile::Nfstream).statistical_analysis(true);
    let parameters = parameters.splt_analysis(20);
    let mut records = parameters.sources(sources).n_meters(n_meters).build()?.records()?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("flows");
    let mut writer = Writer::create(path.as_path(), format, records.schema())?;
    while let Some(batch) = records.next_batch() {
        writer.write(&batch?)?;
    }
    writer.finish()?;
    Ok(fs::read(path)?)
}

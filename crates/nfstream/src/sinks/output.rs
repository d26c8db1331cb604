//! Where bytes go: a file that appears whole or not at all, or something that takes them as they come.

use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Seek, SeekFrom, Stdout, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

/// What records are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file. What exists there and is no regular file, such as a FIFO or a device, takes the bytes as they come.
    Path(PathBuf),
    /// The standard output of the process. When whoever reads it has gone, errors are
    /// [`Error::Output`](crate::Error::Output) whose `source` has the kind [`io::ErrorKind::BrokenPipe`].
    Stdout,
}

/// The name that errors have for it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Stdout => f.write_str("standard output"),
        }
    }
}

impl From<PathBuf> for Target {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for Target {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<&str> for Target {
    fn from(path: &str) -> Self {
        Self::Path(path.into())
    }
}

impl From<String> for Target {
    fn from(path: String) -> Self {
        Self::Path(path.into())
    }
}

/// An opened [`Target`].
pub(super) enum Output {
    File(File),
    Stdout(Stdout),
}

/// A file with a hidden name, which it gives up for its own in the end; removed when dropped before.
pub(super) struct Hidden {
    hidden: TempPath,
    path: PathBuf,
}

/// An output that knows how many bytes it was given.
#[cfg(feature = "arrow")]
pub(super) struct Counted {
    output: Output,
    pub(super) bytes: u64,
}

/// Opens a target; a regular file is hidden as yet.
pub(super) fn open(target: &Target) -> io::Result<(Output, Option<Hidden>)> {
    let Target::Path(path) = target else { return Ok((Output::Stdout(io::stdout()), None)) };
    // Opened even where it will be replaced: what may not be written may not be replaced either.
    match OpenOptions::new().write(true).open(path) {
        Ok(existing) => replace(existing, path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path, None),
        Err(error) => Err(error),
    }
}

fn replace(existing: File, path: &Path) -> io::Result<(Output, Option<Hidden>)> {
    let metadata = existing.metadata()?;
    if !metadata.is_file() {
        return Ok((Output::File(existing), None));
    }
    // A symbolic link stays: what it points to is replaced.
    create(&fs::canonicalize(path)?, Some(metadata.permissions()))
}

/// A new regular file for a name, hidden as yet, whatever has the name now.
pub(super) fn begin(path: &Path) -> io::Result<(Output, Option<Hidden>)> {
    create(path, None)
}

fn create(path: &Path, permissions: Option<Permissions>) -> io::Result<(Output, Option<Hidden>)> {
    let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "is not the name of a file");
    let name = path.file_name().ok_or_else(no_name)?;
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let (file, hidden) = hidden_file(directory).map_err(|error| refusal(error, directory))?.into_parts();
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    let path = hidden.with_file_name(name);
    Ok((Output::File(file), Some(Hidden { hidden, path })))
}

/// A new file with the permissions that any new file gets from the process's umask.
fn hidden_file(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".nfstream-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

fn refusal(error: io::Error, directory: &Path) -> io::Error {
    let directory = directory.display();
    let reason = match error.kind() {
        io::ErrorKind::NotFound => format!("there is no directory {directory}"),
        io::ErrorKind::PermissionDenied => format!("no permission to create a file in {directory}"),
        _ => return error,
    };
    io::Error::new(error.kind(), reason)
}

impl Hidden {
    /// Another hidden file for the same name, in the place of this one.
    pub(super) fn beside(self) -> io::Result<(Output, Option<Hidden>)> {
        let permissions = fs::metadata(&self.hidden)?.permissions();
        create(&self.path, Some(permissions))
    }

    /// Gives the file its name; what had it before is gone.
    pub(super) fn rename(self) -> io::Result<()> {
        self.hidden.persist(self.path).map_err(|failed| failed.error)
    }

    /// Gives the file the first of these names that nothing has; an error of the kind
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) when there are no more names.
    pub(super) fn rename_to_first_free(
        self,
        names: impl IntoIterator<Item = PathBuf>,
    ) -> io::Result<PathBuf> {
        let mut hidden = self.hidden;
        for name in names {
            match hidden.persist_noclobber(&name) {
                Ok(()) => return Ok(name),
                Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => hidden = failed.path,
                Err(failed) => return Err(failed.error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

impl Output {
    #[cfg(feature = "arrow")]
    pub(super) fn counted(self) -> Counted {
        Counted { output: self, bytes: 0 }
    }

    /// Takes back what a regular file has beyond so many bytes; what comes next goes there.
    pub(super) fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        match self {
            Self::File(file) if file.metadata()?.is_file() => {
                file.set_len(bytes)?;
                file.seek(SeekFrom::Start(bytes))?;
                Ok(())
            }
            _ => Err(io::ErrorKind::NotSeekable.into()),
        }
    }
}

#[cfg(feature = "arrow")]
impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stdout(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stdout(stdout) => stdout.flush(),
        }
    }
}

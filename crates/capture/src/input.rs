//! [`Input`]: the source of a capture.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Error;

/// The source of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file, FIFO or device.
    Path(PathBuf),
    /// The standard input of the process.
    Stdin,
    /// Anything else that can be read.
    Reader(Opener),
}

/// Opens an input that is not a path, such as bytes in memory. It is called each time the input is read, when its turn
/// comes.
#[derive(Clone)]
pub struct Opener {
    name: String,
    pub(crate) open: Arc<dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync>,
}

impl Opener {
    /// `name` stands for the input in messages. A reader may return [`io::ErrorKind::WouldBlock`] when nothing has come
    /// for a while. Any other error of the reader ends the reading with [`Error::Read`], after the frames before it.
    pub fn new(
        name: impl Into<String>,
        open: impl Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), open: Arc::new(open) }
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Opener").field(&self.name).finish()
    }
}

/// Two openers are equal if they are clones of one.
impl PartialEq for Opener {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.open, &other.open)
    }
}

impl Eq for Opener {}

impl Input {
    /// Whether this is a regular file, which can be examined without consuming anything from it.
    pub(crate) fn is_regular(&self) -> Result<bool, Error> {
        let Self::Path(path) = self else { return Ok(false) };
        let metadata =
            fs::metadata(path).map_err(|source| Error::Open { input: self.to_string(), source })?;
        if metadata.is_dir() {
            return Err(Error::IsADirectory { input: self.to_string() });
        }
        Ok(metadata.is_file())
    }
}

/// The name in errors and damages.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("standard input"),
            Self::Reader(opener) => f.write_str(&opener.name),
        }
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for Input {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<&str> for Input {
    fn from(path: &str) -> Self {
        Self::Path(path.into())
    }
}

impl From<String> for Input {
    fn from(path: String) -> Self {
        Self::Path(path.into())
    }
}

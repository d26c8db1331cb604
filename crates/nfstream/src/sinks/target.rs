//! Where bytes go: a file that appears whole or not at all, or something that takes them as they come.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Stdout, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fmt, process, thread};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::growing::{Growing, directory_of};
use crate::error::Error;

/// What records are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file. What exists there and is no regular file, such as a FIFO or a device, takes the bytes as they come. So does what is open
    /// already, named as `/dev/stdout` or `/dev/stderr`, whatever it is.
    Path(PathBuf),
    /// The standard output of the process. Its errors are [`Error::StandardOutput`](crate::Error::StandardOutput).
    Stdout,
}

/// The numbers of standard output and standard error.
const STDOUT: u32 = 1;
const STDERR: u32 = 2;

impl Target {
    /// Whether bytes go there as they come: it has no name that it gets in the end.
    pub fn is_stream(&self) -> bool {
        match self {
            Self::Path(path) => {
                descriptor(path).is_some() || fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
            }
            Self::Stdout => true,
        }
    }

    /// Whether it is the standard output, by whatever name.
    pub fn is_stdout(&self) -> bool {
        match self {
            Self::Path(path) => descriptor(path) == Some(STDOUT),
            Self::Stdout => true,
        }
    }
}

/// The number of what is open already, if a path such as `/dev/stdout` or `/dev/fd/3` names that. It leads to a link in
/// `/proc/PID/fd`, which must not be followed: what it points to is somebody's file, and this process may only add to it.
fn descriptor(path: &Path) -> Option<u32> {
    const MOST_LINKS: usize = 40;
    let own = PathBuf::from(format!("/proc/{}", process::id()));
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let directory = fs::canonicalize(directory_of(&path)).ok()?;
        let name = path.file_name()?;
        if (directory.starts_with(&own) || directory == Path::new("/dev/fd"))
            && directory.file_name() == Some(OsStr::new("fd"))
        {
            return name.to_str()?.parse().ok();
        }
        path = directory.join(fs::read_link(directory.join(name)).ok()?);
    }
    None
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

/// What is asked many times a second while a FIFO has to be waited for: until somebody opens it to read, and, when it is full, until
/// its reader reads on; and while a collector is waited for. By default a FIFO is waited for as long as it takes.
#[derive(Clone, Default)]
pub struct Patience(Option<Arc<Question>>);

type Question = dyn Fn() -> io::Result<bool> + Send + Sync;

impl Patience {
    /// `is_to_end` says whether the run was told to end. A FIFO that nobody has opened is given up then, and one whose reader takes
    /// nothing for five seconds: errors are [`Error::Output`](crate::Error::Output) whose `source` has the kind
    /// [`io::ErrorKind::TimedOut`]. What is an error of `is_to_end` is one of the output at once.
    pub fn new(is_to_end: impl Fn() -> io::Result<bool> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(is_to_end)))
    }

    /// Whether the run was told to end.
    ///
    /// # Errors
    /// Those of the question that this is made of.
    pub fn is_to_end(&self) -> io::Result<bool> {
        self.0.as_ref().map_or(Ok(false), |is_to_end| is_to_end())
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience").finish_non_exhaustive()
    }
}

/// An opened [`Target`].
pub(super) enum Output {
    File(File),
    Stream(Stream),
    Stdout(Stdout),
}

/// A FIFO or a device, which is not waited for in the operating system: nobody could end that.
pub(super) struct Stream {
    file: File,
    patience: Patience,
    /// Whoever has it still may try to write what is left.
    is_given_up: bool,
}

/// How long is waited between two questions.
const PAUSE: Duration = Duration::from_millis(20);
const POLL: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// How long a reader may take nothing when the run was told to end.
const RESPITE: Duration = Duration::from_secs(5);

/// An output that knows how many bytes it was given.
#[cfg(feature = "arrow")]
pub(super) struct Counted {
    output: Output,
    pub(super) bytes: u64,
}

/// Opens a target; a regular file does not have its name as yet.
pub(super) fn open(target: &Target, patience: &Patience) -> io::Result<(Output, Option<Growing>)> {
    let Target::Path(path) = target else { return Ok((Output::Stdout(io::stdout()), None)) };
    let is_file = || fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    match descriptor(path) {
        Some(STDOUT) => return Ok((Output::Stdout(io::stdout()), None)),
        Some(STDERR) => {
            let stderr = File::from(io::stderr().as_fd().try_clone_to_owned()?);
            return Ok((Output::Stream(Stream::new(stderr, patience)), None));
        }
        Some(_) if is_file() => {
            let reason = "is a file that is open already: give the name of the file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        _ => {}
    }
    // Opened even where it will be replaced: what may not be written may not be replaced either.
    match open_existing(path, patience) {
        Ok(existing) => replace(existing, path, patience),
        Err(error) if error.kind() == io::ErrorKind::NotFound => begin(path),
        Err(error) => Err(error),
    }
}

/// A FIFO can be opened when somebody reads it.
fn open_existing(path: &Path, patience: &Patience) -> io::Result<File> {
    let is_fifo = || fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo());
    loop {
        let flags = OFlags::NONBLOCK.bits() as i32;
        match OpenOptions::new().write(true).custom_flags(flags).open(path) {
            Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) && is_fifo() => {}
            opened => return opened,
        }
        if patience.is_to_end()? {
            return Err(given_up("interrupted while nobody had opened it to read: nothing was written"));
        }
        thread::sleep(PAUSE);
    }
}

fn given_up(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, reason)
}

fn replace(existing: File, path: &Path, patience: &Patience) -> io::Result<(Output, Option<Growing>)> {
    if !existing.metadata()?.is_file() {
        return Ok((Output::Stream(Stream::new(existing, patience)), None));
    }
    // A symbolic link stays: what it points to is replaced.
    Ok(grows(Growing::in_place_of(&fs::canonicalize(path)?)?))
}

/// A new regular file that will have a name, whatever has the name now.
pub(super) fn begin(path: &Path) -> io::Result<(Output, Option<Growing>)> {
    Ok(grows(Growing::begin(path)?))
}

fn grows((file, growing): (File, Growing)) -> (Output, Option<Growing>) {
    (Output::File(file), Some(growing))
}

impl Stream {
    fn new(file: File, patience: &Patience) -> Self {
        Self { file, patience: patience.clone(), is_given_up: false }
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

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let refused =
            || given_up("interrupted, and nobody has read from it for 5 seconds: not all was written");
        if self.is_given_up {
            return Err(refused());
        }
        let mut until = None;
        loop {
            match self.file.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return written,
            }
            let is_to_end = self.patience.is_to_end();
            self.is_given_up = match is_to_end {
                Ok(is_to_end) => {
                    is_to_end && Instant::now() >= *until.get_or_insert_with(|| Instant::now() + RESPITE)
                }
                Err(_) => true,
            };
            if self.is_given_up {
                return Err(is_to_end.err().unwrap_or_else(refused));
            }
            match poll(&mut [PollFd::new(&self.file, PollFlags::OUT)], Some(&POLL)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stream(stream) => stream.write(bytes),
            Self::Stdout(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stream(stream) => stream.flush(),
            Self::Stdout(stdout) => stdout.flush(),
        }
    }
}

/// What could not be done with a target.
pub(super) fn failure(target: &Target, source: io::Error) -> Error {
    match target {
        Target::Path(path) => Error::Output { path: path.clone(), source },
        Target::Stdout => Error::StandardOutput(source),
    }
}

//! Where bytes go: a file that appears whole or not at all, or something that takes them as they come.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Seek, SeekFrom, Stdout, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{self, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fmt, thread};

use nfstream_capture::in_words;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use tempfile::{PathPersistError, TempPath};

use crate::error::Error;

/// What records are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file. What exists there and is no regular file, such as a FIFO or a device, takes the bytes as they come.
    Path(PathBuf),
    /// The standard output of the process. Its errors are [`Error::StandardOutput`](crate::Error::StandardOutput).
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

/// Permissions of a new file, of which the umask takes some away, and of one that will have those of another.
const ANY_FILE: u32 = 0o666;
const NOBODY_ELSE: u32 = 0o600;

/// A file under the [name that it has while it grows](set_aside), which it gives up for its own in the end; removed when dropped
/// before.
pub(super) struct Growing {
    file: TempPath,
    path: PathBuf,
}

/// An output that knows how many bytes it was given.
#[cfg(feature = "arrow")]
pub(super) struct Counted {
    output: Output,
    pub(super) bytes: u64,
}

/// Opens a target; a regular file does not have its name as yet.
pub(super) fn open(target: &Target, patience: &Patience) -> io::Result<(Output, Option<Growing>)> {
    let Target::Path(path) = target else { return Ok((Output::Stdout(io::stdout()), None)) };
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
    let metadata = existing.metadata()?;
    if !metadata.is_file() {
        let stream = Stream { file: existing, patience: patience.clone(), is_given_up: false };
        return Ok((Output::Stream(stream), None));
    }
    // A symbolic link stays: what it points to is replaced.
    create(&fs::canonicalize(path)?, Some(&metadata))
}

/// A new regular file that will have a name, whatever has the name now.
pub(super) fn begin(path: &Path) -> io::Result<(Output, Option<Growing>)> {
    create(path, None)
}

/// A new regular file, in the place of another if there is one.
fn create(path: &Path, replaced: Option<&Metadata>) -> io::Result<(Output, Option<Growing>)> {
    let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "is not the name of a file");
    let name = path.file_name().ok_or_else(no_name)?;
    let directory = directory_of(path);
    let path = path::absolute(directory)?.join(name);
    let mode = if replaced.is_some() { NOBODY_ELSE } else { ANY_FILE };
    let (output, file) = create_growing(&path, mode).map_err(|error| refusal(error, directory))?;
    let growing = Growing { file: TempPath::try_from_path(file)?, path };
    if let Some(replaced) = replaced {
        inherit(&output, replaced)?;
    }
    Ok((Output::File(output), Some(growing)))
}

/// Gives a file the group, the permissions and the owner of the one that it replaces. Only root gives files away, and only members give them to a
/// group: where that is refused, another group may do no more than everybody.
fn inherit(file: &File, replaced: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    let mut mode = replaced.mode() & 0o777;
    if own.gid() != replaced.gid() && fchown(file, None, Some(replaced.gid())).is_err() {
        mode = mode & 0o707 | (mode & 0o007) << 3;
    }
    file.set_permissions(Permissions::from_mode(mode))?;
    if own.uid() != replaced.uid() {
        let _ = fchown(file, Some(replaced.uid()), None);
    }
    Ok(())
}

/// Creates the file under the first name that nothing has: what is left of a run that was killed may be all that there is.
/// It can be read as well: what gets further columns is read back.
fn create_growing(path: &Path, mode: u32) -> io::Result<(File, PathBuf)> {
    let mut number = 0;
    loop {
        let name = set_aside(path, number, "part");
        match OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            created => return created.map(|file| (file, name)),
        }
    }
}

/// `flows.csv.part`, or, with a number where that is taken, `flows.csv.1.part`, `flows.csv.2.part`, ...
fn set_aside(path: &Path, number: u64, extension: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(match number {
        0 => format!(".{extension}"),
        number => format!(".{number}.{extension}"),
    });
    path.with_file_name(name)
}

fn refusal(error: io::Error, directory: &Path) -> io::Error {
    let is_there = directory.is_dir();
    let directory = directory.display();
    let reason = match error.kind() {
        io::ErrorKind::NotFound if is_there => format!("no file can be created in {directory}"),
        io::ErrorKind::NotFound => format!("there is no directory {directory}"),
        io::ErrorKind::PermissionDenied => format!("no permission to create a file in {directory}"),
        _ => return error,
    };
    io::Error::new(error.kind(), reason)
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// Has the disk know the names in a file's directory.
fn store_name(path: &Path) -> io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

impl Growing {
    /// The name that the file has as yet.
    pub(super) fn path(&self) -> &Path {
        &self.file
    }

    /// Another file for the same name, in the place of this one.
    pub(super) fn beside(self) -> io::Result<(Output, Option<Growing>)> {
        let replaced = fs::metadata(&self.file)?;
        create(&self.path, Some(&replaced))
    }

    /// Gives the file its name; what had it before is gone.
    pub(super) fn rename(self) -> io::Result<()> {
        self.file.persist(self.path).map_err(|PathPersistError { error, path }| keep(path, error))
    }

    /// The same, where the file has to be there whole after a power cut: it is on the disk before it has its name, and the name is
    /// before this returns.
    pub(super) fn rename_durably(self) -> io::Result<()> {
        let stored = self.store()?;
        let path = stored.path.clone();
        stored.rename()?;
        store_name(&path)
    }

    fn store(self) -> io::Result<Self> {
        match File::open(&self.file).and_then(|file| file.sync_all()) {
            Ok(()) => Ok(self),
            Err(error) => Err(keep(self.file, error)),
        }
    }

    /// Gives the file a name that says that something is missing in it.
    pub(super) fn rename_incomplete(self) -> io::Result<PathBuf> {
        let path = self.path.clone();
        self.rename_to_first_free((0..=u64::MAX).map(|number| set_aside(&path, number, "incomplete")))
    }

    /// Gives the file the first of these names that nothing has, durably; an error of the kind
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) when there are no more names.
    pub(super) fn rename_to_first_free(
        self,
        names: impl IntoIterator<Item = PathBuf>,
    ) -> io::Result<PathBuf> {
        let mut file = self.store()?.file;
        for name in names {
            match file.persist_noclobber(&name) {
                Ok(()) => {
                    store_name(&name)?;
                    return Ok(name);
                }
                Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => file = failed.path,
                Err(PathPersistError { error, path }) => return Err(keep(path, error)),
            }
        }
        Err(keep(file, io::ErrorKind::AlreadyExists.into()))
    }
}

/// Leaves a whole file that cannot have its name under the one that it has: it may be all that there is. The error says so.
fn keep(file: TempPath, error: io::Error) -> io::Error {
    match file.keep() {
        Ok(path) if path.exists() => {
            let reason = format!("{}; what was written is in {}", in_words(&error), path.display());
            io::Error::new(error.kind(), reason)
        }
        _ => error,
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

//! The target of bytes: a file that appears as a whole or not at all, or something that takes bytes as they come.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Seek, SeekFrom, Write};
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{self, Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use std::{fmt, thread};

use nfstream_capture::{in_words, told_of};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use tempfile::{PathPersistError, TempPath};

use super::open_file::{self, directory_of, duplicate, followed};
use super::permissions::inherit;
use crate::error::Error;

/// The target that records are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file. An existing target that is not a regular file, such as a FIFO or a device, takes the bytes as they come. So does an open
    /// file of this process, which names such as `/dev/stdout` and `/dev/fd/3` stand for.
    Path(PathBuf),
    /// The standard output of the process. Its errors are [`Error::StandardOutput`](crate::Error::StandardOutput).
    Stdout,
}

impl Target {
    /// The descriptor of the open file that the target stands for: standard output, `/dev/stderr`, `/dev/fd/3`, `/proc/self/fd/3`, or a
    /// link to one of these. Nothing is replaced then, and bytes go to wherever the opener of the file directed them.
    pub fn descriptor(&self) -> Option<RawFd> {
        match self {
            Self::Path(path) => open_file::descriptor(path),
            Self::Stdout => Some(STDOUT),
        }
    }

    /// Another descriptor for that open file. None if the target does not stand for one.
    ///
    /// # Errors
    /// The file is closed, or open for reading only.
    pub fn duplicate(&self) -> Option<io::Result<OwnedFd>> {
        self.descriptor().map(duplicate)
    }

    /// Opens the target for bytes that go out as they come. A write waits for a reader no longer than the `patience` says, whether
    /// the target is a pipe, a socket or a terminal. None if the target does not stand for an open file of this process.
    ///
    /// # Errors
    /// As [`duplicate`](Self::duplicate).
    pub fn stream(&self, patience: &Patience) -> Option<io::Result<impl Write + Send + use<>>> {
        let opened = self.duplicate()?;
        Some(opened.map(|opened| stream(opened.into(), self, patience)))
    }
}

/// The name of the target in error messages.
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

/// A question that is asked many times a second during a wait: for somebody to open a FIFO to read, for the reader of a full FIFO to
/// read on, or for a collector. By default, the wait for a FIFO has no limit.
#[derive(Clone, Default)]
pub struct Patience(Option<Arc<Asking>>);

struct Asking {
    is_to_end: Box<Question>,
    /// When somebody first waited although the run was to end.
    hurries_since: OnceLock<Instant>,
}

type Question = dyn Fn() -> io::Result<bool> + Send + Sync;

impl Patience {
    /// `is_to_end` says whether the run was asked to end. A FIFO that nobody has opened is given up then. So is a pipe whose reader
    /// takes nothing for five seconds, or not everything within thirty. The errors are [`Error::Output`](crate::Error::Output) whose `source` has the kind
    /// [`io::ErrorKind::TimedOut`]. An error of `is_to_end` is an error of the output at once.
    pub fn new(is_to_end: impl Fn() -> io::Result<bool> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(Asking { is_to_end: Box::new(is_to_end), hurries_since: OnceLock::new() })))
    }

    /// Whether the run was asked to end.
    ///
    /// # Errors
    /// The errors of the question.
    pub fn is_to_end(&self) -> io::Result<bool> {
        self.0.as_ref().map_or(Ok(false), |asking| (asking.is_to_end)())
    }

    /// When all that wait for collectors have waited for so long since the run was asked to end; None if it was not. They
    /// wait for the same time together, however many there are. A run that cannot even be asked must not wait, either.
    pub(super) fn hurries(&self, grace: Duration) -> Option<Instant> {
        let asking = self.0.as_ref()?;
        if !(asking.is_to_end)().unwrap_or(true) {
            return None;
        }
        asking.hurries_since.get_or_init(Instant::now).checked_add(grace)
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience").finish_non_exhaustive()
    }
}

const STDOUT: RawFd = 1;

/// An opened [`Target`].
pub(super) enum Output {
    File(File),
    Stream(Stream),
}

/// A FIFO, a device, or a file that somebody else has opened. Files that are opened here never wait in the operating system, because
/// nothing could end such a wait.
pub(super) struct Stream {
    file: File,
    /// Whether a write could wait in the operating system nevertheless.
    may_wait: bool,
    patience: Patience,
    /// End of the time for all that is left, after the run was asked to end.
    until: Option<Instant>,
    /// Why the stream is given up: its owner may still try to write the rest.
    given_up: Option<&'static str>,
}

/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(20);
const POLL: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// How long a reader may take nothing after the run was asked to end, and how long it may take for everything.
const RESPITE: Duration = Duration::from_secs(5);
const LONGEST_RESPITE: Duration = Duration::from_secs(30);
const UNREAD: &str = "interrupted, and nobody has read from it for 5 seconds: the output is incomplete";
const SLOWLY_READ: &str = "interrupted, and 30 seconds were not enough to read all: the output is incomplete";

/// Permissions of a new file, which the umask reduces, and of a file that will get the permissions of another.
const ANY_FILE: u32 = 0o666;
const NOBODY_ELSE: u32 = 0o600;

/// Most bytes of a write to a pipe, a socket or a terminal that could not be opened anew. A pipe and a socket have place for them when
/// the system says that there is any (pipe(7), `PIPE_BUF`); a terminal can have less.
const WITHOUT_WAITING: usize = 4096;

/// A file under the [name that it has while it grows](set_aside). It gets its own name at the end, or is removed when it is dropped
/// earlier.
pub(super) struct Growing {
    part: Part,
    path: PathBuf,
}

/// A file, and its temporary name as long as it has that.
struct Part {
    file: File,
    name: Option<TempPath>,
}

/// An output that counts the bytes written to it.
#[cfg(feature = "arrow")]
pub(super) struct Counted {
    output: Output,
    pub(super) bytes: u64,
}

/// Opens a target. A regular file does not have its final name yet.
pub(super) fn open(target: &Target, patience: &Patience) -> io::Result<(Output, Option<Growing>)> {
    if let Some(opened) = target.duplicate() {
        return Ok((Output::Stream(stream(opened?.into(), target, patience)), None));
    }
    let Target::Path(path) = target else { return Err(io::ErrorKind::Unsupported.into()) };
    // Opened even if it will be replaced: a file that may not be written may not be replaced either.
    match open_existing(path, patience) {
        Ok(existing) => replace(existing, path, patience),
        Err(error) if error.kind() == io::ErrorKind::NotFound => begin(path),
        Err(error) => Err(error),
    }
}

/// What somebody else has opened. Opens it a second time, if possible, where a write could wait for a reader: in the operating system,
/// nothing could end the wait.
fn stream(file: File, target: &Target, patience: &Patience) -> Stream {
    let path = match target {
        Target::Path(path) => path,
        Target::Stdout => Path::new("/dev/stdout"),
    };
    let is_of =
        |kind: fn(&fs::FileType) -> bool| file.metadata().is_ok_and(|metadata| kind(&metadata.file_type()));
    let has_reader = file.is_terminal() || is_of(FileTypeExt::is_fifo) || is_of(FileTypeExt::is_socket);
    let anew = has_reader.then(|| open_without_waiting(path).ok()).flatten();
    let may_wait = has_reader && anew.is_none();
    let file = anew.unwrap_or(file);
    Stream { file, may_wait, patience: patience.clone(), until: None, given_up: None }
}

fn open_without_waiting(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().write(true).custom_flags(flags.bits() as i32).open(path)
}

/// Opens an existing file. A FIFO can be opened once somebody reads it.
fn open_existing(path: &Path, patience: &Patience) -> io::Result<File> {
    let is_fifo = || fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo());
    loop {
        match open_without_waiting(path) {
            Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) && is_fifo() => {}
            opened => return opened,
        }
        if patience.is_to_end()? {
            return Err(given_up("interrupted before a reader opened it: nothing was written"));
        }
        thread::sleep(PAUSE);
    }
}

fn given_up(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, reason)
}

fn replace(existing: File, path: &Path, patience: &Patience) -> io::Result<(Output, Option<Growing>)> {
    if !existing.metadata()?.is_file() {
        let patience = patience.clone();
        let stream = Stream { file: existing, may_wait: false, patience, until: None, given_up: None };
        return Ok((Output::Stream(stream), None));
    }
    // A symbolic link stays: the file that it points to is replaced.
    let path = followed(path)?;
    if open_file::holds_open_files(directory_of(&path)) {
        let reason = "is an open file of another process, which would not see the new file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    create(&path, Some(&existing))
}

/// A new regular file that will get the name `path`, whatever has that name now.
pub(super) fn begin(path: &Path) -> io::Result<(Output, Option<Growing>)> {
    create(path, None)
}

/// A new regular file, in the place of another if there is one.
fn create(path: &Path, replaced: Option<&File>) -> io::Result<(Output, Option<Growing>)> {
    let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "is not the name of a file");
    let name = path.file_name().ok_or_else(no_name)?;
    let directory = directory_of(path);
    let path = path::absolute(directory)?.join(name);
    let mode = if replaced.is_some() { NOBODY_ELSE } else { ANY_FILE };
    let (output, part) = create_growing(&path, mode).map_err(|error| refusal(error, directory))?;
    let name = Some(TempPath::try_from_path(part)?);
    let part = Part { file: output.try_clone()?, name };
    let growing = Growing { part, path };
    if let Some(replaced) = replaced {
        inherit(&output, replaced)?;
    }
    Ok((Output::File(output), Some(growing)))
}

/// Creates the file under the first free name: the file of a run that was killed may be all that is left of it. The file can also be
/// read, because a file that gets further columns is read back.
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

/// `flows.csv.part`, or, if that is taken, a name with a number: `flows.csv.1.part`, `flows.csv.2.part`, ...
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

/// Writes the names in a file's directory to the disk.
fn store_name(path: &Path) -> io::Result<()> {
    let directory = directory_of(path);
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(|error| {
        let (directory, path) = (directory.display(), path.display());
        let reason = format!(
            "cannot store the names in {directory}: {}; the written data is in {path}",
            in_words(&error)
        );
        io::Error::new(error.kind(), Kept(reason))
    })
}

impl Growing {
    /// The name that the file has for now.
    pub(super) fn path(&self) -> &Path {
        self.part.name.as_deref().unwrap_or(&self.path)
    }

    /// Another file for the same name, in the place of this one.
    pub(super) fn beside(self) -> io::Result<(Output, Option<Growing>)> {
        create(&self.path, Some(&self.part.file))
    }

    /// Gives the file its final name. A file that had the name before is gone.
    pub(super) fn rename(self) -> io::Result<()> {
        let Self { part, path } = self;
        part.take()?.persist(path).map_err(|PathPersistError { error, path }| keep(path, &error))
    }

    /// The same, for a file that must be there as a whole after a power failure. The file is on the disk before it gets its name, and the
    /// name is on the disk before this returns.
    pub(super) fn rename_durably(self) -> io::Result<()> {
        let path = self.path.clone();
        self.stored()?.rename()?;
        store_name(&path)
    }

    /// Writes the file to the disk. If that fails, the part that the disk took is left, which may not be all.
    fn stored(mut self) -> io::Result<Self> {
        let Err(error) = self.part.file.sync_all() else { return Ok(self) };
        match self.part.name.take().map(TempPath::keep) {
            Some(Ok(path)) => {
                let reason =
                    format!("{}; the part that the disk took is in {}", in_words(&error), path.display());
                Err(io::Error::new(error.kind(), reason))
            }
            _ => Err(error),
        }
    }

    /// Gives the file a name that says that something is missing in it.
    pub(super) fn rename_incomplete(self) -> io::Result<PathBuf> {
        let path = self.path.clone();
        self.rename_to_first_free((0..=u64::MAX).map(|number| set_aside(&path, number, "incomplete")))
    }

    /// Gives the file the first free one of these names, durably. Returns an error of the kind
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) when there are no more names.
    pub(super) fn rename_to_first_free(
        self,
        names: impl IntoIterator<Item = PathBuf>,
    ) -> io::Result<PathBuf> {
        let mut file = self.stored()?.part.take()?;
        for name in names {
            match file.persist_noclobber(&name) {
                Ok(()) => {
                    store_name(&name)?;
                    return Ok(name);
                }
                Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => file = failed.path,
                Err(PathPersistError { error, path }) => return Err(keep(path, &error)),
            }
        }
        Err(keep(file, &io::ErrorKind::AlreadyExists.into()))
    }
}

impl Part {
    /// Whether the name still belongs to this file, and not to another by now.
    fn has_its_name(&self) -> io::Result<bool> {
        let Some(name) = &self.name else { return Ok(false) };
        let (own, named) = (self.file.metadata()?, fs::symlink_metadata(name)?);
        Ok((own.dev(), own.ino()) == (named.dev(), named.ino()))
    }

    /// Takes the temporary name out, to be exchanged for another.
    fn take(mut self) -> io::Result<TempPath> {
        let found = self.has_its_name();
        let Some(name) = self.name.take() else { return Err(io::ErrorKind::NotFound.into()) };
        let shown = name.display();
        let (kind, reason) = match found {
            Ok(true) => return Ok(name),
            Ok(false) => (
                io::ErrorKind::Other,
                format!("{shown} is now another file, and stays: the written data is lost"),
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                (error.kind(), format!("{shown} has been removed: the written data is lost"))
            }
            Err(error) => (error.kind(), told_of(shown, &error)),
        };
        self.name = Some(name);
        Err(io::Error::new(kind, reason))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // A file that somebody else has put there is not ours to remove.
        if !self.has_its_name().unwrap_or(false)
            && let Some(name) = self.name.take()
        {
            let _ = name.keep();
        }
    }
}

/// The reason of an error whose file still exists, with everything that was written.
#[derive(Debug)]
struct Kept(String);

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Kept {}

/// Whether a file has everything that was written, in spite of an error.
pub(super) fn is_kept(error: &Error) -> bool {
    let Error::Output { source, .. } = error else { return false };
    matches!(source.get_ref(), Some(reason) if reason.is::<Kept>())
}

/// Leaves a whole file that cannot get its final name under its temporary name: it may be all that there is. The error says so.
fn keep(file: TempPath, error: &io::Error) -> io::Error {
    let reason = in_words(error);
    match file.keep() {
        Ok(path) if path.exists() => {
            io::Error::new(error.kind(), Kept(format!("{reason}; the written data is in {}", path.display())))
        }
        _ => io::Error::new(error.kind(), reason),
    }
}

impl Output {
    #[cfg(feature = "arrow")]
    pub(super) fn counted(self) -> Counted {
        Counted { output: self, bytes: 0 }
    }

    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Self::Stream(stream) if stream.file.is_terminal())
    }

    /// Removes everything after `bytes` from a regular file; later writes continue there.
    pub(super) fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        match self {
            Self::File(file) => {
                file.set_len(bytes)?;
                file.seek(SeekFrom::Start(bytes))?;
                Ok(())
            }
            Self::Stream(_) => Err(io::ErrorKind::NotSeekable.into()),
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

impl Stream {
    /// Writes what there is place for.
    fn write_without_waiting(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.may_wait {
            return self.file.write(bytes);
        }
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        match poll(&mut [PollFd::new(&self.file, PollFlags::OUT)], Some(&now)) {
            Ok(0) | Err(Errno::INTR) => Err(io::ErrorKind::WouldBlock.into()),
            Ok(_) => self.file.write(&bytes[..bytes.len().min(WITHOUT_WAITING)]),
            Err(error) => Err(error.into()),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(reason) = self.given_up {
            return Err(given_up(reason));
        }
        let mut until = None;
        loop {
            match self.write_without_waiting(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return written,
            }
            let is_to_end = self.patience.is_to_end().inspect_err(|_| self.given_up = Some(UNREAD))?;
            if is_to_end {
                let now = Instant::now();
                let limits = [
                    (*until.get_or_insert(now + RESPITE), UNREAD),
                    (*self.until.get_or_insert(now + LONGEST_RESPITE), SLOWLY_READ),
                ];
                if let Some((_, reason)) = limits.into_iter().find(|(until, _)| now >= *until) {
                    self.given_up = Some(reason);
                    return Err(given_up(reason));
                }
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
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stream(stream) => stream.flush(),
        }
    }
}

/// The error for a failed operation on a target.
pub(super) fn failure(target: &Target, source: io::Error) -> Error {
    match target {
        Target::Path(path) if target.descriptor() != Some(STDOUT) => {
            Error::Output { path: path.clone(), source }
        }
        _ => Error::StandardOutput(source),
    }
}

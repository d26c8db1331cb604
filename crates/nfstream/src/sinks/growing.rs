//! A file while it grows: it has its name when it is complete.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{self, Path, PathBuf};
use std::{error, fmt, io};

use nfstream_capture::in_words;
use tempfile::{PathPersistError, TempPath};

/// Permissions of a new file, of which the umask takes some away, and of one that will have those of another.
const ANY_FILE: u32 = 0o666;
const NOBODY_ELSE: u32 = 0o600;

/// The extended attribute with the entries of an access control list (acl(5)).
const ACL: &str = "system.posix_acl_access";

/// A file under the [name that it has while it grows](set_aside), which it gives up for its own in the end; removed when dropped
/// before.
pub(super) struct Growing {
    /// There until the file is given away.
    file: Option<TempPath>,
    /// Device and inode: somebody may put another file in its place.
    identity: (u64, u64),
    path: PathBuf,
}

impl Growing {
    /// A new file that will have a name, whatever has the name now.
    pub(super) fn begin(path: &Path) -> io::Result<(File, Self)> {
        Self::create(path, ANY_FILE)
    }

    /// A new file in the place of another, with its permissions.
    pub(super) fn in_place_of(path: &Path) -> io::Result<(File, Self)> {
        Self::like(path, path)
    }

    fn like(path: &Path, replaced: &Path) -> io::Result<(File, Self)> {
        let (file, growing) = Self::create(path, NOBODY_ELSE)?;
        inherit(&file, replaced)?;
        Ok((file, growing))
    }

    fn create(path: &Path, mode: u32) -> io::Result<(File, Self)> {
        let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "is not the name of a file");
        let name = path.file_name().ok_or_else(no_name)?;
        let directory = directory_of(path);
        let path = path::absolute(directory)?.join(name);
        let (file, growing) = create_set_aside(&path, mode).map_err(|error| refusal(error, directory))?;
        let identity = identity(&file.metadata()?);
        Ok((file, Self { file: Some(TempPath::try_from_path(growing)?), identity, path }))
    }

    /// The name that the file has as yet.
    pub(super) fn path(&self) -> &Path {
        self.file.as_deref().unwrap_or(&self.path)
    }

    /// Another file for the same name, in the place of this one.
    pub(super) fn beside(self) -> io::Result<(File, Self)> {
        Self::like(&self.path, self.path())
    }

    /// Gives the file its name; what had it before is gone.
    pub(super) fn rename(mut self) -> io::Result<()> {
        let file = self.take()?;
        file.persist(&self.path).map_err(|PathPersistError { error, path }| keep(path, error))
    }

    /// The same, where the file has to be there whole after a power cut: it is on the disk before it has its name, and the name is
    /// before this returns.
    pub(super) fn rename_durably(mut self) -> io::Result<()> {
        self.store()?;
        let path = self.path.clone();
        self.rename()?;
        store_name(&path)
    }

    /// Gives the file a name that says that something is missing in it.
    pub(super) fn rename_incomplete(self) -> io::Result<PathBuf> {
        let path = self.path.clone();
        self.rename_to_first_free((0..=u64::MAX).map(|number| set_aside(&path, number, "incomplete")))
    }

    /// Gives the file the first of these names that nothing has, durably; an error of the kind
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) when there are no more names.
    pub(super) fn rename_to_first_free(
        mut self,
        names: impl IntoIterator<Item = PathBuf>,
    ) -> io::Result<PathBuf> {
        self.store()?;
        let mut file = self.take()?;
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

    fn store(&mut self) -> io::Result<()> {
        let stored = File::open(self.path()).and_then(|file| file.sync_all());
        stored.or_else(|error| Err(keep(self.take()?, error)))
    }

    /// Gives the file away, if it is there still.
    fn take(&mut self) -> io::Result<TempPath> {
        let name = self.path().display().to_string();
        let gone =
            || io::Error::new(io::ErrorKind::NotFound, format!("{name} is gone, with what was written"));
        let Some(file) = self.file.take() else { return Err(gone()) };
        match fs::symlink_metadata(&file).map(|metadata| identity(&metadata) == self.identity) {
            Ok(true) => Ok(file),
            Ok(false) => {
                // Somebody else's stays.
                let _ = file.keep();
                let reason =
                    format!("somebody has put another file in the place of {name}: what was written is gone");
                Err(io::Error::new(io::ErrorKind::NotFound, reason))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(gone()),
            Err(error) => Err(keep(file, error)),
        }
    }
}

/// Removes the file, unless it has been given away.
impl Drop for Growing {
    fn drop(&mut self) {
        if self.file.is_some() {
            drop(self.take());
        }
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Gives a file the group, the permissions, the access control list and the owner of the one that it replaces. Only root gives files
/// away, and only members give them to a group. Where group or list cannot be kept, nobody may do more than before: what was the
/// group's, everybody else's or somebody's by the list is only left to those who are left if both group and others had it.
fn inherit(file: &File, replaced: &Path) -> io::Result<()> {
    let (own, replaced, acl) = (file.metadata()?, fs::metadata(replaced)?, acl_of(replaced));
    let mode = replaced.mode() & 0o777;
    let has_group = own.gid() == replaced.gid() || fchown(file, None, Some(replaced.gid())).is_ok();
    let common = match acl {
        Some(_) => mode & 0o700,
        None => mode & 0o700 | mode & mode << 3 & 0o070 | mode & mode >> 3 & 0o007,
    };
    file.set_permissions(Permissions::from_mode(match acl {
        None if has_group => mode,
        _ => common,
    }))?;
    if let Some(acl) = acl.filter(|_| has_group) {
        let _ = rustix::fs::fsetxattr(file, ACL, &acl, rustix::fs::XattrFlags::empty());
    }
    if own.uid() != replaced.uid() {
        let _ = fchown(file, Some(replaced.uid()), None);
    }
    Ok(())
}

/// The access control list of a file that has one.
fn acl_of(path: &Path) -> Option<Vec<u8>> {
    // As long as an attribute can be.
    let mut acl = vec![0; 1 << 16];
    let size = rustix::fs::getxattr(path, ACL, &mut acl[..]).ok()?;
    acl.truncate(size);
    Some(acl)
}

/// Creates the file under the first name that nothing has: what is left of a run that was killed may be all that there is.
/// It can be read as well: what gets further columns is read back.
fn create_set_aside(path: &Path, mode: u32) -> io::Result<(File, PathBuf)> {
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

pub(super) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// Has the disk know the names in a file's directory.
fn store_name(path: &Path) -> io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

/// Why a file that is whole does not have its name, and where it is.
#[derive(Debug)]
struct Kept {
    source: io::Error,
    path: PathBuf,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; what was written is in {}", in_words(&self.source), self.path.display())
    }
}

impl error::Error for Kept {}

/// Leaves a whole file that cannot have its name under the one that it has: it may be all that there is. The error says so.
fn keep(file: TempPath, error: io::Error) -> io::Error {
    match file.keep() {
        Ok(path) if path.exists() => io::Error::new(error.kind(), Kept { source: error, path }),
        _ => error,
    }
}

/// Whether an error is about the name of a file alone: nothing of what was written is lost.
pub(super) fn is_kept(error: &io::Error) -> bool {
    error.get_ref().and_then(|reason| reason.downcast_ref::<Kept>()).is_some()
}

//! Names that stand for open files: `/dev/stdout`, `/dev/fd/3`, `/proc/self/fd/3`, and links to them.

use std::fs;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::Errno;

/// Most symbolic links to follow: Linux follows as many.
const MOST_LINKS: usize = 40;

/// Follows the symbolic links of a path, except those that stand for open files.
pub(super) fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if holds_open_files(directory_of(&path)) {
            return Ok(path);
        }
        match fs::read_link(&path) {
            Ok(target) => path = directory_of(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(Errno::LOOP.into())
}

/// The descriptor of this process that a path stands for.
pub(super) fn descriptor(path: &Path) -> Option<RawFd> {
    let path = followed(path).ok()?;
    let directory = fs::canonicalize(directory_of(&path)).ok()?;
    let process = fs::canonicalize("/proc/self");
    let is_own = directory == Path::new("/dev/fd") || process.is_ok_and(|own| directory.starts_with(own));
    if !is_own || !holds_open_files(&directory) {
        return None;
    }
    let name = path.file_name()?.to_str()?;
    name.parse().ok().filter(|descriptor: &RawFd| *descriptor >= 0 && descriptor.to_string() == name)
}

/// Whether the entries of a directory are open files of any process.
pub(super) fn holds_open_files(directory: &Path) -> bool {
    fs::canonicalize(directory).is_ok_and(|directory| {
        directory == Path::new("/dev/fd") || (directory.starts_with("/proc") && directory.ends_with("fd"))
    })
}

/// Another descriptor for the same open file.
///
/// # Errors
/// The file is closed, or open for reading only.
#[allow(unsafe_code, reason = "one system call, with a number that somebody gave")]
pub(super) fn duplicate(descriptor: RawFd) -> io::Result<OwnedFd> {
    const BEYOND_STANDARD: libc::c_int = 3;
    // SAFETY: the call accepts any number, and checks itself whether a file is open under it.
    let duplicate = unsafe { libc::fcntl(descriptor, libc::F_DUPFD_CLOEXEC, BEYOND_STANDARD) };
    if duplicate < 0 {
        let error = io::Error::last_os_error();
        return Err(match Errno::from_io_error(&error) {
            Some(Errno::BADF) => io::Error::new(io::ErrorKind::NotFound, "is closed"),
            _ => error,
        });
    }
    // SAFETY: the descriptor was just made, and nothing else owns it.
    let duplicate = unsafe { OwnedFd::from_raw_fd(duplicate) };
    if fcntl_getfl(&duplicate)? & OFlags::RWMODE == OFlags::RDONLY {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "is open for reading only"));
    }
    Ok(duplicate)
}

/// The directory that a path's last name is in.
pub(super) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

//! The descriptors that were open when the process began: others belong to the process itself.

use std::fs;
use std::os::fd::{BorrowedFd, RawFd};
use std::path::Path;
use std::sync::OnceLock;

use nfstream::sinks::Target;
use rustix::fs::OFlags;

/// The directory whose entries are the open descriptors of the process that looks.
const DIRECTORY: &str = "/dev/fd";
const STDOUT: RawFd = 1;

static OPEN: OnceLock<Vec<RawFd>> = OnceLock::new();

/// Looks which descriptors are open. `were_closed` says which of standard input, output and error were closed before /dev/null was
/// opened in their place.
pub(crate) fn record(were_closed: [bool; 3]) {
    let names = fs::read_dir(DIRECTORY).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let beyond: Vec<RawFd> =
        names.filter_map(|name| name.to_str()?.parse().ok()).filter(|descriptor| *descriptor > 2).collect();
    // The directory was open, too, while it was read.
    let is_open = |descriptor: &RawFd| fs::symlink_metadata(format!("{DIRECTORY}/{descriptor}")).is_ok();
    let standard =
        (0..).zip(were_closed).filter(|(_, was_closed)| !was_closed).map(|(descriptor, _)| descriptor);
    // The process begins once.
    let _ = OPEN.set(standard.chain(beyond.into_iter().filter(is_open)).collect());
}

/// Whether a descriptor was open when the process began.
pub(crate) fn was_open(descriptor: RawFd) -> bool {
    OPEN.get().is_none_or(|open| open.contains(&descriptor))
}

/// Whether a file was opened with this access mode.
pub(crate) fn has_mode(file: BorrowedFd<'_>, mode: OFlags) -> bool {
    rustix::fs::fcntl_getfl(file).is_ok_and(|flags| flags & OFlags::RWMODE == mode)
}

/// Why a path such as `/dev/fd/3` stands for no file of the user. Standard output is checked by those who write to it.
pub(crate) fn refusal(path: &Path) -> Option<String> {
    if let Some(descriptor) = Target::from(path).descriptor() {
        let is_closed = descriptor != STDOUT && !was_open(descriptor);
        return is_closed.then(|| format!("descriptor {descriptor} is closed"));
    }
    let is_own = fs::canonicalize(path.parent()?)
        .is_ok_and(|parent| fs::canonicalize(DIRECTORY).is_ok_and(|directory| parent == directory));
    let is_there = fs::symlink_metadata(path).is_ok();
    (is_own && !is_there).then(|| "not a descriptor".to_owned())
}

//! Ownership and permissions of a file that replaces another.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;

/// The access list of a file (acl(5)), if it says more than the permissions do.
const ACCESS_LIST: &str = "system.posix_acl_access";

/// Longer than any access list that Linux's file systems allow.
const MOST_BYTES: usize = 64 * 1024;

/// Gives a file the group, the permissions, the access list and the owner of the file that it replaces. Only root may give files away, and
/// only members of a group may give files to it. If the system refuses this, nobody gets more rights than before, whichever class they are
/// in now.
pub(super) fn inherit(file: &File, replaced: &File) -> io::Result<()> {
    let (own, older) = (file.metadata()?, replaced.metadata()?);
    let mode = older.mode() & 0o777;
    let is_of_group = own.gid() == older.gid() || fchown(file, None, Some(older.gid())).is_ok();
    let list = access_list(replaced)?;
    if access_list(file)?.is_some() {
        // The list comes from the directory.
        fremovexattr(file, ACCESS_LIST)?;
    }
    let mode = match list {
        // Without the list, only the owner's rights are certain.
        Some(_) => mode & 0o700,
        None if is_of_group => mode,
        None => without_group(mode),
    };
    file.set_permissions(Permissions::from_mode(mode))?;
    if let Some(list) = list.filter(|_| is_of_group) {
        let _ = fsetxattr(file, ACCESS_LIST, &list, XattrFlags::empty());
    }
    if own.uid() != older.uid() {
        let _ = fchown(file, Some(older.uid()), None);
    }
    Ok(())
}

/// Permissions for a file that has another group than before. The members of the new group counted as others before; those of the former
/// group count as others now.
fn without_group(mode: u32) -> u32 {
    let both = mode >> 3 & mode & 0o007;
    mode & 0o700 | both << 3 | both
}

fn access_list(file: &File) -> io::Result<Option<Vec<u8>>> {
    if cfg!(not(target_os = "linux")) {
        return Ok(None);
    }
    let mut list = vec![0; MOST_BYTES];
    match fgetxattr(file, ACCESS_LIST, &mut list[..]) {
        Ok(bytes) => {
            list.truncate(bytes);
            Ok(Some(list))
        }
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_may_do_more_in_another_class() {
        for (mode, without) in [
            (0o600, 0o600),
            (0o640, 0o600),
            (0o660, 0o600),
            (0o664, 0o644),
            (0o666, 0o666),
            (0o604, 0o600),
            (0o606, 0o600),
            (0o646, 0o644),
            (0o751, 0o711),
        ] {
            assert_eq!(without_group(mode), without, "{mode:o}");
        }
    }
}

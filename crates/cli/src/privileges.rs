//! Privileges: they are needed to open an interface, and not afterwards.

use std::ffi::CString;

use nfstream_capture::in_words;
use nix::unistd::{Uid, User, initgroups, setgid, setuid};

use crate::failure::Failure;

/// The user that the command goes on as.
pub(crate) struct Unprivileged(User);

impl Unprivileged {
    /// Looks a user up, by name.
    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        let user = User::from_name(name).map_err(|error| failure(name, error))?;
        let user = user.ok_or_else(|| Failure::Usage(format!("--user {name}: there is no such user")))?;
        if !Uid::effective().is_root() {
            return Err(Failure::Usage(format!("--user {name}: only root can go on as another user")));
        }
        Ok(Self(user))
    }

    /// Becomes the user, in all threads, for good.
    pub(crate) fn become_it(self) -> Result<(), Failure> {
        let Self(User { name, uid, gid, .. }) = self;
        let c_name = CString::new(name.as_str()).unwrap_or_default();
        initgroups(&c_name, gid)
            .and_then(|()| setgid(gid))
            .and_then(|()| setuid(uid))
            .map_err(|error| failure(&name, error))
    }
}

fn failure(name: &str, error: nix::Error) -> Failure {
    Failure::Told(format!("cannot go on as {name}: {}", in_words(error.desc())))
}

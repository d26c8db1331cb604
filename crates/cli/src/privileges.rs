//! Gives up what only opening an interface needs: privileges, and most of the kernel.

use std::ffi::CString;

use nfstream::in_words;
use nix::unistd::{Uid, User, initgroups, setgid, setuid};

use crate::arguments::LiveArguments;
use crate::failure::Failure;
use crate::sandbox;

/// Privileges that a capture gives up when its interface is open.
pub(crate) struct Privileges {
    /// User as whom the command goes on.
    user: Option<User>,
    /// Whether system calls are given up, too; if so, whether this is required.
    sandbox: Option<bool>,
}

impl Privileges {
    /// Looks up the user that the command line names.
    pub(crate) fn to_give_up(live: &LiveArguments) -> Result<Self, Failure> {
        let user = live.user.as_deref().map(user).transpose()?;
        Ok(Self { user, sandbox: live.sandbox() })
    }

    /// Gives up the privileges, in all threads, for good.
    pub(crate) fn give_up(self) -> Result<(), Failure> {
        if let Some(user) = self.user {
            go_on_as(user)?;
        }
        match self.sandbox.map(|is_required| (is_required, sandbox::enter())) {
            Some((true, entered)) => entered,
            // The kernel need not allow it.
            Some((false, _)) | None => Ok(()),
        }
    }
}

fn user(name: &str) -> Result<User, Failure> {
    let user = User::from_name(name).map_err(|error| failure(name, error))?;
    let user = user.ok_or_else(|| Failure::Usage(format!("--user {name}: there is no such user")))?;
    if !Uid::effective().is_root() {
        return Err(Failure::Usage(format!("--user {name}: only root can continue as another user")));
    }
    Ok(user)
}

fn go_on_as(User { name, uid, gid, .. }: User) -> Result<(), Failure> {
    let c_name = CString::new(name.as_str()).unwrap_or_default();
    initgroups(&c_name, gid)
        .and_then(|()| setgid(gid))
        .and_then(|()| setuid(uid))
        .map_err(|error| failure(&name, error))
}

fn failure(name: &str, error: nix::Error) -> Failure {
    Failure::Told(format!("cannot continue as {name}: {}", in_words(error.desc())))
}

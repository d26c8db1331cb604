//! [`Process`]: the known properties of a process.

/// A process that has, or had, a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number, in the PID namespace of the caller.
    pub pid: i32,
    /// Its name in the kernel (`comm`, proc(5)). If the kernel cut it at 15 bytes, the file name of its program or
    /// script, if its command line shows the rest of the name.
    pub name: String,
    /// Its effective user.
    pub uid: u32,
    /// The path of its program; empty if it is not known, or was not asked for.
    pub path: String,
    /// The name of its user, or the number if there is no name; empty if it was not asked for.
    pub user: String,
    /// The path of its cgroup in version 2 of the hierarchy, or else in the first hierarchy of version 1 in which it is
    /// not at the root (cgroups(7)); empty if it is not known, or was not asked for.
    pub cgroup: String,
}

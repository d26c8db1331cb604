//! What is known of a process.

/// A process that has, or had, a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number, in the PID namespace of who asks.
    pub pid: i32,
    /// Its name as the kernel has it (`comm`, proc(5)). Where that is cut at 15 bytes, the file name of its program or script, if
    /// its command line shows how it goes on.
    pub name: String,
    /// Its effective user.
    pub uid: u32,
    /// The path of its program; empty if that is not known, or not asked for.
    pub path: String,
    /// The name of its user, or the number if there is no name; empty if not asked for.
    pub user: String,
    /// The path of its cgroup in version 2 of the hierarchy, else in the first of version 1 that it is not at the root of
    /// (cgroups(7)); empty if that is not known, or not asked for.
    pub cgroup: String,
}

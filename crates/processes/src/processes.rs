//! [`Processes`]: finds the processes of sockets, and reads their properties (proc(5)).

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use nix::unistd::{Uid, User};
use rustix::fs::{CWD, Dir, Mode, OFlags, openat, readlinkat};

use crate::process::Process;

/// The longest name that the kernel keeps whole (`TASK_COMM_LEN`, less the null byte).
const LONGEST_COMM: usize = 15;

/// Most bytes of a process's file that are read.
const MOST_BYTES: u64 = 4096;

/// Most processes and users that are kept; when they are needed again, they are read again.
const MOST_KEPT: usize = 8192;

/// The processes of this machine.
pub(crate) struct Processes {
    with_metadata: bool,
    /// Whether we may read the files of every process.
    sees_all: bool,
    own_uid: u32,
    known: HashMap<i32, Known>,
    users: HashMap<u32, String>,
    /// Buffer for the target of a link.
    link: Vec<u8>,
}

struct Known {
    stat: Stat,
    process: Arc<Process>,
}

/// Fields of `/proc/PID/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    comm: String,
    /// Its start time, in ticks since the boot; together with the number it identifies a process.
    started: u64,
}

impl Processes {
    /// Makes an empty set of processes. Path, user and cgroup are read only `with_metadata`.
    pub(crate) fn new(with_metadata: bool) -> Self {
        Self {
            with_metadata,
            sees_all: false,
            own_uid: u32::MAX,
            known: HashMap::new(),
            users: HashMap::new(),
            link: Vec::new(),
        }
    }

    /// Finds out which processes may be seen from now on: privileges may have been given up meanwhile.
    pub(crate) fn check_privileges(&mut self) {
        // Process 1 belongs to root, and reading its files needs CAP_SYS_PTRACE (ptrace(2)).
        self.sees_all = fs::read_dir("/proc/1/fd").is_ok();
        self.own_uid = rustix::process::geteuid().as_raw();
    }

    /// Whether the process of a user's socket may be found.
    pub(crate) fn may_see(&self, uid: u32) -> bool {
        self.sees_all || uid == self.own_uid
    }

    /// Whether the processes of all sockets can be found.
    pub(crate) fn sees_all(&self) -> bool {
        self.sees_all
    }

    /// Visits the wanted sockets that a process has, each with one such process. The youngest processes are searched
    /// first, because they are the likeliest to end soon.
    pub(crate) fn find(&mut self, mut wanted: HashMap<u32, u64>, mut visit: impl FnMut(u64, Arc<Process>)) {
        for pid in pids() {
            if wanted.is_empty() {
                break;
            }
            let Ok(fds) =
                openat(CWD, format!("/proc/{pid}/fd"), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())
            else {
                continue;
            };
            let mut found = Vec::new();
            self.each_socket(&fds, |inode| found.extend(wanted.remove(&inode)));
            if found.is_empty() {
                continue;
            }
            if let Some(process) = self.describe(pid) {
                found.into_iter().for_each(|cookie| visit(cookie, Arc::clone(&process)));
            }
        }
    }

    /// Visits the inodes of a process's sockets.
    fn each_socket(&mut self, fds: &OwnedFd, mut visit: impl FnMut(u32)) {
        let Ok(entries) = Dir::read_from(fds) else { return };
        for entry in entries.flatten() {
            let room = std::mem::take(&mut self.link);
            let Ok(target) = readlinkat(fds, entry.file_name(), room) else { continue };
            if let Some(inode) = socket_inode(target.as_bytes()) {
                visit(inode);
            }
            self.link = target.into_bytes();
        }
    }

    /// Returns the properties of a process; `None` when it has ended.
    pub(crate) fn describe(&mut self, pid: i32) -> Option<Arc<Process>> {
        let stat = stat(pid)?;
        if let Some(known) = self.known.get(&pid)
            && known.stat == stat
        {
            return Some(Arc::clone(&known.process));
        }
        let uid = effective_user(pid)?;
        let metadata = self.with_metadata;
        let process = Arc::new(Process {
            pid,
            name: name(pid, &stat.comm),
            uid,
            path: if metadata { path(pid) } else { String::new() },
            user: if metadata { self.user(uid) } else { String::new() },
            cgroup: if metadata { cgroup(pid) } else { String::new() },
        });
        if self.known.len() >= MOST_KEPT {
            self.known.clear();
        }
        self.known.insert(pid, Known { stat, process: Arc::clone(&process) });
        Some(process)
    }

    /// Whether a described process still exists under the same name.
    pub(crate) fn is_there(&self, process: &Process) -> bool {
        let known = self.known.get(&process.pid);
        known.is_some_and(|known| stat(process.pid).is_some_and(|stat| stat == known.stat))
    }

    fn user(&mut self, uid: u32) -> String {
        if self.users.len() >= MOST_KEPT {
            self.users.clear();
        }
        let look_up = || match User::from_uid(Uid::from_raw(uid)) {
            Ok(Some(user)) => text(user.name.as_bytes()),
            _ => uid.to_string(),
        };
        self.users.entry(uid).or_insert_with(look_up).clone()
    }
}

/// Returns the numbers of all processes, the youngest first, as far as their numbers show it.
fn pids() -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut pids: Vec<i32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable_by(|a, b| b.cmp(a));
    pids
}

/// Parses the inode in `socket:[INODE]`.
fn socket_inode(target: &[u8]) -> Option<u32> {
    let inode = target.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(inode).ok()?.parse().ok()
}

fn stat(pid: i32) -> Option<Stat> {
    parse_stat(&read(&format!("/proc/{pid}/stat")).ok()?)
}

/// Parses `/proc/PID/stat`. A name may contain anything, even parentheses and spaces; only numbers and a letter follow
/// it.
fn parse_stat(stat: &[u8]) -> Option<Stat> {
    let stat = String::from_utf8_lossy(stat);
    let (comm, numbers) = stat.split_once('(')?.1.rsplit_once(')')?;
    // The start time is the 22nd field of the file. The third field of the file is the first one here.
    let started = numbers.split_ascii_whitespace().nth(19)?.parse().ok()?;
    Some(Stat { comm: comm.to_owned(), started })
}

/// Reads the second of the four numbers in `Uid:`.
fn effective_user(pid: i32) -> Option<u32> {
    let status = read(&format!("/proc/{pid}/status")).ok()?;
    let status = String::from_utf8_lossy(&status);
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    users.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn name(pid: i32, comm: &str) -> String {
    if comm.len() < LONGEST_COMM {
        return text(comm.as_bytes());
    }
    let command_line = read(&format!("/proc/{pid}/cmdline")).unwrap_or_default();
    whole_name(comm, &command_line).unwrap_or_else(|| text(comm.as_bytes()))
}

/// Returns the file name of the program, or of its script, if it begins with the name that was cut.
fn whole_name(comm: &str, command_line: &[u8]) -> Option<String> {
    let arguments = command_line.split(|&byte| byte == 0).take(2);
    let mut names = arguments.filter_map(|argument| argument.rsplit(|&byte| byte == b'/').next());
    let name = names.find(|name| name.starts_with(comm.as_bytes()))?;
    Some(text(name))
}

/// Converts a name that a process chose itself to text, without control characters that a terminal would act on.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace(char::is_control, "\u{fffd}")
}

fn path(pid: i32) -> String {
    let link = fs::read_link(Path::new("/proc").join(pid.to_string()).join("exe"));
    link.map(|path| text(path.as_os_str().as_bytes())).unwrap_or_default()
}

fn cgroup(pid: i32) -> String {
    let cgroups = read(&format!("/proc/{pid}/cgroup")).unwrap_or_default();
    text(parse_cgroup(&String::from_utf8_lossy(&cgroups)).as_bytes())
}

/// Chooses a path from lines `HIERARCHY:CONTROLLERS:PATH`.
///
/// That of version 2 counts, whose hierarchy is 0. If the process is at the root of that hierarchy, a path of version 1
/// counts, if version 1 is in use.
fn parse_cgroup(cgroups: &str) -> &str {
    let lines = cgroups.lines().filter_map(|line| {
        let (hierarchy, rest) = line.split_once(':')?;
        Some((hierarchy, rest.split_once(':')?.1))
    });
    let unified = lines.clone().find(|(hierarchy, _)| *hierarchy == "0").map(|(_, path)| path);
    let named = || lines.map(|(_, path)| path).find(|path| *path != "/");
    unified.filter(|path| *path != "/").or_else(named).or(unified).unwrap_or_default()
}

fn read(path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_the_end_of_a_name() {
        let numbers = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        let stat = format!("17 (a) R (b)) {numbers}");
        let told = Stat { comm: "a) R (b)".to_owned(), started: 4711 };
        assert_eq!(parse_stat(stat.as_bytes()), Some(told));
        for length in 0..stat.len() - " 4711 20".len() {
            assert_eq!(parse_stat(&stat.as_bytes()[..length]), None);
        }
    }

    #[test]
    fn a_cut_name_is_made_whole_where_the_command_line_goes_on() {
        let comm = "systemd-resolve";
        assert_eq!(whole_name(comm, b"/lib/systemd/systemd-resolved\0").as_deref(), Some("systemd-resolved"));
        assert_eq!(
            whole_name(comm, b"python3\0/x/systemd-resolve.py\0").as_deref(),
            Some("systemd-resolve.py")
        );
        assert_eq!(whole_name(comm, b"other\0and\0systemd-resolved\0"), None);
        assert_eq!(whole_name(comm, b""), None);
    }

    #[test]
    fn links_to_sockets_have_inodes() {
        assert_eq!(socket_inode(b"socket:[4294967295]"), Some(u32::MAX));
        for other in [&b"socket:[4294967296]"[..], b"socket:[]", b"pipe:[1]", b"/tmp/socket:[1]", b""] {
            assert_eq!(socket_inode(other), None);
        }
    }

    #[test]
    fn the_cgroup_of_version_2_counts_unless_it_is_the_root() {
        assert_eq!(parse_cgroup("4:memory:/a\n0::/system.slice/b.service\n"), "/system.slice/b.service");
        assert_eq!(parse_cgroup("9:name=systemd:/\n4:memory:/a:c\n0::/\n"), "/a:c");
        assert_eq!(parse_cgroup("0::/\n"), "/");
        assert_eq!(parse_cgroup("nonsense"), "");
    }

    #[test]
    fn this_process_is_described() {
        let mut processes = Processes::new(true);
        let own = std::process::id() as i32;
        let process = processes.describe(own).unwrap();
        let path = std::env::current_exe().unwrap();
        assert_eq!((process.pid, &process.path[..]), (own, path.to_str().unwrap()));
        assert!(path.file_name().unwrap().to_str().unwrap().starts_with(&process.name));
        assert!(processes.is_there(&process));
        assert!(Arc::ptr_eq(&process, &processes.describe(own).unwrap()));
        assert_eq!(processes.describe(i32::MAX), None);
    }
}

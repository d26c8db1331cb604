//! Closed TCP connections, reported by the kernel's tracing (Documentation/trace/events.rst of Linux).
//!
//! They also give a process to sockets that no look has seen. The tracepoint `sock:inet_sock_set_state` is hit in the
//! process that closes the socket. It needs root, and tracefs mounted in its usual place. The events come in their own
//! tracing instance, which no other user of tracing sees, and which is removed at the end.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::OFlags;

use crate::Protocol;
use crate::table::{Key, canonical};

const TRACEFS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
const EVENT: &str = "events/sock/inet_sock_set_state";

/// Filter for changes to `FIN_WAIT1` or `LAST_ACK`, and to `CLOSE` from `ESTABLISHED`, `SYN_SENT` or `CLOSE_WAIT`
/// (`include/net/tcp_states.h`).
const FILTER: &str =
    "newstate == 4 || newstate == 9 || (newstate == 7 && (oldstate == 1 || oldstate == 2 || oldstate == 8))";

const ROOM: usize = 64 << 10;

/// A socket that a process has closed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) key: Key,
    pub(crate) pid: i32,
    pub(crate) comm: String,
}

/// Reader of the events of closed connections.
pub(crate) struct Closings {
    /// File that turns the events on and off. It is kept open, because privileges may be given up meanwhile.
    switch: File,
    pipe: Option<File>,
    _instance: Instance,
    room: Box<[u8]>,
    /// A line that has not been received whole yet.
    rest: Vec<u8>,
}

struct Instance(PathBuf);

impl Closings {
    /// Turns the events on and begins to listen.
    pub(crate) fn open() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let tracefs = TRACEFS.map(Path::new).into_iter().find(|path| path.join(EVENT).is_dir());
        let instances = tracefs.ok_or(ErrorKind::NotFound)?.join("instances");
        remove_abandoned(&instances);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let instance = Instance(instances.join(format!("nfstream-{}-{number}", std::process::id())));
        fs::create_dir(&instance.0)?;
        instance.write("buffer_size_kb", "256")?;
        // Older kernels do not have these files. Without the first, events come late; without the second, they have the
        // number of a thread.
        let _ = instance.write("buffer_percent", "0");
        let _ = instance.write("options/record-tgid", "1");
        instance.write(&format!("{EVENT}/filter"), FILTER)?;
        let nonblocking = OFlags::NONBLOCK.bits() as i32;
        let pipe =
            File::options().read(true).custom_flags(nonblocking).open(instance.0.join("trace_pipe"))?;
        let mut switch = File::options().write(true).open(instance.0.join(EVENT).join("enable"))?;
        switch.write_all(b"1")?;
        let room = vec![0; ROOM].into();
        Ok(Self { switch, pipe: Some(pipe), _instance: instance, room, rest: Vec::new() })
    }

    /// Visits the events that have come.
    pub(crate) fn take(&mut self, mut visit: impl FnMut(Closing)) -> io::Result<()> {
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        loop {
            let read = match pipe.read(&mut self.room) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            self.rest.extend(self.room.iter().take(read));
            let Some(end) = self.rest.iter().rposition(|&byte| byte == b'\n') else {
                self.rest.truncate(ROOM);
                continue;
            };
            let lines = String::from_utf8_lossy(&self.rest[..end]);
            lines.lines().filter_map(closing).for_each(&mut visit);
            self.rest.drain(..=end);
        }
    }

    /// Returns the descriptor to wait for.
    pub(crate) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }
}

impl Drop for Closings {
    fn drop(&mut self) {
        let _ = self.switch.write_all(b"0");
        // An instance cannot be removed while it is being read. Fields are dropped in their order, after this.
        self.pipe = None;
    }
}

impl Instance {
    fn write(&self, file: &str, value: &str) -> io::Result<()> {
        fs::write(self.0.join(file), value)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Removes the instances of runs that were killed, or that gave up their privileges.
fn remove_abandoned(instances: &Path) {
    for entry in fs::read_dir(instances).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.strip_prefix("nfstream-")?.split_once('-'))
            .map(|(pid, _)| pid);
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// Parses a line of the form `COMM-TID (TGID) [CPU] FLAGS TIME: inet_sock_set_state: NAME=VALUE ...`.
///
/// The name of a process may contain anything, but is shorter than the text after it.
fn closing(line: &str) -> Option<Closing> {
    let (head, fields) = line.split_once(": inet_sock_set_state: ")?;
    let (task, flags) = head.rsplit_once('[')?;
    // In an interrupt, the current process may be any process; the third flag tells whether this is an interrupt.
    if flags.split_ascii_whitespace().nth(1)?.chars().nth(2)? != '.' {
        return None;
    }
    let (task, group) = match task.trim_end().strip_suffix(')').and_then(|task| task.rsplit_once('(')) {
        Some((task, group)) => (task, group.trim().parse().ok()),
        None => (task, None),
    };
    let (comm, thread) = task.trim_end().rsplit_once('-')?;
    let field = |name: &str| {
        fields
            .split_ascii_whitespace()
            .filter_map(|field| field.split_once('='))
            .find(|(key, _)| *key == name)
    };
    let value = |name| field(name).map(|(_, value)| value);
    if value("protocol")? != "IPPROTO_TCP" {
        return None;
    }
    let [from, to] = if value("family")? == "AF_INET6" { ["saddrv6", "daddrv6"] } else { ["saddr", "daddr"] };
    let end = |address, port| {
        let (address, port) = (value(address)?.parse().ok()?, value(port)?.parse().ok()?);
        (port > 0).then(|| canonical(SocketAddr::new(address, port)))
    };
    let key =
        Key::Connected { protocol: Protocol::Tcp, local: end(from, "sport")?, remote: end(to, "dport")? };
    let pid = group.or_else(|| thread.parse().ok())?;
    Some(Closing { key, pid, comm: comm.trim_start().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &str = "family=AF_INET protocol=IPPROTO_TCP sport=34980 dport=41157 saddr=127.0.0.1 daddr=127.0.0.2 \
                          saddrv6=::ffff:127.0.0.1 daddrv6=::ffff:127.0.0.2 oldstate=TCP_ESTABLISHED newstate=TCP_FIN_WAIT1";

    fn key(local: &str, remote: &str) -> Key {
        Key::Connected {
            protocol: Protocol::Tcp,
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
        }
    }

    #[test]
    fn lines_are_read() {
        let line = |head: &str| closing(&format!("{head} 751.711798: inet_sock_set_state: {FIELDS}"));
        let told = |pid, comm: &str| {
            Some(Closing { key: key("127.0.0.1:34980", "127.0.0.2:41157"), pid, comm: comm.to_owned() })
        };
        assert_eq!(line("         python3-11285   (  11284) [001] ....."), told(11284, "python3"));
        assert_eq!(line("         python3-11285   (-------) [001] ...1."), told(11285, "python3"));
        assert_eq!(line("         a (b) [c]-d-17      [001] d...    "), told(17, "a (b) [c]-d"));
        assert_eq!(line("          <idle>-0       (-------) [000] ..s1."), None);
        assert_eq!(line("         python3-x   (-------) [001] ....."), None);
        let whole = format!("a-1 (1) [0] ..... 7.1: inet_sock_set_state: {FIELDS}");
        for length in 0..whole.len() {
            if let Some(cut) = closing(&whole[..length]) {
                assert!(cut.pid == 1 && length > 100);
            }
        }
    }

    #[test]
    fn ipv6_and_ports_count() {
        let line = |fields: &str| closing(&format!("a-1 (1) [0] ..... 7.1: inet_sock_set_state: {fields}"));
        let v6 = FIELDS.replace("AF_INET ", "AF_INET6 ").replace("::ffff:127.0.0.1", "2001:db8::1");
        assert_eq!(line(&v6).map(|closing| closing.key), Some(key("[2001:db8::1]:34980", "127.0.0.2:41157")));
        assert_eq!(line(&FIELDS.replace("34980", "0")), None);
        assert_eq!(line(&FIELDS.replace("IPPROTO_TCP", "IPPROTO_SCTP")), None);
    }
}

//! The watcher's thread: looks at the sockets of this machine, and keeps the table.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::SockaddrStorage;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::time::{ClockId, clock_gettime};

use crate::closings::{Closing, Closings};
use crate::process::Process;
use crate::processes::Processes;
use crate::shared::Shared;
use crate::sockets::{Ends, Lister, Socket};
use crate::table::Key;

/// How long ended sockets are kept, and how many.
const KEPT_FOR: Duration = Duration::from_secs(180);
const MOST_GONE: usize = 65_536;

/// The most sockets of this machine that are watched.
const MOST_SOCKETS: usize = 1 << 20;

/// Bounds of the pause between looks, so that they take no more than about a fifth of a processor.
const LEAST_PAUSE: Duration = Duration::from_millis(2);
const PAUSE_FOR_COST: u32 = 4;

/// How often to review the rest: processes that have ended or changed their names, addresses of this machine,
/// privileges.
const REVIEW: Duration = Duration::from_secs(1);

/// Most looks in which the process of a socket is searched for.
const MOST_TRIES: u8 = 3;

/// An open socket and what is known of it.
struct Known {
    key: Key,
    /// Number of the last look that saw it.
    look: u64,
    inode: u32,
    owner: Owner,
}

enum Owner {
    /// Not found yet, after this number of searches.
    Wanted(u8),
    Found(Arc<Process>),
    /// It has no process, or none that we may see.
    Unseen,
}

/// State of the watcher's thread.
pub(crate) struct Looker {
    shared: Arc<Shared>,
    interval: Duration,
    lister: Lister,
    ends: Option<Ends>,
    closings: Option<Closings>,
    processes: Processes,
    /// Known sockets, by cookie.
    sockets: HashMap<u64, Known>,
    /// Sockets in the table that have ended, the oldest first.
    gone: VecDeque<(Instant, Key, u64)>,
    looks: u64,
    reviewed: Option<Instant>,
}

impl Looker {
    /// Prepares the thread and looks once; fails when the kernel does not list its sockets.
    pub(crate) fn new(shared: Arc<Shared>, interval: Duration, with_metadata: bool) -> io::Result<Self> {
        let mut looker = Self {
            shared,
            interval,
            lister: Lister::open()?,
            // Without these, only sockets that are open during a look are seen.
            ends: Ends::open().ok(),
            closings: Closings::open().ok(),
            processes: Processes::new(with_metadata),
            sockets: HashMap::new(),
            gone: VecDeque::new(),
            looks: 0,
            reviewed: None,
        };
        looker.look()?;
        Ok(looker)
    }

    /// Looks at every interval, and when somebody asks for it, until the watcher is dropped.
    pub(crate) fn run(mut self) {
        let (mut begun, mut ended) = (Instant::now(), Instant::now());
        let mut pause = LEAST_PAUSE;
        while !self.shared.is_dropped() {
            let earliest = ended + pause;
            let due = if self.shared.is_wanted() { earliest } else { earliest.max(begun + self.interval) };
            self.wait(due.saturating_duration_since(Instant::now()));
            self.shared.hear();
            self.take_ends();
            self.take_closings();
            if Instant::now() < due {
                continue;
            }
            begun = Instant::now();
            let worked = time_worked();
            // A look that fails is missed; the next may succeed.
            let _ = self.look();
            ended = Instant::now();
            pause = LEAST_PAUSE.max(time_worked().saturating_sub(worked) * PAUSE_FOR_COST);
        }
    }

    /// Waits until something has come, or the time is over.
    fn wait(&self, time: Duration) {
        let ends = self.ends.as_ref().map(AsFd::as_fd);
        let closings = self.closings.as_ref().and_then(Closings::pipe);
        let fds = [Some(self.shared.bell.as_fd()), ends, closings];
        let mut fds: Vec<_> =
            fds.iter().flatten().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
        let time = Timespec::try_from(time).ok();
        // An interrupted wait is only shorter.
        let _ = poll(&mut fds, time.as_ref());
    }

    fn look(&mut self) -> io::Result<()> {
        // Callers who ask from here on may not be answered by this look.
        self.shared.begin_look();
        self.looks += 1;
        let addresses = self.review();
        let (sockets, looks, processes) = (&mut self.sockets, self.looks, &self.processes);
        let mut ended = Vec::new();
        let mut hidden = 0;
        let is_whole = self.lister.list(|socket| {
            let Socket { key, cookie, inode, uid } = socket;
            let is_full = sockets.len() >= MOST_SOCKETS;
            match sockets.get_mut(&cookie) {
                Some(known) if known.key == key => (known.look, known.inode) = (looks, inode),
                // No process has this socket, or none has accepted it from its listener yet.
                _ if inode == 0 || is_full => {}
                known => {
                    // A UDP socket that has another peer now.
                    ended.extend(known.map(|known| (known.key, cookie)));
                    let owner = if processes.may_see(uid) { Owner::Wanted(0) } else { Owner::Unseen };
                    hidden += u64::from(!processes.may_see(uid));
                    sockets.insert(cookie, Known { key, look: looks, inode, owner });
                }
            }
        })?;
        if is_whole {
            sockets.retain(|cookie, known| {
                let is_there = known.look == looks;
                if !is_there {
                    ended.push((known.key, *cookie));
                }
                is_there
            });
        }
        let found = self.find(&mut hidden);
        self.shared.count_hidden(hidden);
        self.note(found, ended, addresses);
        Ok(())
    }

    /// Once per [`REVIEW`], checks privileges, marks sockets to be searched for again if their process has ended or
    /// changed its name, and returns the addresses of this machine.
    fn review(&mut self) -> Option<HashSet<IpAddr>> {
        if self.reviewed.is_some_and(|reviewed| reviewed.elapsed() < REVIEW) {
            return None;
        }
        self.reviewed = Some(Instant::now());
        self.processes.check_privileges();
        let mut is_there: HashMap<i32, bool> = HashMap::new();
        for known in self.sockets.values_mut() {
            if let Owner::Found(process) = &known.owner
                && known.inode != 0
                && !*is_there.entry(process.pid).or_insert_with(|| self.processes.is_there(process))
            {
                known.owner = Owner::Wanted(0);
            }
        }
        addresses()
    }

    /// Searches for the processes of sockets. Counts the sockets that have a process which we may not see.
    fn find(&mut self, hidden: &mut u64) -> Vec<(Key, u64, Arc<Process>)> {
        let wanted: HashMap<u32, u64> = self
            .sockets
            .iter()
            .filter(|(_, known)| matches!(known.owner, Owner::Wanted(_)) && known.inode != 0)
            .map(|(cookie, known)| (known.inode, *cookie))
            .collect();
        let mut found = Vec::new();
        if wanted.is_empty() {
            return found;
        }
        let cookies: Vec<u64> = wanted.values().copied().collect();
        let sockets = &mut self.sockets;
        self.processes.find(wanted, |cookie, process| {
            if let Some(known) = sockets.get_mut(&cookie) {
                known.owner = Owner::Found(Arc::clone(&process));
                found.push((known.key, cookie, process));
            }
        });
        for cookie in cookies {
            let Some(known) = self.sockets.get_mut(&cookie) else { continue };
            let Owner::Wanted(tries) = &mut known.owner else { continue };
            *tries += 1;
            if *tries >= MOST_TRIES {
                known.owner = Owner::Unseen;
                *hidden += u64::from(!self.processes.sees_all());
            }
        }
        found
    }

    /// Writes the results of a look to the table.
    fn note(
        &mut self,
        found: Vec<(Key, u64, Arc<Process>)>,
        ended: Vec<(Key, u64)>,
        addresses: Option<HashSet<IpAddr>>,
    ) {
        let now = Instant::now();
        let mut table = self.shared.write();
        let mut is_changed = !found.is_empty();
        if let Some(addresses) = addresses
            && *table.addresses() != addresses
        {
            table.set_addresses(addresses);
            is_changed = true;
        }
        for (key, cookie) in ended {
            table.end(&key, cookie, now);
            self.gone.push_back((now, key, cookie));
        }
        for (key, cookie, process) in found {
            table.insert(key, cookie, process);
        }
        while let Some((at, key, cookie)) = self.gone.front()
            && (self.gone.len() > MOST_GONE || at.elapsed() > KEPT_FOR)
        {
            table.forget(key, *cookie);
            self.gone.pop_front();
        }
        drop(table);
        if is_changed {
            self.shared.change();
        }
    }

    /// Takes the messages on sockets that have ended.
    fn take_ends(&mut self) {
        let Some(ends) = &mut self.ends else { return };
        let mut ended: Vec<Socket> = Vec::new();
        if ends.take(|socket| ended.push(socket)).is_err() {
            self.ends = None;
        }
        if ended.is_empty() {
            return;
        }
        let now = Instant::now();
        let mut table = self.shared.write();
        for Socket { key, cookie, .. } in ended {
            // Use the key that the socket had when it was seen, because it may have lost its peer.
            if let Some(known) = self.sockets.remove(&cookie) {
                table.end(&known.key, cookie, now);
                self.gone.push_back((now, known.key, cookie));
            } else if let Key::Connected { protocol, local, remote } = key
                && table.process_of(protocol, local, remote, now).process.is_none()
            {
                self.shared.count_missed();
            }
        }
    }

    /// Takes the events of closed connections.
    fn take_closings(&mut self) {
        let Some(closings) = &mut self.closings else { return };
        let mut closed: Vec<Closing> = Vec::new();
        if closings.take(|closing| closed.push(closing)).is_err() {
            self.closings = None;
        }
        if closed.is_empty() {
            return;
        }
        let closed: Vec<_> = closed
            .into_iter()
            .map(|closing| (closing.key, closed_by(&mut self.processes, closing)))
            .collect();
        let now = Instant::now();
        let mut table = self.shared.write();
        for (key, process) in closed {
            table.insert_gone(key, process, now);
            self.gone.push_back((now, key, 0));
        }
        drop(table);
        self.shared.change();
    }
}

/// Processor time of this thread so far, without the time that it had to wait for others.
fn time_worked() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

/// Returns the process that closed a socket; it may have ended since.
fn closed_by(processes: &mut Processes, closing: Closing) -> Arc<Process> {
    processes.describe(closing.pid).unwrap_or_else(|| {
        let (pid, name) = (closing.pid, closing.comm);
        let (path, user, cgroup) = Default::default();
        Arc::new(Process { pid, name, uid: u32::MAX, path, user, cgroup })
    })
}

/// Returns the addresses of this machine's interfaces, and their broadcast addresses.
fn addresses() -> Option<HashSet<IpAddr>> {
    let ip = |address: SockaddrStorage| {
        let v4 = address.as_sockaddr_in().map(|address| address.ip().into());
        v4.or_else(|| address.as_sockaddr_in6().map(|address| address.ip().into()))
    };
    let interfaces = getifaddrs().ok()?;
    Some(
        interfaces
            .flat_map(|interface| [interface.address, interface.broadcast])
            .flatten()
            .filter_map(ip)
            .collect(),
    )
}

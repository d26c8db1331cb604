//! The watcher, as those see it who ask.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Protocol;
use crate::table::{Answer, Table};

#[cfg(target_os = "linux")]
use crate::look::Looker;

/// Bounds of the interval.
#[cfg(target_os = "linux")]
const SHORTEST: Duration = Duration::from_millis(1);
#[cfg(target_os = "linux")]
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Why sockets cannot be watched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not on this operating system.
    #[error("the processes of sockets can be told on Linux only")]
    Unsupported,
    /// The kernel does not list its sockets.
    #[error("cannot list the sockets of this machine: {0}")]
    Netlink(#[source] io::Error),
    /// The operating system gave no thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
}

/// What could not be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blind {
    /// Sockets whose process we may not look at: other users', without root.
    pub hidden: u64,
    /// Connections that were over before anybody had looked, and that nobody listened for.
    pub missed: u64,
}

/// Knows which process has a socket. Dropping it ends its thread.
#[derive(Debug)]
pub struct Watcher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread has in common with those who ask.
#[derive(Debug)]
pub(crate) struct Shared {
    table: RwLock<Table>,
    generation: AtomicU64,
    /// Somebody waits for a look.
    is_wanted: AtomicBool,
    is_dropped: AtomicBool,
    hidden: AtomicU64,
    missed: AtomicU64,
    /// Wakes the thread.
    #[cfg(target_os = "linux")]
    pub(crate) bell: std::os::fd::OwnedFd,
}

impl Watcher {
    /// Looks at the sockets of this machine's network namespace, then again at every interval (a millisecond to a day), in a thread of its own. Path,
    /// user and cgroup of processes are read only `with_metadata`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] elsewhere than on Linux, [`Error::Netlink`] when the kernel lists no sockets, [`Error::Thread`] when there is no
    /// thread.
    #[cfg(target_os = "linux")]
    pub fn start(interval: Duration, with_metadata: bool) -> Result<Self, Error> {
        use rustix::event::{EventfdFlags, eventfd};

        let bell = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)
            .map_err(|error| Error::Netlink(error.into()))?;
        let shared = Arc::new(Shared {
            table: RwLock::default(),
            generation: AtomicU64::new(0),
            is_wanted: AtomicBool::new(false),
            is_dropped: AtomicBool::new(false),
            hidden: AtomicU64::new(0),
            missed: AtomicU64::new(0),
            bell,
        });
        let interval = interval.clamp(SHORTEST, LONGEST);
        let looker = Looker::new(Arc::clone(&shared), interval, with_metadata).map_err(Error::Netlink)?;
        let thread = std::thread::Builder::new()
            .name("sockets".to_owned())
            .spawn(move || looker.run())
            .map_err(Error::Thread)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// There is nothing to be had here.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    #[cfg(not(target_os = "linux"))]
    pub fn start(_: Duration, _: bool) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }

    /// Whose a flow is that began at a time: the process of a socket at its source, or else at its destination. When the flow has
    /// an end at this machine whose socket is not known, a look is made as soon as may be; its outcome changes the
    /// [`generation`](Self::generation).
    pub fn process_of(
        &self,
        protocol: Protocol,
        source: SocketAddr,
        destination: SocketAddr,
        begun: Instant,
    ) -> Answer {
        let table = self.shared.table.read().unwrap_or_else(PoisonError::into_inner);
        let answer = table.process_of(protocol, source, destination, begun);
        drop(table);
        if answer.is_local && !answer.is_final {
            self.shared.want();
        }
        answer
    }

    /// Changes whenever more has become known. Costs next to nothing.
    pub fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::Acquire)
    }

    /// What could not be seen so far.
    pub fn blind(&self) -> Blind {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Blind { hidden: count(&self.shared.hidden), missed: count(&self.shared.missed) }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.is_dropped.store(true, Ordering::Release);
        self.shared.ring();
        if let Some(thread) = self.thread.take() {
            // A panic in it has been told; there is nothing more to do about it.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// Asks for a look; rings only if nobody has since the last began.
    fn want(&self) {
        if !self.is_wanted.swap(true, Ordering::AcqRel) {
            self.ring();
        }
    }

    #[cfg(target_os = "linux")]
    fn ring(&self) {
        // It is full when it has been rung 2^64 times.
        let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
    }

    #[cfg(not(target_os = "linux"))]
    fn ring(&self) {}
}

#[cfg(target_os = "linux")]
impl Shared {
    /// Takes notice of the bell.
    pub(crate) fn hear(&self) {
        let _ = rustix::io::read(&self.bell, &mut [0; 8]);
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::Acquire)
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.is_dropped.load(Ordering::Acquire)
    }

    pub(crate) fn begin_look(&self) {
        self.is_wanted.store(false, Ordering::Release);
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn change(&self) {
        self.generation.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn count_hidden(&self, sockets: u64) {
        self.hidden.fetch_add(sockets, Ordering::Relaxed);
    }

    pub(crate) fn count_missed(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
    }
}

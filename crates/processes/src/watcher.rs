//! [`Watcher`]: the interface to the watcher's thread.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Protocol;
#[cfg(target_os = "linux")]
use crate::look::Looker;
use crate::shared::Shared;
use crate::table::Answer;

/// Bounds of the interval between looks.
#[cfg(target_os = "linux")]
const SHORTEST: Duration = Duration::from_millis(1);
#[cfg(target_os = "linux")]
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Reason why sockets cannot be watched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Sockets cannot be watched on this operating system.
    #[error("the processes of sockets can be found on Linux only")]
    Unsupported,
    /// The kernel does not list its sockets.
    #[error("cannot list the sockets of this machine: {0}")]
    Netlink(#[source] io::Error),
    /// The operating system did not start a thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
}

/// Numbers of sockets and connections that could not be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blind {
    /// Sockets whose process we may not look at, because they belong to other users and we are not root.
    pub hidden: u64,
    /// Connections that were over before any look saw them, and for which no listening socket was known.
    pub missed: u64,
}

/// Finds the process that has a socket. Dropping the watcher ends its thread.
#[derive(Debug)]
pub struct Watcher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Starts a thread that looks at the sockets of this machine's network namespace at once, and then again at every
    /// interval (a millisecond to a day).
    ///
    /// Path, user and cgroup of processes are read only `with_metadata`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] on systems other than Linux, [`Error::Netlink`] when the kernel does not list sockets,
    /// [`Error::Thread`] when the thread cannot be started.
    #[cfg(target_os = "linux")]
    pub fn start(interval: Duration, with_metadata: bool) -> Result<Self, Error> {
        let shared = Arc::new(Shared::new().map_err(Error::Netlink)?);
        let interval = interval.clamp(SHORTEST, LONGEST);
        let looker = Looker::new(Arc::clone(&shared), interval, with_metadata).map_err(Error::Netlink)?;
        let thread = std::thread::Builder::new()
            .name("sockets".to_owned())
            .spawn(move || looker.run())
            .map_err(Error::Thread)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Fails, because this operating system is not supported.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    #[cfg(not(target_os = "linux"))]
    pub fn start(_: Duration, _: bool) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }

    /// Finds the process of a flow that began at a given time: the process of a socket at the flow's source, or else at
    /// its destination.
    ///
    /// If the flow has an endpoint on this machine whose socket is not known, the watcher looks again as soon as
    /// possible. The result of that look changes the [`generation`](Self::generation).
    pub fn process_of(
        &self,
        protocol: Protocol,
        source: SocketAddr,
        destination: SocketAddr,
        begun: Instant,
    ) -> Answer {
        let answer = self.shared.read().process_of(protocol, source, destination, begun);
        if answer.is_local && !answer.is_final {
            self.shared.want();
        }
        answer
    }

    /// Returns a number that changes whenever more has become known. A call costs almost nothing.
    pub fn generation(&self) -> u64 {
        self.shared.generation()
    }

    /// Returns the numbers of sockets and connections that could not be seen so far.
    pub fn blind(&self) -> Blind {
        Blind { hidden: self.shared.hidden(), missed: self.shared.missed() }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.end();
        if let Some(thread) = self.thread.take() {
            // A panic in the thread has already been reported; nothing else can be done about it.
            let _ = thread.join();
        }
    }
}

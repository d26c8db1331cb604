//! The watcher, as those see it who ask.

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

impl Watcher {
    /// Looks at the sockets of this machine's network namespace, then again at every interval (a millisecond to a day), in a thread of its own. Path,
    /// user and cgroup of processes are read only `with_metadata`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] elsewhere than on Linux, [`Error::Netlink`] when the kernel lists no sockets, [`Error::Thread`] when there is no
    /// thread.
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
        let answer = self.shared.read().process_of(protocol, source, destination, begun);
        if answer.is_local && !answer.is_final {
            self.shared.want();
        }
        answer
    }

    /// Changes whenever more has become known. Costs next to nothing.
    pub fn generation(&self) -> u64 {
        self.shared.generation()
    }

    /// What could not be seen so far.
    pub fn blind(&self) -> Blind {
        Blind { hidden: self.shared.hidden(), missed: self.shared.missed() }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.end();
        if let Some(thread) = self.thread.take() {
            // A panic in it has been told; there is nothing more to do about it.
            let _ = thread.join();
        }
    }
}

//! State that the watcher's thread shares with its callers.

#[cfg(target_os = "linux")]
use std::sync::RwLockWriteGuard;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use crate::table::Table;

/// The table, the results of looks, and the bell that wakes the thread.
#[derive(Debug)]
pub(crate) struct Shared {
    table: RwLock<Table>,
    generation: AtomicU64,
    /// Whether somebody waits for a look.
    is_wanted: AtomicBool,
    is_dropped: AtomicBool,
    hidden: AtomicU64,
    missed: AtomicU64,
    /// Wakes the thread.
    #[cfg(target_os = "linux")]
    pub(crate) bell: std::os::fd::OwnedFd,
}

/// Methods for callers.
impl Shared {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a number that changes whenever more has become known.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Number of sockets whose process could not be looked at.
    pub(crate) fn hidden(&self) -> u64 {
        self.hidden.load(Ordering::Relaxed)
    }

    /// Number of connections that were over before any look saw them.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// Asks for a look; rings the bell only if nobody has rung it since the last look began.
    pub(crate) fn want(&self) {
        if !self.is_wanted.swap(true, Ordering::AcqRel) {
            self.ring();
        }
    }

    /// Makes the thread end.
    pub(crate) fn end(&self) {
        self.is_dropped.store(true, Ordering::Release);
        self.ring();
    }

    #[cfg(target_os = "linux")]
    fn ring(&self) {
        // The counter is full only after 2^64 rings.
        let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
    }

    #[cfg(not(target_os = "linux"))]
    fn ring(&self) {}
}

/// Methods for the thread.
#[cfg(target_os = "linux")]
impl Shared {
    pub(crate) fn new() -> std::io::Result<Self> {
        use rustix::event::{EventfdFlags, eventfd};

        Ok(Self {
            table: RwLock::default(),
            generation: AtomicU64::new(0),
            is_wanted: AtomicBool::new(false),
            is_dropped: AtomicBool::new(false),
            hidden: AtomicU64::new(0),
            missed: AtomicU64::new(0),
            bell: eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?,
        })
    }

    /// Resets the bell.
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

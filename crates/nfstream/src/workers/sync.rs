//! Synchronisation types of the workers: those of the standard library or, in models, those of loom, which runs every
//! interleaving of threads (`make loom`).

#[cfg(not(all(test, loom)))]
pub(super) use std::sync::{Condvar, Mutex, MutexGuard};

#[cfg(all(test, loom))]
pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};

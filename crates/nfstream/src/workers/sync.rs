//! What workers wait with: the standard library's types, and in models those of loom, which runs every order of what threads do
//! (`make loom`).

#[cfg(not(all(test, loom)))]
pub(super) use std::sync::{Condvar, Mutex, MutexGuard};

#[cfg(all(test, loom))]
pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};

//! State that the threads of a run share: the stop flag, the counters, and an error.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::report::Report;
use crate::error::Error;

/// State that the threads of a run share.
#[derive(Default)]
pub(crate) struct State {
    stop: AtomicBool,
    report: Mutex<Report>,
    failure: Mutex<Option<Error>>,
}

impl State {
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(crate) fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn fail(&self, error: Error) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(crate) fn take_failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Ends a run's input early. Flows that were metered so far still come out as records.
#[derive(Clone)]
pub struct StopHandle(Arc<State>);

impl StopHandle {
    pub(crate) fn new(state: &Arc<State>) -> Self {
        Self(Arc::clone(state))
    }

    /// Ends the input: no further block is metered. [`Report::interrupted`] then says whether there was more to read. This
    /// may be called from any thread, and from a signal handler.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

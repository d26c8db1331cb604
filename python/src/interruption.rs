//! Ctrl-C in a run: the input ends, and the flows so far come out.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use nfstream::StopHandle;
use nfstream::sinks::Patience;
use pyo3::exceptions::{PyImportError, PyKeyboardInterrupt};
use pyo3::intern;
use pyo3::prelude::*;

/// Ends the input of a run.
#[pyclass(module = "nfstream._engine", frozen)]
pub(crate) struct Stop {
    handle: StopHandle,
    is_stopped: AtomicBool,
}

#[pymethods]
impl Stop {
    /// No more packets are read; the flows so far come out.
    fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        self.handle.stop();
    }

    /// Whether the input was ended.
    #[getter]
    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}

/// While this exists, Ctrl-C ends the input of a run.
pub(crate) struct Interruptible(Option<Py<Stop>>);

/// Most signals that may come while a run ends.
const SIGNALS: usize = 16;

impl Interruptible {
    pub(crate) fn begin(py: Python<'_>, handle: StopHandle) -> PyResult<Self> {
        let stop = Py::new(py, Stop { handle, is_stopped: AtomicBool::new(false) })?;
        let begun = Self(Some(stop));
        begun.call(py, "begin")?;
        Ok(begun)
    }

    /// Ends the interruption when the run is over. A Ctrl-C that came meanwhile is raised again. An exception of
    /// another signal handler is the error.
    pub(crate) fn end(mut self, py: Python<'_>) -> PyResult<()> {
        self.finish(py)
    }

    fn finish(&mut self, py: Python<'_>) -> PyResult<()> {
        let (mut raised, mut ended) = (Ok(()), self.call(py, "end"));
        for _ in 0..SIGNALS {
            let Err(failure) = ended else { break };
            raised = Err(failure);
            ended = self.call(py, "end");
        }
        self.0 = None;
        match ended.and(raised) {
            // This runs no Python code that a signal could interrupt.
            Err(failure) if failure.is_instance_of::<PyKeyboardInterrupt>(py) => {
                py.import("_thread")?.call_method0("interrupt_main").map(drop)
            }
            raised => raised,
        }
    }

    fn call(&self, py: Python<'_>, function: &str) -> PyResult<()> {
        let Some(stop) = &self.0 else { return Ok(()) };
        py.import(intern!(py, "nfstream.interruption"))?.call_method1(function, (stop,)).map(drop)
    }

    /// Ends the wait for a FIFO if a signal handler raises, or if the run was interrupted.
    pub(crate) fn patience(&self, py: Python<'_>) -> Patience {
        let stop = self.0.as_ref().map(|stop| stop.clone_ref(py));
        patience(move || stop.as_ref().is_some_and(|stop| stop.get().is_stopped()))
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.0.as_ref().is_some_and(|stop| stop.get().is_stopped())
    }
}

/// Ends the wait for a FIFO if a signal handler raises, or if the run is to end.
pub(crate) fn patience(is_to_end: impl Fn() -> bool + Send + Sync + 'static) -> Patience {
    Patience::new(move || {
        Python::try_attach(|py| py.check_signals().map_err(io::Error::other)).unwrap_or(Ok(()))?;
        Ok(is_to_end())
    })
}

impl Drop for Interruptible {
    fn drop(&mut self) {
        // An exception that is already under way goes on afterwards.
        let _ = Python::try_attach(|py| {
            let on_its_way = PyErr::take(py);
            // An interpreter that shuts down has no modules left, and no longer needs its handlers.
            if let Err(failure) = self.finish(py)
                && !failure.is_instance_of::<PyImportError>(py)
            {
                failure.write_unraisable(py, None);
            }
            if let Some(exception) = on_its_way {
                exception.restore(py);
            }
        });
    }
}

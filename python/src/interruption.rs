//! What Ctrl-C does to a run: its input ends, and the flows so far come out.

use std::sync::atomic::{AtomicBool, Ordering};

use nfstream::StopHandle;
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

    /// Whether that was done.
    #[getter]
    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}

/// While this is there, Ctrl-C ends the input of a run.
pub(crate) struct Interruptible(Py<Stop>);

impl Interruptible {
    pub(crate) fn begin(py: Python<'_>, handle: StopHandle) -> PyResult<Self> {
        let stop = Py::new(py, Stop { handle, is_stopped: AtomicBool::new(false) })?;
        call(py, "begin", &stop)?;
        Ok(Self(stop))
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.0.get().is_stopped()
    }
}

impl Drop for Interruptible {
    fn drop(&mut self) {
        // An interpreter that shuts down needs its handlers no more. An exception that is on its way goes on afterwards.
        let _ = Python::try_attach(|py| {
            let on_its_way = PyErr::take(py);
            let ended = call(py, "end", &self.0);
            if let Some(exception) = on_its_way {
                exception.restore(py);
            }
            ended
        });
    }
}

fn call(py: Python<'_>, function: &str, stop: &Py<Stop>) -> PyResult<()> {
    py.import(intern!(py, "nfstream.interruption"))?.call_method1(function, (stop,)).map(drop)
}

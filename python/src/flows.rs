//! The iterator over the flows of a run.

use std::sync::{Mutex, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyDict;

use crate::flow::{self, NFlow};
use crate::forks::Process;
use crate::model::Model;
use crate::run::Run;
use crate::watch::Watch;

/// The flows of one run over the captures, in the order in which they ended.
#[pyclass(module = "nfstream._engine", frozen, weakref)]
pub(crate) struct Flows {
    run: Mutex<Run>,
    process: Process,
    places: Py<PyDict>,
}

impl Flows {
    pub(crate) fn start(
        py: Python<'_>,
        streamer: &nfstream::Streamer,
        watch: Watch,
        model: Option<Model>,
    ) -> PyResult<Self> {
        let places = flow::places(py, streamer.schema())?;
        let run = Run::start(py, streamer, watch, model)?;
        Ok(Self { run: Mutex::new(run), process: Process::this(), places })
    }
}

#[pymethods]
impl Flows {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<NFlow>> {
        // In a child process, a thread that does not exist there may have locked the run.
        self.process.check()?;
        let mut guard = self.run.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        let run = &mut *guard;
        loop {
            if let Some(record) = run.take() {
                return Ok(Some(NFlow::new(record, self.places.clone_ref(py))));
            }
            if let Some(end) = run.receive(py)? {
                return end.raise(py).map(|()| None);
            }
        }
    }

    /// Ends the run: no flow comes after this. It happens by itself when the iterator is no longer used.
    fn close(&self, py: Python<'_>) {
        if !self.process.is_this() {
            return;
        }
        self.run.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner).close();
    }

    // The object is in use while another thread works with it.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.run.try_lock().map_or(Ok(()), |run| run.traverse(&visit))
    }
}

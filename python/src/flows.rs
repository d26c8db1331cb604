//! The iterator over the flows of a run.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyDict;

use crate::error;
use crate::flow::{self, NFlow};
use crate::model::Model;
use crate::run::Run;
use crate::watch::Watch;

/// The flows of one run over the captures, in the order in which they ended.
#[pyclass(module = "nfstream._engine", frozen, weakref)]
pub(crate) struct Flows {
    run: Mutex<Run>,
    places: Py<PyDict>,
}

impl Flows {
    pub(crate) fn start(
        py: Python<'_>,
        streamer: &nfstream::Streamer,
        watch: Watch,
        model: Option<Arc<Model>>,
    ) -> PyResult<Self> {
        let places = flow::places(py, streamer.schema())?;
        let run = Run::start(py, streamer, watch, model)?;
        Ok(Self { run: Mutex::new(run), places })
    }
}

#[pymethods]
impl Flows {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<NFlow>> {
        let mut guard = self.run.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        let run = &mut *guard;
        loop {
            if let Some(record) = run.take() {
                return Ok(Some(NFlow::new(record, self.places.clone_ref(py))));
            }
            if let Some(end) = run.receive(py)? {
                return error::raise(py, &end).map(|()| None);
            }
        }
    }

    /// Ends the run: no flow comes after this. It happens by itself when the iterator is not used any more.
    fn close(&self, py: Python<'_>) {
        self.run.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner).close();
    }
}

//! A run of the engine as Python iterates over it. The engine's threads never touch Python. Reading therefore goes on
//! while Python code works, and a signal is seen soon even if the input is a silent FIFO.

use std::sync::Arc;

use nfstream::sinks::Patience;
use nfstream::{Pool, Progress, Record, Records, Streamer};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::end::End;
use crate::error::exception;
use crate::forks::Ours;
use crate::interruption::Interruptible;
use crate::model::Model;
use crate::watch::{Shared, Watch};

/// Records as they come. A drop waits until the engine's threads are done with their current blocks.
pub(crate) struct Run {
    ready: std::vec::IntoIter<Record>,
    /// `None` once the run is over or was closed.
    records: Option<Ours<Records>>,
    /// Present while there are records to come.
    interruptible: Option<Interruptible>,
    progress: Progress,
    pool: Arc<Pool>,
    watch: Watch,
    /// Model that is asked about flows before anybody sees them.
    model: Option<Model>,
}

impl Run {
    /// Opens the captures and starts reading.
    pub(crate) fn start(
        py: Python<'_>,
        streamer: &Streamer,
        watch: Watch,
        model: Option<Model>,
    ) -> PyResult<Self> {
        let records = py.detach(|| streamer.records()).map_err(|error| exception(py, &error))?;
        let (progress, stop) = (records.progress().clone(), records.stop_handle());
        let pool = Arc::clone(records.pool());
        let mut records = Ours::new(records);
        let interruptible = Some(Interruptible::begin(py, stop)?);
        watch.note(records.get()?.report());
        let ready = Vec::new().into_iter();
        Ok(Self { ready, records: Some(records), interruptible, progress, pool, watch, model })
    }

    /// Tasks that idle workers of the run may help with.
    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// How long to wait for a FIFO.
    pub(crate) fn patience(&self, py: Python<'_>) -> Patience {
        self.interruptible.as_ref().map_or_else(Patience::default, |interruptible| interruptible.patience(py))
    }

    /// The next of the records that have arrived.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Record> {
        self.ready.next()
    }

    /// The records that have arrived.
    pub(crate) fn ready(&self) -> &[Record] {
        self.ready.as_slice()
    }

    /// Drops the first of the records that have arrived.
    pub(crate) fn pass_over(&mut self, records: usize) {
        self.ready.by_ref().take(records).for_each(drop);
    }

    /// Gives away all records that have arrived.
    pub(crate) fn take_all(&mut self) -> std::vec::IntoIter<Record> {
        std::mem::take(&mut self.ready)
    }

    /// Handles signals and tells observers the progress, then waits a little for more records. Returns `Some` if there
    /// are no more.
    pub(crate) fn receive(&mut self, py: Python<'_>) -> PyResult<Option<End>> {
        py.check_signals()?;
        self.watch.tell(py, &self.progress)?;
        let end = py.detach(|| self.next_batch())?;
        if let Some(model) = &self.model
            && let Err(failure) = model.predict(py, self.ready.as_mut_slice())
        {
            self.close();
            return Err(failure);
        }
        if end.is_some() {
            self.interruptible.take().map_or(Ok(()), |interruptible| interruptible.end(py))?;
            self.watch.tell_end(py, &self.progress)?;
        }
        Ok(end)
    }

    fn next_batch(&mut self) -> PyResult<Option<End>> {
        let Some(records) = &mut self.records else { return Ok(Some(End::default())) };
        let records = records.get()?;
        let batch = records.next_batch();
        self.watch.note(records.report());
        let error = match batch {
            Some(Ok(batch)) => {
                self.ready = batch.into_iter();
                return Ok(None);
            }
            Some(Err(error)) => Some(error),
            None => None,
        };
        let damages = records.report().damages;
        self.records = None;
        Ok(Some(End { damages, error }))
    }

    /// Ends the run: nothing comes after this.
    pub(crate) fn close(&mut self) {
        self.records = None;
        self.interruptible = None;
        self.ready = Vec::new().into_iter();
    }

    pub(crate) fn shared(&self) -> &Shared {
        self.watch.shared()
    }

    /// Shows the garbage collector what this holds.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.watch.traverse(visit)?;
        self.model.as_ref().map_or(Ok(()), |model| model.traverse(visit))
    }
}

//! Flows as an Arrow C stream, for polars, pyarrow, pandas and other consumers.

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use nfstream::Streamer;
use nfstream::arrow::{BATCH_ROWS, RecordBatchBuilder};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::end::End;
use crate::model::Model;
use crate::run::Run;
use crate::watch::Watch;

/// Starts a run and returns its flows in a capsule, as the Arrow C data interface for Python requires. A warning that is
/// an error is kept for the code that started the run, if it asks for that; the stream is then complete.
pub(crate) fn stream<'py>(
    py: Python<'py>,
    streamer: &Streamer,
    watch: Watch,
    model: Option<Model>,
    keeps_warnings: bool,
) -> PyResult<Bound<'py, PyCapsule>> {
    let run = Run::start(py, streamer, watch, model)?;
    let builder = RecordBatchBuilder::new(streamer.schema(), BATCH_ROWS);
    let stream = FFI_ArrowArrayStream::new(Box::new(Batches { run, builder, end: None, keeps_warnings }));
    PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
}

/// The flows of a run in batches.
struct Batches {
    run: Run,
    builder: RecordBatchBuilder,
    /// How the run ended, kept until the batches before the end are out.
    end: Option<End>,
    keeps_warnings: bool,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    /// The consumer may or may not hold the interpreter's lock. The lock is released while waiting for the run.
    fn next(&mut self) -> Option<Self::Item> {
        let batch = Python::try_attach(|py| {
            let batch = self.next_batch(py);
            if let Err(failure) = &batch {
                if self.keeps_warnings {
                    self.run.shared().keep_failure(py, failure);
                }
                self.run.close();
            }
            batch
        });
        let batch = batch.unwrap_or_else(|| Err(PyRuntimeError::new_err("the interpreter has shut down")));
        batch.map_err(|error| ArrowError::ExternalError(Box::new(error))).transpose()
    }
}

impl Batches {
    fn next_batch(&mut self, py: Python<'_>) -> PyResult<Option<RecordBatch>> {
        while self.end.is_none() && !self.builder.is_full() {
            py.detach(|| self.fill()).map_err(|error| invalid(&error))?;
            if !self.builder.is_full() {
                self.end = self.run.receive(py)?;
            }
        }
        if self.builder.is_empty() {
            let end = self.end.replace(End::default()).unwrap_or_default();
            return match end.raise(py) {
                Err(warning) if self.keeps_warnings && end.error.is_none() => {
                    self.run.shared().keep_failure(py, &warning);
                    Ok(None)
                }
                raised => raised.map(|()| None),
            };
        }
        self.builder.finish().map(Some).map_err(|error| invalid(&error))
    }

    /// Adds the records that have arrived, up to the room that is left.
    fn fill(&mut self) -> Result<(), ArrowError> {
        let appended = self.builder.append_all(self.run.ready(), self.run.pool())?;
        self.run.pass_over(appended);
        Ok(())
    }
}

impl RecordBatchReader for Batches {
    fn schema(&self) -> SchemaRef {
        SchemaRef::clone(self.builder.schema())
    }
}

fn invalid(error: &ArrowError) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

//! Writes flows of a run with plugins to a file of lines: CSV or JSON Lines.

use std::sync::Arc;

use nfstream::Schema;
use nfstream::sinks::{Further, FurtherWriter};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::exception;
use crate::export::Destination;
use crate::flow::NFlow;
use crate::forks::Ours;
use crate::interruption::patience;

/// One or several files that are being written. If this is dropped before it is finished, no file is left.
#[pyclass(module = "nfstream._engine")]
pub(crate) struct Lines {
    /// `None` once it is finished.
    writer: Option<Ours<FurtherWriter>>,
    schema: Arc<Schema>,
    /// Whether every flow has to be in the file at once.
    is_followed: bool,
}

impl Lines {
    pub(crate) fn create(py: Python<'_>, schema: &Arc<Schema>, destination: Destination) -> PyResult<Self> {
        let Destination { path, format, flows_per_file, rotate_files, is_followed } = destination;
        let format = format.parse().map_err(|error| PyValueError::new_err(format!("{error}")))?;
        // The first Ctrl-C ends the input of the run, which has not begun yet. The second one
        // raises.
        let patience = patience(|| false);
        let writer = py
            .detach(|| FurtherWriter::create(path, format, schema, flows_per_file, rotate_files, &patience));
        let writer = Some(Ours::new(writer.map_err(|error| exception(py, &error))?));
        Ok(Self { writer, schema: Arc::clone(schema), is_followed })
    }
}

#[pymethods]
impl Lines {
    /// Writes a flow that has ended, with names of further columns and how their values are written.
    fn write(&mut self, py: Python<'_>, flow: &NFlow, further: Vec<(String, String)>) -> PyResult<()> {
        let further: Vec<_> = further.into_iter().map(|(name, value)| Further { name, value }).collect();
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let writer = writer.get()?;
        let is_due = flow.with_record_of(py, &self.schema, |record| writer.collect(record, &further))?;
        // The reader of a FIFO may be another thread of this program.
        let written = match is_due.map_err(|error| exception(py, &error))? {
            _ if self.is_followed => py.detach(|| writer.flush()),
            true => py.detach(|| writer.hand_over()),
            false => Ok(()),
        };
        written.map_err(|error| exception(py, &error))
    }

    /// Leaves no file.
    fn discard(&mut self) {
        self.writer = None;
    }

    /// Completes the file.
    fn finish(&mut self, py: Python<'_>) -> PyResult<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let writer = writer.take()?;
        py.detach(|| writer.finish()).map_err(|error| exception(py, &error))
    }
}

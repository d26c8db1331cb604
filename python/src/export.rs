//! Writes flows to files, without a Python object for any of them.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nfstream::sinks::{Format, Numbered, Patience, Writer};
use nfstream::{Error, Pool, Record, Schema};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::exception;
use crate::forks::Ours;
use crate::run::Run;

/// The destination of flows, and its options.
pub(crate) struct Destination {
    pub(crate) path: PathBuf,
    pub(crate) format: String,
    /// With a number, there are several files.
    pub(crate) flows_per_file: Option<NonZeroUsize>,
    pub(crate) rotate_files: Option<NonZeroUsize>,
    /// Whether flows have to be in the file soon after they arrive.
    pub(crate) is_followed: bool,
}

/// Longest time for which flows may be held back from a reader that follows a file.
const PATIENCE: Duration = Duration::from_secs(1);

/// Writes the flows of a run. Returns their number.
pub(crate) fn write(
    py: Python<'_>,
    mut run: Run,
    schema: &Arc<Schema>,
    destination: Destination,
) -> PyResult<u64> {
    let format = destination.format.parse().map_err(|error| PyValueError::new_err(format!("{error}")))?;
    let mut next_flush = destination.is_followed.then(|| Instant::now() + PATIENCE);
    // Opening a FIFO waits for its reader, which may be another thread of this program.
    let patience = run.patience(py);
    let pool = Arc::clone(run.pool());
    let output = py.detach(|| Output::create(destination, format, schema, &patience, &pool));
    let mut output = Ours::new(output.map_err(|error| exception(py, &error))?);
    let mut flows = 0;
    let end = loop {
        let end = run.receive(py)?;
        let records = run.take_all();
        flows += records.len() as u64;
        let file = output.get()?;
        py.detach(|| file.write(records.as_slice())).map_err(|error| exception(py, &error))?;
        if let Some(end) = end {
            break end;
        }
        if next_flush.is_some_and(|next| Instant::now() >= next) {
            py.detach(|| file.flush()).map_err(|error| exception(py, &error))?;
            next_flush = Some(Instant::now() + PATIENCE);
        }
    };
    // The flows of a run that could not go on are not complete.
    if end.error.is_none() {
        let file = output.take()?;
        py.detach(|| file.finish()).map_err(|error| exception(py, &error))?;
    }
    end.raise(py).map(|()| flows)
}

enum Output {
    One(Writer),
    Several(Numbered),
}

impl Output {
    fn create(
        destination: Destination,
        format: Format,
        schema: &Arc<Schema>,
        patience: &Patience,
        pool: &Arc<Pool>,
    ) -> Result<Self, Error> {
        let Destination { path, flows_per_file, rotate_files, .. } = destination;
        Ok(match flows_per_file {
            None => {
                let mut writer = Writer::create_with(path, format, schema, patience)?;
                writer.set_pool(pool);
                Self::One(writer)
            }
            Some(flows) => {
                let mut files = Numbered::create(path, format, schema, flows, rotate_files, patience)?;
                files.set_pool(pool);
                Self::Several(files)
            }
        })
    }

    fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        match self {
            Self::One(writer) => writer.write(records),
            Self::Several(files) => files.write(records),
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        match self {
            Self::One(writer) => writer.flush(),
            Self::Several(files) => files.flush(),
        }
    }

    fn finish(self) -> Result<(), Error> {
        match self {
            Self::One(writer) => writer.finish(),
            Self::Several(files) => files.finish(),
        }
    }
}

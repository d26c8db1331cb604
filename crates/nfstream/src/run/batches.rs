//! The records of a run as Arrow record batches.

use std::sync::Arc;
use std::vec;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};

use super::records::Records;
use crate::record::Record;
use crate::record_batch::RecordBatchBuilder;

impl Records {
    /// The records as Arrow record batches of `rows` rows (at least one); the last batch has the rows that are left.
    pub fn batches(self, rows: usize) -> Batches {
        let builder = RecordBatchBuilder::new(self.schema(), rows);
        Batches { records: self, ready: Vec::new().into_iter(), builder, failure: None, ended: false }
    }
}

/// The records of one run as Arrow record batches.
///
/// A batch has as many rows as were asked for; the last batch has fewer. A batch ends early when its text and lists
/// come to 64 MiB. An error, if there is one, comes last: [`ArrowError::ExternalError`] with the run's
/// [`Error`](crate::Error), or the error of [`RecordBatchBuilder::append`]. Every record before the error comes in a
/// batch.
pub struct Batches {
    records: Records,
    /// Records that are not in a batch yet.
    ready: vec::IntoIter<Record>,
    builder: RecordBatchBuilder,
    failure: Option<ArrowError>,
    ended: bool,
}

impl Batches {
    /// The run that the batches come from, with its progress, its report and its stop handle.
    pub fn records(&self) -> &Records {
        &self.records
    }

    fn fill(&mut self) {
        while !self.ended && !self.builder.is_full() {
            if let Err(error) = self.append() {
                self.failure = Some(error);
                self.ended = true;
            }
        }
    }

    fn append(&mut self) -> Result<(), ArrowError> {
        let appended = self.builder.append_all(self.ready.as_slice(), self.records.pool())?;
        self.ready.by_ref().take(appended).for_each(drop);
        if self.ready.len() == 0 {
            match self.records.next_batch() {
                Some(Ok(records)) => self.ready = records.into_iter(),
                Some(Err(error)) => return Err(ArrowError::ExternalError(Box::new(error))),
                None => self.ended = true,
            }
        }
        Ok(())
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.fill();
        if !self.builder.is_empty() {
            return Some(self.builder.finish());
        }
        self.failure.take().map(Err)
    }
}

impl RecordBatchReader for Batches {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.builder.schema())
    }
}

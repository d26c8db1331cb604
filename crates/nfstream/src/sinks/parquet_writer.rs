//! Record batches as Parquet, for batches whose columns only their maker knows.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;

use super::file_name::compression;
use super::formats::Format;
use super::formats::parquet::{begin, parquet_error};
use super::target::{self, Growing, Output, Patience, Target, failure};
use crate::error::Error;
use crate::record::Schema;

/// Writes record batches as [`Format::Parquet`](super::Format::Parquet). The batches come from a
/// [`RecordBatchBuilder`](crate::arrow::RecordBatchBuilder) and may have further columns. As with a [`Writer`](super::Writer), a file
/// appears as a whole or not at all.
pub struct ParquetWriter {
    writer: ArrowWriter<Output>,
    target: Target,
    growing: Option<Growing>,
}

impl ParquetWriter {
    /// Begins an output for batches that have the columns of `schema` first, then others.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be created, or patience ends.
    pub fn create(
        target: impl Into<Target>,
        schema: &Schema,
        columns: &SchemaRef,
        patience: &Patience,
    ) -> Result<Self, Error> {
        let target = target.into();
        let created = || {
            compression(&target, Format::Parquet)?;
            let (output, growing) = target::open(&target, patience)?;
            Ok((begin(schema, columns.clone(), output)?, growing))
        };
        match created() {
            Ok((writer, growing)) => Ok(Self { writer, target, growing }),
            Err(source) => Err(failure(&target, source)),
        }
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be written, or the batch has other columns.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.writer.write(batch).map_err(|error| failure(&self.target, parquet_error(error)))
    }

    /// Completes the output.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be written.
    pub fn finish(mut self) -> Result<(), Error> {
        let finished = self.writer.finish().map_err(parquet_error).and_then(|_| self.writer.sync());
        let renamed = finished.and_then(|()| self.growing.map_or(Ok(()), Growing::rename));
        renamed.map_err(|source| failure(&self.target, source))
    }
}

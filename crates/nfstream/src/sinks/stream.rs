//! Outputs that take bytes as they come: standard output, a FIFO, a device.

use std::sync::Arc;

use super::formats::Format;
use super::sink::Sink;
use super::target::{Patience, Target};
use super::writer::Writer;
use crate::error::Error;
use crate::pool::Pool;
use crate::record::{Record, Schema};

/// Writes records to a target that takes bytes as they come. It is not begun a second time.
pub struct Stream {
    /// None when the stream is complete.
    writer: Option<Writer>,
    /// Number of records that had been written when the stream was completed.
    written: u64,
}

impl Stream {
    /// Begins an output for records of a schema.
    ///
    /// # Errors
    /// [`Error::Output`], as [`Writer::create_with`].
    pub fn create(
        target: impl Into<Target>,
        format: Format,
        schema: &Arc<Schema>,
        patience: &Patience,
    ) -> Result<Self, Error> {
        Ok(Self { writer: Some(Writer::create_with(target, format, schema, patience)?), written: 0 })
    }

    /// Lets idle workers of a run help to write from now on, as [`Writer::set_pool`] does.
    pub fn set_pool(&mut self, pool: &Arc<Pool>) {
        if let Some(writer) = &mut self.writer {
            writer.set_pool(pool);
        }
    }
}

impl Sink for Stream {
    fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        match &mut self.writer {
            Some(writer) if !records.is_empty() => writer.write(records),
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.writer.as_mut().map_or(Ok(()), Writer::flush)
    }

    fn finish(&mut self) -> Result<(), Error> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        self.written = writer.records_out();
        writer.finish()
    }

    fn give_up(&mut self) -> u64 {
        self.writer.take().map_or(self.written, |writer| writer.records_out())
    }
}

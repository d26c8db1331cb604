//! A writer of records to a target, in one format.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::file_name::compression;
use super::formats::{Encoder, Format, OutputForm};
use super::target::{self, Growing, Output, Patience, Target, failure};
use crate::error::Error;
use crate::pool::Pool;
use crate::record::{Record, Schema};

/// Writes records to a [`Target`].
///
/// A file appears as a whole or not at all. Records first go to a file beside it with `.part` added to its name (`flows.csv.part`; if that
/// is taken, `flows.csv.1.part`, `flows.csv.2.part`, ...), so that readers can follow it. When [`finish`](Self::finish) is called, this
/// file takes the target's name, and replaces the file that had it. A writer that is dropped before that leaves nothing behind. The
/// same records give the same bytes, however they are distributed over calls of [`write`](Self::write).
pub struct Writer {
    encoder: Box<dyn Encoder>,
    /// Set when something failed: an incomplete file must not get the target's name.
    failed: bool,
    schema: Arc<Schema>,
    /// Number of records that have been taken.
    records: u64,
    target: Target,
    /// The file under its temporary name, for a regular file.
    growing: Option<Growing>,
    pool: Arc<Pool>,
}

impl Writer {
    /// Begins an output for records of a schema.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be created: its directory does not exist, or the operating system refuses.
    pub fn create(target: impl Into<Target>, format: Format, schema: &Arc<Schema>) -> Result<Self, Error> {
        Self::create_with(target, format, schema, &Patience::default())
    }

    /// The same, with a limited wait for a FIFO.
    ///
    /// # Errors
    /// [`Error::Output`], as [`create`](Self::create), and when patience ends. The other methods can fail with this error, too.
    pub fn create_with(
        target: impl Into<Target>,
        format: Format,
        schema: &Arc<Schema>,
        patience: &Patience,
    ) -> Result<Self, Error> {
        let target = target.into();
        let opened = target::open(&target, patience);
        Self::begin(opened, target, format, schema)
    }

    pub(super) fn begin(
        opened: io::Result<(Output, Option<Growing>)>,
        target: Target,
        format: Format,
        schema: &Arc<Schema>,
    ) -> Result<Self, Error> {
        let begin = || {
            let compression = compression(&target, format)?;
            let (output, growing) = opened?;
            let form = OutputForm { is_regular_file: growing.is_some(), compression };
            Ok((format.begin(schema, output, form)?, growing))
        };
        match begin() {
            Ok((encoder, growing)) => Ok(Self {
                encoder,
                failed: false,
                schema: Arc::clone(schema),
                records: 0,
                target,
                growing,
                pool: Arc::default(),
            }),
            Err(source) => Err(failure(&target, source)),
        }
    }

    /// Lets idle workers of a run help to write from now on. Pass the [pool](crate::Records::pool) of the run that the records come from.
    pub fn set_pool(&mut self, pool: &Arc<Pool>) {
        self.pool = Arc::clone(pool);
    }

    /// Writes records, in their order. Lines of text have reached the operating system when this returns, unless they are compressed.
    /// [`Format::Arrow`] and [`Format::Parquet`] collect a batch of rows first.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be written, when a record has other columns than the schema, or when, in a typed format, a
    /// plugin's value does not have its column's [`Kind`](crate::Kind). The output cannot be completed then, unless
    /// [`take_back`](Self::take_back) helps.
    pub fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        match self.try_write(records) {
            Ok(()) => {
                self.records += records.len() as u64;
                Ok(())
            }
            Err(source) => {
                self.failed = true;
                Err(failure(&self.target, source))
            }
        }
    }

    fn try_write(&mut self, records: &[Record]) -> io::Result<()> {
        if records.iter().any(|record| !self.fits(record)) {
            let reason = "a record has different columns from the output";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        if self.failed {
            return Err(incomplete());
        }
        self.encoder.write(records, &self.pool)
    }

    /// Hands the bytes that compression holds back to the operating system, so that readers who follow the output get them. The bytes
    /// differ from those without a flush, and there are a few more of them. Arrow and Parquet continue to collect a batch of rows.
    ///
    /// # Errors
    /// [`Error::Output`], as [`write`](Self::write).
    pub fn flush(&mut self) -> Result<(), Error> {
        let flushed = if self.failed { Err(incomplete()) } else { self.encoder.flush() };
        flushed.map_err(|source| {
            self.failed = true;
            failure(&self.target, source)
        })
    }

    /// The name that the file has until it is complete; `None` if the target is not a regular file.
    pub fn growing_path(&self) -> Option<&Path> {
        self.growing.as_ref().map(Growing::path)
    }

    fn fits(&self, record: &Record) -> bool {
        Arc::ptr_eq(record.schema(), &self.schema) || record.schema().columns() == self.schema.columns()
    }

    /// Number of records given to the output, without those that were taken back.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Number of records that readers of the output have, whatever becomes of the rest. It counts whole lines that the operating system
    /// has taken, also from a failed [`write`](Self::write). It is 0 for compressed text and for other formats, because the number is not
    /// known.
    pub fn records_out(&self) -> u64 {
        self.encoder.records_out()
    }

    /// Number of bytes of the output so far. It is an estimate for [`Format::Arrow`] and [`Format::Parquet`], which hold rows back.
    pub fn bytes(&self) -> u64 {
        self.encoder.bytes()
    }

    /// After a failed [`write`](Self::write): removes the bytes of it that reached the output beyond whole records, so that the output can
    /// be written to again and completed. [`records`](Self::records) says how many records are left. Returns false if that is not
    /// possible: for formats that are not text, and targets that are not regular files.
    pub fn take_back(&mut self) -> bool {
        if self.growing.is_none() {
            return false;
        }
        let Ok(records) = self.encoder.take_back() else { return false };
        self.records = records;
        self.failed = false;
        true
    }

    /// Completes the output. A file has its name when this returns.
    ///
    /// # Errors
    /// [`Error::Output`] when what was left cannot be written, the file cannot be renamed, or an earlier call failed.
    pub fn finish(self) -> Result<(), Error> {
        self.finish_with(Growing::rename)
    }

    /// The same, for a file that must be there as a whole after a power failure: waits for the disk.
    ///
    /// # Errors
    /// As [`finish`](Self::finish), and when the disk does not take the file.
    pub fn finish_durably(self) -> Result<(), Error> {
        self.finish_with(Growing::rename_durably)
    }

    pub(super) fn finish_with(self, rename: impl FnOnce(Growing) -> io::Result<()>) -> Result<(), Error> {
        let Self { encoder, failed, target, growing, pool, .. } = self;
        let finished = if failed { Err(incomplete()) } else { encoder.finish(&pool) };
        let renamed = finished.and_then(|()| growing.map_or(Ok(()), rename));
        renamed.map_err(|source| failure(&target, source))
    }
}

fn incomplete() -> io::Error {
    io::Error::other("an earlier write failed, so it is not complete")
}

//! A target that records are written to, in one format.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::file_name::compression;
use super::formats::{Encoder, Format, OutputForm};
use super::growing::Growing;
use super::target::{self, Output, Patience, Target, failure};
use crate::error::Error;
use crate::pool::Pool;
use crate::record::{Record, Schema};

/// Writes records to a [`Target`].
///
/// A file appears whole or not at all: records go to a file beside it whose name has `.part` behind it (`flows.csv.part`; where that
/// is taken, `flows.csv.1.part`, `flows.csv.2.part`, ...), so that one can follow it. It takes the target's name, and replaces what
/// was there, when [`finish`](Self::finish) is called. A writer that is dropped before that leaves nothing
/// behind. The same records give the same bytes, however they are distributed over calls of [`write`](Self::write).
pub struct Writer {
    encoder: Box<dyn Encoder>,
    /// Set when something failed: what is incomplete must not get the target's name.
    failed: bool,
    schema: Arc<Schema>,
    /// Records that have been taken.
    records: u64,
    target: Target,
    /// For a regular file.
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

    /// The same, where a FIFO is not waited for in any case.
    ///
    /// # Errors
    /// [`Error::Output`], as [`create`](Self::create), and when patience ends; so are errors of the other methods then.
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

    /// Idle workers of a run help to write from now on: give it the [pool](crate::Records::pool) of the run that the records come from.
    pub fn set_pool(&mut self, pool: &Arc<Pool>) {
        self.pool = Arc::clone(pool);
    }

    /// Writes records, in their order. Lines of text have reached the operating system when this returns, unless they are
    /// compressed; [`Format::Arrow`] and [`Format::Parquet`] collect a batch of rows first.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be written, when a record has other columns than the schema, or when, in a
    /// typed format, a plugin's value is not of its column's [`Kind`](crate::Kind). The output cannot be completed
    /// then, unless [`take_back`](Self::take_back) helps.
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
            let reason = "a record has other columns than the output";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        if self.failed {
            return Err(incomplete());
        }
        self.encoder.write(records, &self.pool)
    }

    /// Lets the operating system have what compression holds back, so that whoever follows the output has it. Bytes come out
    /// otherwise than without, and a few more. Arrow and Parquet go on to collect a batch of rows.
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

    /// The name that the file has until it is complete; `None` for what is no regular file.
    pub fn growing_path(&self) -> Option<&Path> {
        self.growing.as_ref().map(Growing::path)
    }

    fn fits(&self, record: &Record) -> bool {
        Arc::ptr_eq(record.schema(), &self.schema) || record.schema().columns() == self.schema.columns()
    }

    /// Records that the output has been given, without those that were taken back.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Bytes of the output so far. [`Format::Arrow`] and [`Format::Parquet`] hold rows back; of those it is an estimate.
    pub fn bytes(&self) -> u64 {
        self.encoder.bytes()
    }

    /// After a failed [`write`](Self::write): takes back what reached the output of it beyond whole records, so that it can be
    /// written to again and be completed. [`records`](Self::records) says how many are left. False where that cannot be:
    /// formats that are no text, targets that are no regular files.
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

    /// The same, where the file has to be there whole after a power cut: it waits for the disk.
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
    io::Error::other("cannot be completed: an earlier write failed")
}

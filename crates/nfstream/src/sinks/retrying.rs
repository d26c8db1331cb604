//! A file output that continues after errors, for a run that cannot be repeated.

use std::path::PathBuf;
use std::sync::Arc;

use super::formats::Format;
use super::sink::{Recovery, Sink};
use super::target::{Target, is_kept};
use super::writer::Writer;
use crate::error::Error;
use crate::pool::Pool;
use crate::record::{Record, Schema};

/// Writes records to a file as a [`Writer`] does, but continues after an error. It [counts](Sink::lost) the records that an error loses,
/// and the next call continues.
///
/// If the format [is text](Format::is_text), the file keeps the records that it has. In other formats, a file with a failed write is
/// given up, and another is begun in its place.
///
/// A file that lacks records does not get the target's name, as if it were whole. It is named `flows.csv.incomplete` instead
/// (`flows.csv.1.incomplete`, ... if that name is taken), and the file that had the target's name keeps it.
pub struct Retrying {
    target: Target,
    format: Format,
    schema: Arc<Schema>,
    attempt: Attempt,
    durable: bool,
}

impl Retrying {
    /// Begins a file. Use a [`Writer`] for a target that is not a regular file: opening a FIFO again means waiting.
    ///
    /// # Errors
    /// [`Error::Output`], as [`Writer::create`].
    pub fn create(target: impl Into<Target>, format: Format, schema: &Arc<Schema>) -> Result<Self, Error> {
        let target = target.into();
        let attempt = Attempt::of(Writer::create(target.clone(), format, schema)?);
        Ok(Self { target, format, schema: Arc::clone(schema), attempt, durable: false })
    }

    /// Lets idle workers of a run help to write from now on, as [`Writer::set_pool`] does.
    pub fn set_pool(&mut self, pool: &Arc<Pool>) {
        self.attempt.set_pool(pool);
    }

    /// Sets whether the file must be there as a whole after a power failure, as with [`Writer::finish_durably`].
    #[must_use]
    pub fn durable(self, durable: bool) -> Self {
        Self { durable, ..self }
    }
}

impl Sink for Retrying {
    fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        let Self { target, format, schema, attempt, .. } = self;
        attempt.write(records, || Writer::create(target.clone(), *format, schema))
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.attempt.flush()
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.attempt.complete(if self.durable { Writer::finish_durably } else { Writer::finish })
    }

    /// Removes the file.
    fn give_up(&mut self) -> u64 {
        self.attempt.give_up()
    }

    fn recovery(&self) -> Recovery {
        Recovery::Again
    }

    fn leave_out(&mut self, records: u64) {
        self.attempt.leave_out(records);
    }

    /// Number of records that were not tried or could not be written, and all records of a file that is removed. It excludes records in
    /// a whole file that could not get its name.
    fn lost(&self) -> u64 {
        self.attempt.lost
    }

    fn is_text(&self) -> bool {
        self.format.is_text()
    }

    fn take_incomplete(&mut self) -> Option<PathBuf> {
        self.attempt.incomplete.take()
    }
}

/// The file that is being written, if there is one, and a count of all records that files have lost.
pub(super) struct Attempt {
    writer: Option<Writer>,
    /// Number of records that were to be written, and number of those that are not.
    given: u64,
    pub(super) lost: u64,
    /// Records lost before the time of this file began.
    lost_before: u64,
    /// The last file that ended up incomplete.
    pub(super) incomplete: Option<PathBuf>,
    pool: Arc<Pool>,
}

impl Attempt {
    pub(super) fn of(writer: Writer) -> Self {
        Self {
            writer: Some(writer),
            given: 0,
            lost: 0,
            lost_before: 0,
            incomplete: None,
            pool: Arc::default(),
        }
    }

    pub(super) fn set_pool(&mut self, pool: &Arc<Pool>) {
        self.pool = Arc::clone(pool);
    }

    pub(super) fn writer(&self) -> Option<&Writer> {
        self.writer.as_ref()
    }

    /// Writes records to the file; begins a file first if there is none.
    pub(super) fn write(
        &mut self,
        records: &[Record],
        begin: impl FnOnce() -> Result<Writer, Error>,
    ) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        self.given += records.len() as u64;
        let begun = self.writer.take().map_or_else(begin, Ok);
        let mut writer = begun.inspect_err(|_| self.lost += records.len() as u64)?;
        writer.set_pool(&self.pool);
        let given = writer.records() + records.len() as u64;
        let written = writer.write(records);
        if written.is_ok() || writer.take_back() {
            self.lost += given - writer.records();
            self.writer = Some(writer);
        } else {
            self.lost += given;
        }
        written
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        let given = writer.records();
        let flushed = writer.flush();
        if flushed.is_ok() || writer.take_back() {
            self.lost += given - writer.records();
            self.writer = Some(writer);
        } else {
            self.lost += given;
        }
        flushed
    }

    /// Counts records as lost without trying to write them.
    pub(super) fn leave_out(&mut self, records: u64) {
        self.given += records;
        self.lost += records;
    }

    /// Removes the current file. Returns how many records are in the files before it.
    pub(super) fn give_up(&mut self) -> u64 {
        self.lost += self.writer.take().map_or(0, |writer| writer.records());
        self.given - self.lost
    }

    /// Begins the time of another file. The current file, if there is one, does not get a name.
    pub(super) fn begin_anew(&mut self) {
        self.writer = None;
        self.lost_before = self.lost;
    }

    /// Completes the file, if there is one. A file that lacks records gets a name that says so.
    pub(super) fn complete(
        &mut self,
        complete: impl FnOnce(Writer) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let lacks_records = self.lost > self.lost_before;
        let completed = match self.writer.take() {
            None => Ok(()),
            Some(writer) => {
                let records = writer.records();
                let incomplete = &mut self.incomplete;
                let completed = match lacks_records {
                    true => writer.finish_with(|growing| {
                        *incomplete = Some(growing.rename_incomplete()?);
                        Ok(())
                    }),
                    false => complete(writer),
                };
                completed.inspect_err(|error| self.lost += if is_kept(error) { 0 } else { records })
            }
        };
        self.begin_anew();
        completed
    }
}

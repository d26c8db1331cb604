//! A file that goes on after errors: for a run that cannot be repeated.

use std::path::PathBuf;
use std::sync::Arc;

use super::formats::Format;
use super::sink::{Recovery, Sink};
use super::target::{Target, is_kept};
use super::writer::Writer;
use crate::error::Error;
use crate::pool::Pool;
use crate::record::{Record, Schema};

/// Writes records to a file as a [`Writer`] does, but an error is not the end: what is lost by it is [counted](Sink::lost), and the
/// next call goes on.
///
/// Where the format [is text](Format::is_text) the file keeps what it has; in other formats a file that could not be
/// written is given up, and another is begun in its place.
///
/// A file that lacks records is not given the target's name, as if it were whole: it becomes `flows.csv.incomplete` (where that is
/// taken, `flows.csv.1.incomplete`, ...), and what had the target's name keeps it.
pub struct Retrying {
    target: Target,
    format: Format,
    schema: Arc<Schema>,
    attempt: Attempt,
    durable: bool,
}

impl Retrying {
    /// Begins a file. A target that is no regular file is better left to a [`Writer`]: to open a FIFO again is to wait.
    ///
    /// # Errors
    /// [`Error::Output`], as [`Writer::create`].
    pub fn create(target: impl Into<Target>, format: Format, schema: &Arc<Schema>) -> Result<Self, Error> {
        let target = target.into();
        let attempt = Attempt::of(Writer::create(target.clone(), format, schema)?);
        Ok(Self { target, format, schema: Arc::clone(schema), attempt, durable: false })
    }

    /// Idle workers of a run help to write from now on, as with [`Writer::set_pool`].
    pub fn set_pool(&mut self, pool: &Arc<Pool>) {
        self.attempt.set_pool(pool);
    }

    /// Whether the file has to be there whole after a power cut, as with [`Writer::finish_durably`].
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

    /// Those that were not tried, or could not be written, and all of a file that is removed. Records in a whole file that could not get
    /// its name are not among them.
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

/// The file that is being written, if there is one, and what was lost with those before it: here all loss of files is counted.
pub(super) struct Attempt {
    writer: Option<Writer>,
    /// Records that were to be written, and those that are not.
    given: u64,
    pub(super) lost: u64,
    /// What had been lost when the time of this file began.
    lost_before: u64,
    /// The last file that came out incomplete.
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

    /// Writes records, to a file that is begun if need be.
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

    /// Counts records as lost that are not even tried.
    pub(super) fn leave_out(&mut self, records: u64) {
        self.given += records;
        self.lost += records;
    }

    /// Removes the file at hand. Says how many records are in those before it.
    pub(super) fn give_up(&mut self) -> u64 {
        self.lost += self.writer.take().map_or(0, |writer| writer.records());
        self.given - self.lost
    }

    /// The time of another file begins, and the one at hand, if there is one, is not worth a name.
    pub(super) fn begin_anew(&mut self) {
        self.writer = None;
        self.lost_before = self.lost;
    }

    /// Completes the file, if there is one, unless it lacks records: then it gets a name that says so.
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

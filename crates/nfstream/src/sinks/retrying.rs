//! A file that goes on after errors: for a run that cannot be repeated.

use std::sync::Arc;

use super::{Format, Target, Writer};
use crate::error::Error;
use crate::record::{Record, Schema};

/// Writes records to a file as a [`Writer`] does, but an error is not the end: what is lost by it is [counted](Self::lost), and the
/// next call goes on.
///
/// Where the format [is text](Format::is_text) the file keeps what it has; in other formats a file that could not be
/// written is given up, and another is begun in its place.
pub struct Retrying {
    target: Target,
    format: Format,
    schema: Arc<Schema>,
    attempt: Attempt,
}

impl Retrying {
    /// Begins a file. A target that is no regular file is better left to a [`Writer`]: to open a FIFO again is to wait.
    ///
    /// # Errors
    /// [`Error::Output`], as [`Writer::create`].
    pub fn create(target: impl Into<Target>, format: Format, schema: &Arc<Schema>) -> Result<Self, Error> {
        let target = target.into();
        let attempt = Attempt::of(Writer::create(target.clone(), format, schema)?);
        Ok(Self { target, format, schema: Arc::clone(schema), attempt })
    }

    /// Writes records, in their order.
    ///
    /// # Errors
    /// [`Error::Output`], as [`Writer::create`] and [`Writer::write`].
    pub fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        let Self { target, format, schema, attempt } = self;
        attempt.write(records, || Writer::create(target.clone(), *format, schema))
    }

    /// Lets the operating system have what compression holds back, as [`Writer::flush`].
    ///
    /// # Errors
    /// [`Error::Output`], as [`Writer::write`].
    pub fn flush(&mut self) -> Result<(), Error> {
        self.attempt.flush()
    }

    /// Completes the file. Nothing more is to be written then.
    ///
    /// # Errors
    /// [`Error::Output`], as [`Writer::finish`]; without a file there is none.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.attempt.complete(Writer::finish)
    }

    /// Records that were to be written and are in no file.
    pub fn lost(&self) -> u64 {
        self.attempt.lost
    }
}

/// The file that is being written, if there is one, and what was lost with those before it.
pub(super) struct Attempt {
    writer: Option<Writer>,
    pub(super) lost: u64,
}

impl Attempt {
    pub(super) fn of(writer: Writer) -> Self {
        Self { writer: Some(writer), lost: 0 }
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
        let begun = self.writer.take().map_or_else(begin, Ok);
        let mut writer = begun.inspect_err(|_| self.lost += records.len() as u64)?;
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

    /// Completes the file, if there is one.
    pub(super) fn complete(
        &mut self,
        complete: impl FnOnce(Writer) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let records = writer.records();
        complete(writer).inspect_err(|_| self.lost += records)
    }
}

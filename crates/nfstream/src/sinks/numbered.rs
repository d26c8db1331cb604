//! Several files with a bounded number of records each.

use std::mem;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file_name::stem_and_extensions;
use super::formats::Format;
use super::target::Patience;
use super::writer::Writer;
use crate::error::Error;
use crate::pool::Pool;
use crate::record::{Record, Schema};

/// Writes a given number of records to each of several files; the last file gets the rest.
///
/// Files are numbered from 0, before the extension: `flows.csv` stands for `flows.0.csv`, `flows.1.csv`, ... Each file
/// appears as a whole, when the first record of the next file comes. Without records, there is one file without records.
/// With a rotation of `n`, there are no more than `n` files: once `n` files are full, number 0 is replaced, then number
/// 1, and so on.
pub struct Numbered {
    names: Names,
    format: Format,
    schema: Arc<Schema>,
    patience: Patience,
    /// The current file, and how many more records fit in it.
    writer: Writer,
    room: usize,
    pool: Arc<Pool>,
}

/// The names of files with a bounded number of records each. Without a bound there is one file, under the path itself.
pub(super) struct Names {
    path: PathBuf,
    records_per_file: Option<NonZeroUsize>,
    rotation: Option<NonZeroUsize>,
    /// Number of files begun so far.
    begun: usize,
}

impl Names {
    pub(super) fn new(
        path: PathBuf,
        records_per_file: Option<NonZeroUsize>,
        rotation: Option<NonZeroUsize>,
    ) -> Self {
        Self { path, records_per_file, rotation, begun: 0 }
    }

    /// The name of the next file.
    pub(super) fn next(&mut self) -> PathBuf {
        let number = self.rotation.map_or(self.begun, |rotation| self.begun % rotation);
        self.begun += 1;
        if self.records_per_file.is_some() { numbered(&self.path, number) } else { self.path.clone() }
    }

    /// Number of records that fit in a file.
    pub(super) fn room(&self) -> usize {
        self.records_per_file.map_or(usize::MAX, NonZeroUsize::get)
    }
}

impl Numbered {
    /// Begins the first file.
    ///
    /// # Errors
    /// [`Error::Output`], as [`Writer::create_with`].
    pub fn create(
        path: impl Into<PathBuf>,
        format: Format,
        schema: &Arc<Schema>,
        records_per_file: NonZeroUsize,
        rotation: Option<NonZeroUsize>,
        patience: &Patience,
    ) -> Result<Self, Error> {
        let mut names = Names::new(path.into(), Some(records_per_file), rotation);
        let writer = Writer::create_with(names.next(), format, schema, patience)?;
        let (schema, patience, room) = (Arc::clone(schema), patience.clone(), names.room());
        Ok(Self { names, format, schema, patience, writer, room, pool: Arc::default() })
    }

    /// Lets idle workers of a run help to write from now on, as [`Writer::set_pool`] does.
    pub fn set_pool(&mut self, pool: &Arc<Pool>) {
        self.pool = Arc::clone(pool);
        self.writer.set_pool(pool);
    }

    /// Writes records, in their order.
    ///
    /// # Errors
    /// [`Error::Output`], as [`Writer::create`], [`Writer::write`] and [`Writer::finish`]. Files that were completed
    /// earlier stay.
    pub fn write(&mut self, mut records: &[Record]) -> Result<(), Error> {
        while !records.is_empty() {
            if self.room == 0 {
                self.begin_next()?;
            }
            let (now, later) = records.split_at(records.len().min(self.room));
            self.writer.write(now)?;
            self.room -= now.len();
            records = later;
        }
        Ok(())
    }

    /// Hands the bytes that compression holds back to the operating system, as [`Writer::flush`] does.
    ///
    /// # Errors
    /// [`Error::Output`], as [`Writer::flush`].
    pub fn flush(&mut self) -> Result<(), Error> {
        self.writer.flush()
    }

    fn begin_next(&mut self) -> Result<(), Error> {
        let mut next = Writer::create_with(self.names.next(), self.format, &self.schema, &self.patience)?;
        next.set_pool(&self.pool);
        self.room = self.names.room();
        mem::replace(&mut self.writer, next).finish()
    }

    /// Completes the last file.
    ///
    /// # Errors
    /// [`Error::Output`], as [`Writer::finish`].
    pub fn finish(self) -> Result<(), Error> {
        self.writer.finish()
    }
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let (mut name, extensions) = stem_and_extensions(path);
    name.push(format!(".{number}"));
    name.push(extensions);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_comes_before_the_extension_and_changes_nothing_else() {
        for (path, third) in [
            ("flows.csv", "flows.3.csv"),
            ("csv.csv/csv.csv", "csv.csv/csv.3.csv"),
            ("capture.pcap.csv", "capture.pcap.3.csv"),
            ("flows", "flows.3"),
            (".csv", ".csv.3"),
            ("capture.pcap.csv.gz", "capture.pcap.3.csv.gz"),
            ("flows.GZ", "flows.3.GZ"),
        ] {
            assert_eq!(numbered(Path::new(path), 3), Path::new(third));
        }
    }
}

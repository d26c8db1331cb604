//! What takes the records of a run.

use std::path::PathBuf;

use crate::error::Error;
use crate::record::Record;

/// An output of a run: a file, one file after the other, a stream, a collector, or what a program makes of records itself.
///
/// ```
/// use nfstream::sinks::Sink;
/// use nfstream::{Error, Record, Streamer};
///
/// /// Counts flows by destination port.
/// #[derive(Default)]
/// struct Ports(std::collections::BTreeMap<u16, u64>);
///
/// impl Sink for Ports {
///     fn write(&mut self, records: &[Record]) -> Result<(), Error> {
///         for record in records {
///             *self.0.entry(record.flow().dst_port).or_default() += 1;
///         }
///         Ok(())
///     }
/// }
///
/// let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/web.pcap");
/// let mut records = Streamer::builder().source(capture).build()?.records()?;
/// let mut ports = Ports::default();
/// while let Some(batch) = records.next_batch() {
///     ports.write(&batch?)?;
/// }
/// ports.finish()?;
/// assert_eq!(ports.0[&443], 2);
/// # Ok::<(), Error>(())
/// ```
pub trait Sink: Send {
    /// Takes records, in their order. To be called with none now and then, too: time passes.
    ///
    /// # Errors
    /// Those of the output. [`recovery`](Self::recovery) says what can be done then.
    fn write(&mut self, records: &[Record]) -> Result<(), Error>;

    /// Lets whoever follows the output have what is held back, as far as the format allows.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Completes the file at hand, where there is a next one.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    fn turn(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Completes the output. Nothing more is to be written then.
    ///
    /// # Errors
    /// Those of the output: what it could not complete is lost.
    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Gives up what is not complete, and says how many records were written and stay.
    fn give_up(&mut self) -> u64 {
        0
    }

    /// What an error leaves to be done.
    fn recovery(&self) -> Recovery {
        Recovery::None
    }

    /// Counts records as lost that are not even tried, because something failed a moment ago.
    fn leave_out(&mut self, records: u64) {
        let _ = records;
    }

    /// Records that were to be written and are not, as far as the output counts them itself.
    fn lost(&self) -> u64 {
        0
    }

    /// Files that have their names, where there is one after the other.
    fn files(&self) -> u64 {
        0
    }

    /// Whether records that were written have reached the operating system.
    fn is_text(&self) -> bool {
        false
    }

    /// The name of a file that lacks records, where its name says so. To be asked after each call; tells each once.
    fn take_incomplete(&mut self) -> Option<PathBuf> {
        None
    }

    /// What a person was not shown, in a sentence.
    fn not_shown(&self) -> Option<String> {
        None
    }
}

/// What an error of a [`Sink`] leaves to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Nothing: it takes no more records.
    None,
    /// It can be written to again, and counts what is lost.
    Again,
    /// It tries again by itself, and counts what is lost.
    ByItself,
}

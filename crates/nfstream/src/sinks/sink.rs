//! The interface of all outputs for the records of a run.

use std::path::PathBuf;

use crate::error::Error;
use crate::record::Record;

/// An output of a run: a file, one file after another, a stream, a collector, or a program's own output.
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
    /// Takes records, in their order. Call it now and then without records, too, because time passes.
    ///
    /// # Errors
    /// The errors of the output. [`recovery`](Self::recovery) says what can be done then.
    fn write(&mut self, records: &[Record]) -> Result<(), Error>;

    /// Hands over records that are held back, as far as the format allows, so that readers who follow the output get them.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Completes the current file, if the output has several.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    fn turn(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Announces that nothing follows but [`finish`](Self::finish). Outputs that wait for somebody then wait at the same time, and
    /// not one after another.
    fn announce_end(&mut self) {}

    /// Completes the output. Do not write anything after that.
    ///
    /// # Errors
    /// The errors of the output. Records that it could not complete are lost.
    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Gives up anything that is not complete. Returns how many records were written and stay.
    fn give_up(&mut self) -> u64 {
        0
    }

    /// The way to continue after an error.
    fn recovery(&self) -> Recovery {
        Recovery::None
    }

    /// Counts records as lost without trying to write them, because something failed a moment ago.
    fn leave_out(&mut self, records: u64) {
        let _ = records;
    }

    /// Number of records that were to be written and are not, as far as the output counts them itself.
    fn lost(&self) -> u64 {
        0
    }

    /// Number of files that have their final names, for outputs with one file after another.
    fn files(&self) -> u64 {
        0
    }

    /// Whether records that were written have reached the operating system.
    fn is_text(&self) -> bool {
        false
    }

    /// The name of a file that lacks records, if its name says so. Ask after each call; each name is reported once.
    fn take_incomplete(&mut self) -> Option<PathBuf> {
        None
    }

    /// A sentence about records that were not shown to the user.
    fn not_shown(&self) -> Option<String> {
        None
    }
}

/// The way to continue after an error of a [`Sink`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// There is none: the sink takes no more records.
    None,
    /// The sink can be written to again, and counts lost records.
    Again,
    /// The sink tries again by itself, and counts lost records.
    ByItself,
}

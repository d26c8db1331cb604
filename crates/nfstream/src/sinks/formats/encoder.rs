//! What makes records bytes of a format.

use std::io;

use crate::pool::Pool;
use crate::record::Record;

/// Records to bytes, in one format.
pub(in crate::sinks) trait Encoder: Send {
    /// Idle workers of the pool may help.
    fn write(&mut self, records: &[Record], pool: &Pool) -> io::Result<()>;

    /// Bytes of the output so far; of what is still held back, an estimate.
    fn bytes(&self) -> u64;

    /// Lets out what is held back, as far as that does not change the format's units.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// After an error: brings the output back to where it was whole, and says how many records it has there.
    fn take_back(&mut self) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Records that can be read whatever follows, because the operating system has all of them. None of a format whose bytes say little
    /// without those that follow.
    fn records_out(&self) -> u64 {
        0
    }

    /// Writes what is still held back; the output is complete then.
    fn finish(self: Box<Self>, pool: &Pool) -> io::Result<()>;
}

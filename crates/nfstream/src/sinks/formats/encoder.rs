//! The encoders, which turn records into bytes of a format.

use std::io;

use crate::pool::Pool;
use crate::record::Record;

/// Turns records into bytes, in one format.
pub(in crate::sinks) trait Encoder: Send {
    /// Writes records. Idle workers of the pool may help.
    fn write(&mut self, records: &[Record], pool: &Pool) -> io::Result<()>;

    /// Number of bytes of the output so far. It is an estimate for records that are still held back.
    fn bytes(&self) -> u64;

    /// Writes records that are held back, as far as that does not change the format's units.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// After an error: cuts the output back to its last whole state, and returns how many records it has there.
    fn take_back(&mut self) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Number of records that can be read whatever follows, because the operating system has all of their bytes. It is 0 for a format
    /// whose bytes mean little without those that follow.
    fn records_out(&self) -> u64 {
        0
    }

    /// Writes the records that are still held back; the output is complete then.
    fn finish(self: Box<Self>, pool: &Pool) -> io::Result<()>;
}

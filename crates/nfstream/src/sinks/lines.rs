//! Records as lines of text, whatever the format of a line.

use std::io::{self, Write};

use super::{Output, Sink};
use crate::record::Record;

/// What is collected before it goes to the operating system.
const PIECE: usize = 64 * 1024;

/// How a record becomes a line.
pub(super) trait Layout: Send {
    /// What comes before the first record.
    fn header(&self, out: &mut Vec<u8>);

    /// One record, with its line feed.
    fn line(&self, record: &Record, out: &mut Vec<u8>);
}

pub(super) struct Lines<L> {
    layout: L,
    output: Output,
    pending: Vec<u8>,
    /// Records in `pending`.
    pending_records: u64,
    /// What has been handed over, in whole lines.
    bytes: u64,
    records: u64,
}

impl<L: Layout> Lines<L> {
    pub(super) fn begin(layout: L, output: Output) -> Self {
        let mut pending = Vec::new();
        layout.header(&mut pending);
        Self { layout, output, pending, pending_records: 0, bytes: 0, records: 0 }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        self.output.write_all(&self.pending)?;
        self.bytes += self.pending.len() as u64;
        self.records += self.pending_records;
        self.forget_pending();
        Ok(())
    }

    fn forget_pending(&mut self) {
        self.pending.clear();
        self.pending_records = 0;
    }
}

impl<L: Layout> Sink for Lines<L> {
    fn write(&mut self, records: &[Record]) -> io::Result<()> {
        for record in records {
            self.layout.line(record, &mut self.pending);
            self.pending_records += 1;
            if self.pending.len() >= PIECE {
                self.hand_over()?;
            }
        }
        self.hand_over()
    }

    fn bytes(&self) -> u64 {
        self.bytes + self.pending.len() as u64
    }

    fn take_back(&mut self) -> io::Result<u64> {
        self.output.truncate(self.bytes)?;
        self.forget_pending();
        if self.bytes == 0 {
            self.layout.header(&mut self.pending);
        }
        Ok(self.records)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.hand_over()?;
        self.output.flush()
    }
}

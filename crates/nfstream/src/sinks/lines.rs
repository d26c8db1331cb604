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
}

impl<L: Layout> Lines<L> {
    pub(super) fn begin(layout: L, output: Output) -> Self {
        let mut pending = Vec::new();
        layout.header(&mut pending);
        Self { layout, output, pending }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        self.output.write_all(&self.pending)?;
        self.pending.clear();
        Ok(())
    }
}

impl<L: Layout> Sink for Lines<L> {
    fn write(&mut self, records: &[Record]) -> io::Result<()> {
        for record in records {
            self.layout.line(record, &mut self.pending);
            if self.pending.len() >= PIECE {
                self.hand_over()?;
            }
        }
        self.hand_over()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.hand_over()?;
        self.output.flush()
    }
}

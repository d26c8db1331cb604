//! Records as lines of text, whatever the format of a line.

use std::io::{self, Write};
use std::sync::Arc;

use super::{Output, Sink};
use crate::errands::Errands;
use crate::record::Record;

/// What is collected before it goes to the operating system.
const PIECE: usize = 64 * 1024;

/// Records that a thread makes lines of at a time, where several do, and how many shares wait to be written at most.
const SHARE: usize = 128;
const SHARES: usize = 64;

/// Bytes that lines seldom exceed.
const USUAL_LINE: usize = 1024;

/// How a record becomes a line.
pub(super) trait Layout: Send + Sync {
    /// What comes before the first record.
    fn header(&self, out: &mut Vec<u8>);

    /// One record, with its line feed.
    fn line(&self, record: &Record, out: &mut Vec<u8>);
}

pub(super) struct Lines<L> {
    layout: Arc<L>,
    text: Text,
}

/// Where lines go.
struct Text {
    output: Output,
    pending: Vec<u8>,
    /// Records in `pending`.
    pending_records: u64,
    /// What has been handed over, in whole lines.
    bytes: u64,
    records: u64,
}

impl<L: Layout + 'static> Lines<L> {
    pub(super) fn begin(layout: L, output: Output) -> Self {
        let mut pending = Vec::new();
        layout.header(&mut pending);
        Self {
            layout: Arc::new(layout),
            text: Text { output, pending, pending_records: 0, bytes: 0, records: 0 },
        }
    }
}

impl Text {
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

    fn add(&mut self, layout: &impl Layout, records: &[Record]) -> io::Result<()> {
        for record in records {
            layout.line(record, &mut self.pending);
            self.pending_records += 1;
            if self.pending.len() >= PIECE {
                self.hand_over()?;
            }
        }
        Ok(())
    }

    /// The same with others' help.
    fn add_with(
        &mut self,
        errands: &Errands,
        layout: &Arc<impl Layout + 'static>,
        records: &[Record],
    ) -> io::Result<()> {
        for records in records.chunks(SHARE * SHARES) {
            let shares = records.chunks(SHARE);
            let makes = shares.clone().map(|share| {
                let (layout, share) = (Arc::clone(layout), Record::shared(share));
                move || lines_of(&*layout, &share)
            });
            for (lines, share) in errands.have_done(makes).into_iter().zip(shares) {
                self.hand_over()?;
                self.pending = lines;
                self.pending_records = share.len() as u64;
            }
        }
        Ok(())
    }
}

fn lines_of(layout: &impl Layout, records: &[Record]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(records.len() * USUAL_LINE);
    records.iter().for_each(|record| layout.line(record, &mut lines));
    lines
}

impl<L: Layout + 'static> Sink for Lines<L> {
    fn write(&mut self, records: &[Record]) -> io::Result<()> {
        match Record::helpers(records, SHARE) {
            Some(errands) => self.text.add_with(errands, &self.layout, records)?,
            None => self.text.add(&*self.layout, records)?,
        }
        self.text.hand_over()
    }

    fn bytes(&self) -> u64 {
        self.text.bytes + self.text.pending.len() as u64
    }

    fn take_back(&mut self) -> io::Result<u64> {
        let Self { layout, text } = self;
        text.output.truncate(text.bytes)?;
        text.forget_pending();
        if text.bytes == 0 {
            layout.header(&mut text.pending);
        }
        Ok(text.records)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.text.hand_over()?;
        self.text.output.flush()
    }
}

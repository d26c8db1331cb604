//! Records as lines of text, in any line format.

use std::io::{self, Write};
use std::sync::Arc;

use super::encoder::Encoder;
use crate::pool::Pool;
use crate::record::Record;
use crate::sinks::compressed::{Compression, Compressor};
use crate::sinks::target::Output;
use crate::visible::{self, Escape};

/// Number of bytes that are collected before they go to the operating system.
const PIECE: usize = 64 * 1024;

/// Number of records that one of several threads turns into lines at a time, and most such shares that wait to be
/// written.
const SHARE: usize = 128;
const SHARES: usize = 64;

/// A length in bytes that few lines exceed. When lines are longer, shares have fewer records, so that text that waits takes no more
/// memory.
const USUAL_LINE: usize = 1024;

/// The way a record becomes a line.
pub(in crate::sinks) trait Layout: Send + Sync {
    /// The escape for characters that a terminal would act on.
    const ESCAPE: Escape = visible::in_words;

    /// Writes the text before the first record.
    fn header(&self, out: &mut Vec<u8>);

    /// Writes one record, with its line feed.
    fn line(&self, record: &Record, out: &mut Vec<u8>);

    /// The text that all records except the first begin with.
    fn separator(&self) -> &'static [u8] {
        b""
    }

    /// Number of whole records at the beginning of `text`, which may be cut short.
    fn whole(&self, text: &[u8]) -> u64;

    /// The text after the last record.
    fn footer(&self) -> &'static [u8] {
        b""
    }
}

pub(in crate::sinks) struct Lines<L> {
    layout: Arc<L>,
    text: Text,
}

/// The output of lines.
struct Text {
    output: Output,
    /// For a terminal, the escape for characters that it would act on.
    escape: Option<Escape>,
    compressor: Option<Compressor>,
    pending: Vec<u8>,
    /// Records in `pending`.
    pending_records: u64,
    /// Number of bytes handed over: those of whole lines, or, with compression, whatever the compressor produced.
    bytes: u64,
    /// Number of records in those bytes, or in the compressor.
    records: u64,
    /// Number of bytes of `pending` that were written before an error.
    partly: usize,
}

impl<L: Layout + 'static> Lines<L> {
    pub(in crate::sinks) fn begin(
        layout: L,
        output: Output,
        compression: Option<Compression>,
    ) -> io::Result<Box<dyn Encoder>> {
        let mut pending = Vec::new();
        layout.header(&mut pending);
        let compressor = compression.map(Compressor::begin).transpose()?;
        let escape = output.is_terminal().then_some(L::ESCAPE);
        let text =
            Text { output, escape, compressor, pending, pending_records: 0, bytes: 0, records: 0, partly: 0 };
        Ok(Box::new(Self { layout: Arc::new(layout), text }))
    }
}

impl Text {
    fn hand_over(&mut self) -> io::Result<()> {
        if let Some(compressor) = &mut self.compressor {
            compressor.add(&self.pending)?;
            self.records += self.pending_records;
            self.forget_pending();
            return self.hand_over_compressed();
        }
        if let Some(escape) = self.escape {
            visible::make_visible(&mut self.pending, self.partly, escape);
        }
        while self.partly < self.pending.len() {
            match self.output.write(&self.pending[self.partly..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => self.partly += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.bytes += self.pending.len() as u64;
        self.records += self.pending_records;
        self.forget_pending();
        Ok(())
    }

    fn hand_over_compressed(&mut self) -> io::Result<()> {
        let Some(compressor) = &mut self.compressor else { return Ok(()) };
        let ready = compressor.ready();
        self.output.write_all(ready)?;
        self.bytes += ready.len() as u64;
        ready.clear();
        Ok(())
    }

    fn forget_pending(&mut self) {
        self.pending.clear();
        self.pending_records = 0;
        self.partly = 0;
    }

    fn is_at_first_record(&self) -> bool {
        self.records + self.pending_records == 0
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

    fn add_first(&mut self, layout: &impl Layout, record: &Record) {
        let begin = self.pending.len();
        layout.line(record, &mut self.pending);
        self.pending.drain(begin..begin + layout.separator().len());
        self.pending_records += 1;
    }

    /// The same with help from other threads.
    fn add_with(
        &mut self,
        pool: &Pool,
        layout: &Arc<impl Layout + 'static>,
        records: &[Record],
    ) -> io::Result<()> {
        let Some((first, records)) = records.split_first() else { return Ok(()) };
        let begin = self.pending.len();
        layout.line(first, &mut self.pending);
        self.pending_records += 1;
        let line = (self.pending.len() - begin).max(USUAL_LINE);
        let at_a_time = (SHARE * SHARES * USUAL_LINE / line).max(1);
        for records in records.chunks(at_a_time) {
            let shares = records.chunks(at_a_time.div_ceil(SHARES));
            let makes = shares.clone().map(|share| {
                let (layout, share) = (Arc::clone(layout), Record::shared(share));
                move || lines_of(&*layout, &share, line)
            });
            for (lines, share) in pool.have_done(makes).into_iter().zip(shares) {
                self.hand_over()?;
                self.pending = lines;
                self.pending_records = share.len() as u64;
            }
        }
        Ok(())
    }
}

fn lines_of(layout: &impl Layout, records: &[Record], line: usize) -> Vec<u8> {
    let mut lines = Vec::with_capacity(records.len() * line);
    records.iter().for_each(|record| layout.line(record, &mut lines));
    lines
}

impl<L: Layout + 'static> Encoder for Lines<L> {
    fn write(&mut self, records: &[Record], pool: &Pool) -> io::Result<()> {
        let Self { layout, text } = self;
        // Bytes that could not be written before go first, so that they do not pile up.
        text.hand_over_compressed()?;
        let mut rest = records;
        if !layout.separator().is_empty()
            && text.is_at_first_record()
            && let Some((first, others)) = records.split_first()
        {
            text.add_first(&**layout, first);
            rest = others;
        }
        if pool.helps_with(rest.len(), SHARE) {
            text.add_with(pool, layout, rest)?;
        } else {
            text.add(&**layout, rest)?;
        }
        text.hand_over()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.text.hand_over()?;
        if let Some(compressor) = &mut self.text.compressor {
            compressor.flush()?;
        }
        self.text.hand_over_compressed()
    }

    fn bytes(&self) -> u64 {
        let Text { bytes, pending, compressor, .. } = &self.text;
        let waiting = pending.len() as u64;
        bytes + compressor.as_ref().map_or(waiting, |compressor| compressor.waiting() + waiting)
    }

    fn take_back(&mut self) -> io::Result<u64> {
        let Self { layout, text } = self;
        text.output.truncate(text.bytes)?;
        text.forget_pending();
        // The compressor's bytes are tried again.
        if text.bytes == 0 && text.compressor.is_none() {
            layout.header(&mut text.pending);
        }
        Ok(text.records)
    }

    fn records_out(&self) -> u64 {
        let Self { layout, text } = self;
        if text.compressor.is_some() {
            return 0;
        }
        let mut partly = layout.whole(&text.pending[..text.partly]);
        if text.bytes == 0 {
            // The text before the first record has been counted as a record.
            let mut header = Vec::new();
            layout.header(&mut header);
            partly = partly.saturating_sub(layout.whole(&header));
        }
        text.records + partly
    }

    fn finish(mut self: Box<Self>, _: &Pool) -> io::Result<()> {
        let Self { layout, text } = &mut *self;
        text.pending.extend_from_slice(layout.footer());
        text.hand_over()?;
        if let Some(compressor) = text.compressor.take() {
            text.output.write_all(&compressor.finish()?)?;
        }
        text.output.flush()
    }
}

//! Records as lines of text, whatever the format of a line.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, Scope};

use super::{Output, Sink};
use crate::record::Record;

/// What is collected before it goes to the operating system.
const PIECE: usize = 64 * 1024;

/// Records that a thread makes lines of at a time, where several do.
const SHARE: usize = 256;

/// Records for which a further thread is worth while. So many end together when the input does, and then there is nothing
/// else to do for as many threads as there were meters.
const MANY: usize = 4 * SHARE;

/// How a record becomes a line.
pub(super) trait Layout: Send + Sync {
    /// What comes before the first record.
    fn header(&self, out: &mut Vec<u8>);

    /// One record, with its line feed.
    fn line(&self, record: &Record, out: &mut Vec<u8>);
}

pub(super) struct Lines<L> {
    layout: L,
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

impl<L: Layout> Lines<L> {
    pub(super) fn begin(layout: L, output: Output) -> Self {
        let mut pending = Vec::new();
        layout.header(&mut pending);
        Self { layout, text: Text { output, pending, pending_records: 0, bytes: 0, records: 0 } }
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

    /// Lines are made by so many threads, this one among them, which take shares by turns.
    fn add_by(&mut self, threads: usize, layout: &impl Layout, records: &[Record]) -> io::Result<()> {
        thread::scope(|scope| {
            let shares = |thread| records.chunks(SHARE).skip(thread).step_by(threads);
            let others: Vec<_> =
                (1..threads).map(|thread| make_ahead(scope, layout, shares(thread))).collect();
            for (number, share) in records.chunks(SHARE).enumerate() {
                let other = (number % threads).checked_sub(1).and_then(|other| others[other].as_ref());
                // What a thread does not make that could not be started, this one makes.
                match other.and_then(|lines| lines.recv().ok()) {
                    Some(lines) => {
                        self.hand_over()?;
                        self.pending = lines;
                        self.pending_records = share.len() as u64;
                    }
                    None => self.add(layout, share)?,
                }
            }
            Ok(())
        })
    }
}

/// Makes the lines of each share in a thread, which waits for nobody. `None` if it cannot be started.
fn make_ahead<'scope, 'a: 'scope>(
    scope: &'scope Scope<'scope, '_>,
    layout: &'a impl Layout,
    shares: impl Iterator<Item = &'a [Record]> + Send + 'scope,
) -> Option<Receiver<Vec<u8>>> {
    let (made, lines) = mpsc::channel();
    let make = move || {
        let mut length = 0;
        for share in shares {
            let mut lines = Vec::with_capacity(length);
            share.iter().for_each(|record| layout.line(record, &mut lines));
            length = lines.len();
            if made.send(lines).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("lines".to_owned()).spawn_scoped(scope, make).ok().map(|_| lines)
}

impl<L: Layout> Sink for Lines<L> {
    fn write(&mut self, records: &[Record]) -> io::Result<()> {
        let threads = records.first().map_or(1, |record| record.schema().n_meters());
        match threads.min(records.len() / MANY) {
            0 | 1 => self.text.add(&self.layout, records)?,
            threads => self.text.add_by(threads, &self.layout, records)?,
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

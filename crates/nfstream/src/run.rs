//! A run: captures are read, meters work, records come out in one order.
//!
//! The work is done in [`threads`](crate::threads). The order of records is that of [`Moment`](crate::meter::Moment)s and
//! so does not depend on blocks or meters.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nfstream_capture::Progress;
use nfstream_processes::Watcher;

use crate::error::Error;
use crate::flow::OUT_OF_ROOM;
use crate::merge::Merge;
use crate::meter::{Ended, Rules};
use crate::reader::{Decoder, Opened};
use crate::record::{Record, Schema};
use crate::report::Report;

/// The records of one run, in the order in which their flows ended.
///
/// Iterating gives one [`Record`] at a time; [`next_batch`](Self::next_batch) gives what is there. An error, when there
/// is one, comes last: every record that could be made comes before it.
pub struct Records {
    /// Gone when all that is wanted has come.
    merge: Option<Merge>,
    ready: std::vec::IntoIter<Record>,
    run: Run,
}

/// A run as the asking thread knows it, however it asks.
pub(crate) struct Run {
    pub(crate) state: Arc<State>,
    /// There until the run is over, if processes are asked for.
    watcher: Option<Arc<Watcher>>,
    pub(crate) schema: Arc<Schema>,
    pub(crate) progress: Progress,
    /// Records that have been numbered.
    pub(crate) next_id: u64,
    pub(crate) max_nflows: u64,
    /// Records of these whose flow ended for want of room.
    out_of_room: u64,
    cut_inspections: Arc<AtomicU64>,
    started: Instant,
    elapsed: Option<Duration>,
}

impl Run {
    pub(crate) fn start(opened: &Opened, rules: &Rules, max_nflows: u64) -> Self {
        Self {
            state: Arc::default(),
            watcher: rules.watcher.clone(),
            schema: Arc::clone(&rules.schema),
            progress: opened.progress(),
            next_id: 0,
            max_nflows,
            out_of_room: 0,
            cut_inspections: Arc::clone(&rules.cut_inspections),
            started: Instant::now(),
            elapsed: None,
        }
    }

    /// What has been counted so far; so many of the records that were numbered wait to be told.
    pub(crate) fn report(&self, waiting: usize) -> Report {
        let mut report = self.state.report().clone();
        if let Some(watcher) = &self.watcher {
            report.hidden_sockets = watcher.blind().hidden;
        }
        report.flows = self.next_id - waiting as u64;
        report.out_of_room = self.out_of_room;
        report.cut_inspections = self.cut_inspections.load(Ordering::Relaxed);
        report.interrupted &= !self.has_all_wanted();
        report.elapsed = self.elapsed.unwrap_or_else(|| self.started.elapsed());
        report
    }

    /// Gives a record its number.
    pub(crate) fn number(&mut self, record: &mut Record) {
        record.set_id(self.next_id);
        self.next_id += 1;
        self.out_of_room += u64::from(record.flow().expiration_id == OUT_OF_ROOM);
    }

    /// Takes back the numbers of records that are not wanted.
    pub(crate) fn forget<'a>(&mut self, records: impl Iterator<Item = &'a Record>) {
        for record in records {
            self.next_id -= 1;
            self.out_of_room -= u64::from(record.flow().expiration_id == OUT_OF_ROOM);
        }
    }

    fn has_all_wanted(&self) -> bool {
        self.max_nflows > 0 && self.next_id >= self.max_nflows
    }

    /// The run is over: gives what has failed in it. With the meters, which are gone, goes the watcher's thread.
    pub(crate) fn end(&mut self) -> Option<Error> {
        self.elapsed.get_or_insert_with(|| self.started.elapsed());
        if let Some(watcher) = self.watcher.take() {
            self.state.report().hidden_sockets = watcher.blind().hidden;
        }
        self.state.take_failure()
    }
}

/// What the threads of a run share.
#[derive(Default)]
pub(crate) struct State {
    stop: AtomicBool,
    report: Mutex<Report>,
    failure: Mutex<Option<Error>>,
}

impl State {
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(crate) fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn fail(&self, error: Error) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    fn take_failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Ends a run's input early: what was metered so far still comes out as records.
#[derive(Clone)]
pub struct StopHandle(Arc<State>);

impl StopHandle {
    pub(crate) fn new(state: &Arc<State>) -> Self {
        Self(Arc::clone(state))
    }

    /// No further block is metered. [`Report::interrupted`] says then whether there was more to read. May be called from any thread, and from a signal handler.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

impl Records {
    pub(crate) fn start(
        opened: Opened,
        rules: &Rules,
        decode_tunnels: bool,
        n_meters: usize,
        max_nflows: u64,
    ) -> Result<Self, Error> {
        let run = Run::start(&opened, rules, max_nflows);
        let decoder = Decoder::new(rules, decode_tunnels, &opened, &run.state);
        let merge = Some(Merge::start(opened, &decoder, rules, n_meters)?);
        Ok(Self { merge, ready: Vec::new().into_iter(), run })
    }

    /// The columns of the records.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.run.schema
    }

    /// How much of the input has been read.
    pub fn progress(&self) -> &Progress {
        &self.run.progress
    }

    /// A way to end the input early, for a signal handler or another thread.
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle::new(&self.run.state)
    }

    /// What has been counted so far; complete when the last record has come.
    pub fn report(&self) -> Report {
        self.run.report(self.ready.len())
    }

    /// The next records, `None` when all have come. A batch may be empty: it is what one block of input, or a short
    /// wait for one, brought.
    pub fn next_batch(&mut self) -> Option<Result<Vec<Record>, Error>> {
        if self.ready.len() > 0 {
            return Some(Ok(self.ready.by_ref().collect()));
        }
        let Some(ended) = self.merge.as_mut().and_then(Merge::next) else {
            return self.run.end().map(Err);
        };
        let number = |Ended { mut record, .. }| {
            self.run.number(&mut record);
            record
        };
        let mut records: Vec<Record> = ended.into_iter().map(number).collect();
        let Run { next_id, max_nflows, .. } = self.run;
        if max_nflows > 0 && next_id >= max_nflows {
            let unwanted = records.split_off(records.len() - (next_id - max_nflows) as usize);
            self.run.forget(unwanted.iter());
            self.merge = None;
        }
        Some(Ok(records))
    }
}

impl Iterator for Records {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.ready.next() {
                return Some(Ok(record));
            }
            match self.next_batch()? {
                Ok(batch) => self.ready = batch.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

//! A run: captures are read, meters work, records come out in one order.
//!
//! The [workers](crate::workers) do the work. The order of records is that of [`Moment`](crate::meter::Moment)s and
//! so does not depend on blocks or meters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nfstream_capture::Progress;
use nfstream_processes::Watcher;

use crate::error::Error;
use crate::flow::OUT_OF_ROOM;
use crate::input::Opened;
use crate::meter::{Config, Ended};
use crate::pool::Pool;
use crate::record::Schema;
use crate::status::{Report, State, Tally};

/// Methods that report on a run in a field `run`, whose records wait in another field to be given out.
macro_rules! told_of_run {
    ($type:ty, $waiting:ident) => {
        impl $type {
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

            /// The counters so far; complete when the run is over.
            pub fn report(&self) -> Report {
                self.run.report(self.$waiting.len())
            }
        }
    };
}
pub(super) use told_of_run;

/// A run as the asking thread sees it, whichever way it asks.
pub(crate) struct Run {
    pub(crate) state: Arc<State>,
    /// Present until the run is over, if processes are asked for.
    watcher: Option<Arc<Watcher>>,
    pub(crate) schema: Arc<Schema>,
    pub(crate) progress: Progress,
    /// Number of records that have been numbered.
    next_id: u64,
    max_nflows: u64,
    /// Number of these records whose flow ended for want of room.
    out_of_room: u64,
    cut_inspections: Arc<AtomicU64>,
    tally: Arc<Tally>,
    started: Instant,
    elapsed: Option<Duration>,
    pub(super) pool: Arc<Pool>,
}

impl Run {
    pub(crate) fn start(opened: &Opened, config: &Config) -> Self {
        Self {
            state: Arc::default(),
            watcher: config.watcher.clone(),
            schema: Arc::clone(&config.schema),
            progress: opened.progress(),
            next_id: 0,
            max_nflows: config.parameters.max_nflows,
            out_of_room: 0,
            cut_inspections: Arc::clone(&config.cut_inspections),
            tally: Arc::clone(&config.tally),
            started: Instant::now(),
            elapsed: None,
            pool: Arc::default(),
        }
    }

    /// The counters so far. `waiting` of the records that were numbered are not given out yet.
    pub(crate) fn report(&self, waiting: usize) -> Report {
        let mut report = self.state.report().clone();
        if let Some(watcher) = &self.watcher {
            report.hidden_sockets = watcher.blind().hidden;
        }
        report.flows = self.next_id - waiting as u64;
        report.out_of_room = self.out_of_room;
        report.cut_inspections = self.cut_inspections.load(Ordering::Relaxed);
        for (count, further) in report.notices.iter_mut().zip(self.tally.counts()) {
            *count += further;
        }
        report.interrupted &= !self.has_all_wanted();
        report.elapsed = self.elapsed.unwrap_or_else(|| self.started.elapsed());
        report
    }

    /// Numbers the records of flows that have ended; drops those that are beyond the last one wanted.
    pub(crate) fn number(&mut self, ended: &mut Vec<Ended>) {
        if self.max_nflows > 0 {
            ended.truncate(usize::try_from(self.max_nflows - self.next_id).unwrap_or(usize::MAX));
        }
        for Ended { record, .. } in ended {
            record.set_id(self.next_id);
            self.next_id += 1;
            self.out_of_room += u64::from(record.flow().expiration_id == OUT_OF_ROOM);
        }
    }

    /// Whether the last record that is wanted has its number.
    pub(crate) fn has_all_wanted(&self) -> bool {
        self.max_nflows > 0 && self.next_id >= self.max_nflows
    }

    /// Ends the run, and returns its error, if any. The meters are gone, and the watcher's thread goes with them.
    pub(crate) fn end(&mut self) -> Option<Error> {
        self.elapsed.get_or_insert_with(|| self.started.elapsed());
        if let Some(watcher) = self.watcher.take() {
            self.state.report().hidden_sockets = watcher.blind().hidden;
        }
        self.state.take_failure()
    }
}

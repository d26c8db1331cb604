//! A run: captures are read, meters work, records come out in one order.
//!
//! With one meter everything happens in the thread that asks for records; with more, in [`threads`](crate::threads).
//! The order of records is that of [`Moment`](crate::meter::Moment)s and so does not depend on blocks or meters.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nfstream_capture::{Block, Captures, Progress};

use crate::error::Error;
use crate::meter::{Arrival, Ended, Meter, Rules};
use crate::reader::{Decoder, Reader};
use crate::record::{Record, Schema};
use crate::report::Report;
use crate::threads::Threads;

/// The records of one run, in the order in which their flows ended.
///
/// Iterating gives one [`Record`] at a time; [`next_batch`](Self::next_batch) gives what is there. An error, when there
/// is one, comes last: every record that could be made comes before it.
pub struct Records {
    meters: Meters,
    ready: std::vec::IntoIter<Record>,
    state: Arc<State>,
    schema: Arc<Schema>,
    progress: Progress,
    next_id: u64,
    max_nflows: u64,
    started: Instant,
    elapsed: Option<Duration>,
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
    /// No further block is read. May be called from any thread, and from a signal handler.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

enum Meters {
    Here(Box<Here>),
    /// The input is over; the flows that were left come out.
    HereFinishing(Box<dyn Iterator<Item = Vec<Ended>> + Send>),
    Threads(Threads),
    Done,
}

impl Records {
    pub(crate) fn start(
        captures: Captures,
        rules: Rules,
        decode_tunnels: bool,
        n_meters: usize,
        max_nflows: u64,
    ) -> Result<Self, Error> {
        let state = Arc::new(State::default());
        let schema = Arc::clone(&rules.schema);
        let progress = captures.progress();
        let reader = Reader::new(captures, Arc::clone(&state));
        let decoder = Decoder { key_hash: rules.key_hash.clone(), decode_tunnels, state: Arc::clone(&state) };
        let meters = if n_meters == 1 {
            let (meter, block) = (Meter::new(rules), Block::default());
            Meters::Here(Box::new(Here { reader, decoder, meter, block, arrivals: Vec::new() }))
        } else {
            Meters::Threads(Threads::start(reader, &decoder, &rules, n_meters)?)
        };
        Ok(Self {
            meters,
            ready: Vec::new().into_iter(),
            state,
            schema,
            progress,
            next_id: 0,
            max_nflows,
            started: Instant::now(),
            elapsed: None,
        })
    }

    /// The columns of the records.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// How much of the input has been read.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// A way to end the input early, for a signal handler or another thread.
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle(Arc::clone(&self.state))
    }

    /// What has been counted so far; complete when the last record has come.
    pub fn report(&self) -> Report {
        let mut report = self.state.report().clone();
        report.flows = self.next_id - self.ready.len() as u64;
        report.elapsed = self.elapsed.unwrap_or_else(|| self.started.elapsed());
        report
    }

    /// The next records, `None` when all have come. A batch may be empty: it is what one block of input, or a short
    /// wait for one, brought.
    pub fn next_batch(&mut self) -> Option<Result<Vec<Record>, Error>> {
        if self.ready.len() > 0 {
            return Some(Ok(self.ready.by_ref().collect()));
        }
        let Some(mut records) = self.meters.next() else {
            return self.end();
        };
        for record in &mut records {
            record.set_id(self.next_id);
            self.next_id += 1;
        }
        if self.max_nflows > 0 && self.next_id >= self.max_nflows {
            records.truncate(records.len() - (self.next_id - self.max_nflows) as usize);
            self.next_id = self.max_nflows;
            self.meters = Meters::Done;
        }
        Some(Ok(records))
    }

    fn end(&mut self) -> Option<Result<Vec<Record>, Error>> {
        self.elapsed.get_or_insert_with(|| self.started.elapsed());
        self.state.take_failure().map(Err)
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

impl Meters {
    fn next(&mut self) -> Option<Vec<Record>> {
        let ended = match self {
            Meters::Here(here) => match here.next() {
                Some(ended) => ended,
                None => {
                    let Meters::Here(here) = std::mem::replace(self, Meters::Done) else { return None };
                    *self = Meters::HereFinishing(Box::new(here.meter.finish()));
                    return self.next();
                }
            },
            Meters::HereFinishing(pieces) => pieces.next()?,
            Meters::Threads(threads) => threads.next()?,
            Meters::Done => return None,
        };
        Some(ended.into_iter().map(|(_, record)| record).collect())
    }
}

/// One meter, in the asking thread.
struct Here {
    reader: Reader,
    decoder: Decoder,
    meter: Meter,
    block: Block,
    arrivals: Vec<Arrival>,
}

impl Here {
    fn next(&mut self) -> Option<Vec<Ended>> {
        let place = self.reader.read(&mut self.block)?;
        self.arrivals.clear();
        self.decoder.decode(&self.block, place, std::slice::from_mut(&mut self.arrivals));
        Some(self.meter.meter(&self.block, &self.arrivals, place))
    }
}

//! A run: captures are read, meters work, records come out in one order.
//!
//! With one meter everything happens in the thread that asks for records. With more, one thread reads and decodes and
//! hands every meter its packets of each block (by the hash of their flow key); every meter answers every block with
//! the flows that ended in it, and the asking thread merges the answers block by block. The order of records is that
//! of [`Moment`](crate::meter::Moment)s and so does not depend on blocks or meters.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use nfstream_capture::{Block, Captures, Progress, Source, Timestamp};
use nfstream_decode::{Ignored, LinkType, decode};

use crate::error::Error;
use crate::key::KeyHash;
use crate::meter::{Arrival, Ended, Meter, Rules};
use crate::record::{Record, Schema};
use crate::report::Report;

/// Blocks on their way to a meter, and answers on their way back: enough to ride out a slow moment, little memory.
const QUEUE: usize = 4;

/// How long to wait for a meter before the caller gets a chance to look after other things.
const PATIENCE: Duration = Duration::from_millis(100);

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
struct State {
    stop: AtomicBool,
    report: Mutex<Report>,
    failure: Mutex<Option<Error>>,
}

impl State {
    fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, error: Error) {
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
        let reader = Reader {
            captures,
            key_hash: rules.key_hash.clone(),
            decode_tunnels,
            newest: Timestamp::default(),
            position: 0,
            state: Arc::clone(&state),
        };
        let meters = if n_meters == 1 {
            let here =
                Here { reader, meter: Meter::new(rules), block: Block::default(), arrivals: Vec::new() };
            Meters::Here(Box::new(here))
        } else {
            Meters::Threads(Threads::start(reader, &rules, n_meters)?)
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
            record.flow.id = self.next_id;
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

/// Captures to arrivals.
struct Reader {
    captures: Captures,
    key_hash: KeyHash,
    decode_tunnels: bool,
    /// Time of the newest frame so far: time never runs backwards.
    newest: Timestamp,
    /// Frames read before the block at hand.
    position: u64,
    state: Arc<State>,
}

/// Where a block stands in the input.
#[derive(Clone, Copy)]
struct Place {
    first_frame: u64,
    now: Timestamp,
}

impl Reader {
    /// Fills the block and sorts what counts in it into one lane for each meter. `None` when the input is over.
    fn read(&mut self, block: &mut Block, lanes: &mut [Vec<Arrival>]) -> Option<Place> {
        if self.state.stop.load(Ordering::Relaxed) {
            return None;
        }
        let more = self.captures.fill(block);
        let damages = self.captures.damages();
        let mut report = self.state.report();
        if report.damages.len() < damages.len() {
            report.damages = damages.to_vec();
        }
        match more {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => {
                self.state.fail(error.into());
                return None;
            }
        }
        drop(report);
        let first_frame = self.position;
        self.decode(block, lanes);
        Some(Place { first_frame, now: self.newest })
    }

    fn decode(&mut self, block: &Block, lanes: &mut [Vec<Arrival>]) {
        let meters = lanes.len() as u64;
        let mut bytes = 0;
        let mut ignored = [0_u64; Ignored::ALL.len()];
        for (number, frame) in block.frames().enumerate() {
            bytes += u64::from(frame.wire_len);
            self.newest = self.newest.max(frame.time);
            let headers = match decode(LinkType(frame.link_type), frame.bytes, self.decode_tunnels) {
                Ok(headers) => headers,
                Err(reason) => {
                    ignored[reason.index()] += 1;
                    continue;
                }
            };
            let hash = self.key_hash.of_packet(&headers);
            // The low half: a table takes its tags from the high one.
            let lane = (u64::from(hash as u32) * meters) >> 32;
            lanes[lane as usize].push(Arrival {
                headers,
                time: self.newest,
                hash,
                frame: number as u32,
                raw_size: frame.wire_len as u16,
            });
        }
        self.position += block.len() as u64;
        let mut report = self.state.report();
        report.packets = self.position;
        report.bytes += bytes;
        for (total, count) in report.ignored_by_reason.iter_mut().zip(ignored) {
            *total += count;
        }
    }
}

/// One meter, in the asking thread.
struct Here {
    reader: Reader,
    meter: Meter,
    block: Block,
    arrivals: Vec<Arrival>,
}

impl Here {
    fn next(&mut self) -> Option<Vec<Ended>> {
        self.arrivals.clear();
        let place = self.reader.read(&mut self.block, std::slice::from_mut(&mut self.arrivals))?;
        Some(self.meter.meter(&self.block, &self.arrivals, place.first_frame, place.now))
    }
}

/// A block for one meter.
struct Work {
    block: Arc<Block>,
    arrivals: Vec<Arrival>,
    place: Place,
}

/// A meter's answer.
enum Answer {
    /// What ended in one block.
    Block(Vec<Ended>),
    /// A piece of what was left when the input was over.
    Rest(Vec<Ended>),
}

/// Several meters, each in a thread.
struct Threads {
    meters: Vec<MeterThread>,
    reader: Option<JoinHandle<()>>,
}

struct MeterThread {
    answers: Receiver<Answer>,
    handle: Option<JoinHandle<()>>,
    /// An answer that the merge has not taken, or not taken whole.
    waiting: Option<Answer>,
}

/// Where blocks and lists go when a meter is done with them, to be filled again.
#[derive(Clone)]
struct Spare {
    blocks: Sender<Block>,
    arrivals: Sender<Vec<Arrival>>,
}

impl Threads {
    fn start(reader: Reader, rules: &Rules, n_meters: usize) -> Result<Self, Error> {
        // Room for all that can be under way: giving something back never waits.
        let (blocks, spare_blocks) = bounded((QUEUE + 2) * n_meters);
        let (arrivals, spare_arrivals) = bounded((QUEUE + 2) * n_meters);
        let spare = Spare { blocks, arrivals };
        let mut lanes = Vec::with_capacity(n_meters);
        let mut meters = Vec::with_capacity(n_meters);
        for number in 0..n_meters {
            let (lane, work) = bounded(QUEUE);
            let (answer, answers) = bounded(QUEUE);
            let (meter, spare) = (Meter::new(rules.clone()), spare.clone());
            let handle = spawn(format!("meter-{number}"), move || run_meter(meter, &work, &answer, &spare))?;
            lanes.push(lane);
            meters.push(MeterThread { answers, handle: Some(handle), waiting: None });
        }
        let reader =
            spawn("reader".to_owned(), move || run_reader(reader, &lanes, &spare_blocks, &spare_arrivals))?;
        Ok(Self { meters, reader: Some(reader) })
    }

    /// The meters' answers to the next block, or of what they have left at the end as much as can be put in order.
    fn next(&mut self) -> Option<Vec<Ended>> {
        let deadline = Instant::now() + PATIENCE;
        for meter in &mut self.meters {
            if meter.waiting.is_some() {
                continue;
            }
            match meter.answers.recv_deadline(deadline) {
                Ok(answer) => meter.waiting = Some(answer),
                Err(RecvTimeoutError::Timeout) => return Some(Vec::new()),
                Err(RecvTimeoutError::Disconnected) => join(&mut meter.handle),
            }
        }
        if self.meters.iter().all(|meter| meter.waiting.is_none()) {
            join(&mut self.reader);
            return None;
        }
        // Pieces of what is left are in order, one after the other: up to where the first of them ends, all is known.
        let last = |meter: &MeterThread| match &meter.waiting {
            Some(Answer::Rest(piece)) => piece.last().map(|(moment, _)| *moment),
            _ => None,
        };
        let known = self.meters.iter().filter_map(last).min();
        let mut all = Vec::new();
        for meter in &mut self.meters {
            match meter.waiting.take() {
                Some(Answer::Block(ended)) => all.extend(ended),
                Some(Answer::Rest(mut piece)) => {
                    let later = piece.split_off(piece.partition_point(|(moment, _)| Some(*moment) <= known));
                    meter.waiting = (!later.is_empty()).then_some(Answer::Rest(later));
                    all.extend(piece);
                }
                None => {}
            }
        }
        // A stable sort merges what is in order already.
        all.sort_by_key(|(moment, _)| *moment);
        Some(all)
    }
}

fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new().name(name).spawn(work).map_err(Error::Thread)
}

/// Waits for a thread that is at its end; a panic in it goes on here.
fn join(handle: &mut Option<JoinHandle<()>>) {
    if let Some(Err(panic)) = handle.take().map(JoinHandle::join) {
        std::panic::resume_unwind(panic);
    }
}

/// Reads until the input is over or nobody wants the records any more.
fn run_reader(
    mut reader: Reader,
    lanes: &[Sender<Work>],
    spare_blocks: &Receiver<Block>,
    spare_arrivals: &Receiver<Vec<Arrival>>,
) {
    loop {
        let mut block = spare_blocks.try_recv().unwrap_or_default();
        let mut sorted: Vec<Vec<Arrival>> =
            lanes.iter().map(|_| spare_arrivals.try_recv().unwrap_or_default()).collect();
        let Some(place) = reader.read(&mut block, &mut sorted) else { return };
        let block = Arc::new(block);
        for (lane, arrivals) in lanes.iter().zip(sorted) {
            if lane.send(Work { block: Arc::clone(&block), arrivals, place }).is_err() {
                return;
            }
        }
    }
}

/// Meters until the reader is done, then gives out what is left; stops when nobody wants the answers any more.
fn run_meter(mut meter: Meter, work: &Receiver<Work>, answer: &Sender<Answer>, spare: &Spare) {
    for Work { block, mut arrivals, place } in work {
        let ended = meter.meter(&block, &arrivals, place.first_frame, place.now);
        arrivals.clear();
        // Whether the reader is still there to use them does not matter here.
        let _ = spare.arrivals.try_send(arrivals);
        if let Some(block) = Arc::into_inner(block) {
            let _ = spare.blocks.try_send(block);
        }
        if answer.send(Answer::Block(ended)).is_err() {
            return;
        }
    }
    for piece in meter.finish() {
        if answer.send(Answer::Rest(piece)).is_err() {
            return;
        }
    }
}

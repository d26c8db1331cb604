//! The threads of a run over captures: workers beside the thread that asks. Those of a run over an interface are in
//! [`live`](crate::live).
//!
//! Whichever worker is free takes on the next block of the input. Of a plain file it has a piece to itself, which it copies
//! out of the page cache while others do the same; only the search for records is done by one at a time, block after block.
//! Then it decodes the block and gives every worker the lane of that worker's flows. A worker puts its lanes to its
//! [`Station`] in the order of the blocks, and does that first. When there is no lane for it yet, it searches the block that
//! it took on first, once that has its turn; until then it takes on another. So reading and the rest overlap, a worker that
//! the operating system keeps waiting holds up the others little, all packets of a flow reach one station, and they reach it
//! in order. Stations answer now and then, all of them after the same lanes; the asking thread puts the answers together.
//! A worker that waits for room for an answer, or is at its end, does [errands](crate::errands) of the asking thread.
//!
//! All queues are bounded, because no block is taken on that is [too far](Work::may_take_on) ahead of the slowest station.
//! Nobody waits in a circle: a worker that has taken on blocks waits for nothing but blocks before them; and of one that
//! waits for the asking thread, the others need none of the blocks that it has taken on before they answer as often.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, available_parallelism};
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use crossbeam_channel::unbounded;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use nfstream_capture::{Block, Claim};
#[cfg(target_os = "linux")]
use nfstream_capture::{Losses, Ring};

use crate::errands::{Errands, Helper};
use crate::error::Error;
#[cfg(target_os = "linux")]
use crate::live::{Line, LiveWorker};
use crate::meter::Arrival;
use crate::reader::{Decoder, Feed, Opened, Place, Reader};

/// Answers that may wait in a queue: enough to ride out a slow moment, little memory.
const QUEUE: usize = 2;

/// Blocks for each worker that may be between being taken on and being done with. Less than what a station answers after:
/// so none of them waits for the asking thread while that waits for another.
const BLOCKS: usize = 3;

/// How long to wait for an answer before the caller gets a chance to look after other things.
const PATIENCE: Duration = Duration::from_millis(100);

/// How many threads can work at a time.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, NonZeroUsize::get)
}

/// What a worker does with its lanes.
pub(crate) trait Station: Send + 'static {
    type Answer: Send;

    /// Takes a lane; `ends_turn` when it ends a turn: so many blocks as there are workers, or up to one for which
    /// the input was silent. May
    /// answer then, and only then. If it answers, all stations do.
    fn take(&mut self, lane: Lane, ends_turn: bool, spare: &Spare) -> Option<Self::Answer>;

    /// Whether an answer should not wait until it is due.
    fn owes_much(&self) -> bool {
        false
    }

    /// How many flows are alive, as far as this station knows.
    fn active_flows(&self) -> usize {
        0
    }

    /// The input is over: what there is to answer yet.
    fn finish(self) -> impl Iterator<Item = Self::Answer>;
}

/// The workers, as the asking thread sees them.
pub(crate) struct Workers<A> {
    workers: Vec<WorkerThread<A>>,
    spare: Arc<Spare>,
    meeting: Meeting,
    /// Gone when the run is over.
    here: Option<Sender<()>>,
}

/// What workers share.
enum Meeting {
    Floor(Arc<Floor>),
    #[cfg(target_os = "linux")]
    Line(Arc<Line>),
}

impl Meeting {
    /// Whether workers that have answered for the last time are there yet, to do errands.
    fn has_helpers(&self) -> bool {
        match self {
            Self::Floor(floor) => !floor.work().abandoned,
            #[cfg(target_os = "linux")]
            Self::Line(_) => false,
        }
    }
}

struct WorkerThread<A> {
    answers: Receiver<A>,
    handle: Option<JoinHandle<()>>,
    /// An answer that was not taken, or not taken whole.
    waiting: Option<A>,
}

/// What came of waiting for answers.
#[derive(PartialEq, Eq)]
pub(crate) enum Collected {
    /// An answer of every worker that is not at its end.
    All,
    /// Nothing as yet: they take long.
    Nothing,
    /// Every worker is at its end.
    Over,
}

/// A block, and the packets in it that are one worker's.
pub(crate) struct Lane {
    pub(crate) block: Arc<Block>,
    pub(crate) place: Place,
    pub(crate) arrivals: Vec<Arrival>,
}

/// Blocks and lists that have been used: filled again, they cost no allocation.
pub(crate) struct Spare {
    blocks: Stack<Block>,
    arrivals: Stack<Vec<Arrival>>,
}

impl Spare {
    /// Room for so many blocks and lists. To give one back is never to wait.
    fn new(blocks: usize, lists: usize) -> Self {
        Self { blocks: Stack::new(blocks), arrivals: Stack::new(lists) }
    }

    /// A block to fill.
    pub(crate) fn block(&self) -> Block {
        self.blocks.pop()
    }

    /// A list to fill.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.pop()
    }

    /// Takes in what is left of a lane. Where there is no room for it, it is dropped.
    pub(crate) fn take(&self, Lane { block, mut arrivals, .. }: Lane) {
        arrivals.clear();
        self.arrivals.push(arrivals);
        if let Some(block) = Arc::into_inner(block) {
            self.give_back(block);
        }
    }

    /// Takes in a block.
    pub(crate) fn give_back(&self, mut block: Block) {
        block.clear();
        self.blocks.push(block);
    }
}

/// What was put there last comes out first: it is the likeliest to be in a cache.
struct Stack<T> {
    things: Mutex<Vec<T>>,
    room: usize,
}

impl<T: Default> Stack<T> {
    fn new(room: usize) -> Self {
        Self { things: Mutex::new(Vec::with_capacity(room)), room }
    }

    fn things(&self) -> MutexGuard<'_, Vec<T>> {
        self.things.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pop(&self) -> T {
        self.things().pop().unwrap_or_default()
    }

    fn push(&self, thing: T) {
        let mut things = self.things();
        if things.len() < self.room {
            things.push(thing);
        }
    }
}

impl<A: Send + 'static> Workers<A> {
    /// Starts one worker for each station.
    pub(crate) fn start(
        opened: Opened,
        decoder: &Decoder,
        stations: Vec<impl Station<Answer = A>>,
        errands: &Arc<Errands>,
    ) -> Result<Self, Error> {
        match opened {
            Opened::Captures(captures, filter) => {
                let feed = Feed::Captures(captures);
                let reader = Reader::new(feed, filter, decoder);
                Self::start_over_captures(reader, decoder, stations, errands)
            }
            Opened::Libpcap(interface) => {
                let reader = Reader::new(Feed::libpcap(interface), None, decoder);
                Self::start_over_captures(reader, decoder, stations, errands)
            }
            #[cfg(target_os = "linux")]
            Opened::Interface(rings, _) => Self::start_over_rings(rings, decoder, stations),
        }
    }

    fn start_over_captures(
        reader: Reader,
        decoder: &Decoder,
        stations: Vec<impl Station<Answer = A>>,
        errands: &Arc<Errands>,
    ) -> Result<Self, Error> {
        let count = stations.len();
        let floor = Arc::new(Floor::new(reader, count));
        // Room for all that are in use at a time.
        let spare = Arc::new(Spare::new(BLOCKS * count, BLOCKS * count * count));
        let (here, over) = bounded(0);
        let meeting = Meeting::Floor(Arc::clone(&floor));
        let mut workers = Self { workers: Vec::new(), spare, meeting, here: Some(here) };
        for (number, station) in stations.into_iter().enumerate() {
            let (answer, answers) = bounded(QUEUE);
            let worker = Worker {
                number,
                count,
                presence: Presence { floor: Arc::clone(&floor), answer },
                decoder: decoder.clone(),
                station,
                spare: Arc::clone(&workers.spare),
                ahead: VecDeque::new(),
                helper: Helper::new(errands),
                over: over.clone(),
            };
            workers.add(number, answers, move || worker.run())?;
        }
        Ok(workers)
    }

    #[cfg(target_os = "linux")]
    fn start_over_rings(
        rings: Vec<Ring>,
        decoder: &Decoder,
        stations: Vec<impl Station<Answer = A>>,
    ) -> Result<Self, Error> {
        let line = Arc::new(Line::default());
        let meeting = Meeting::Line(Arc::clone(&line));
        let mut workers = Self {
            workers: Vec::new(),
            spare: Arc::new(Spare::new(rings.len(), QUEUE)),
            meeting,
            here: None,
        };
        let (others, inboxes): (Vec<_>, Vec<_>) = rings.iter().map(|_| unbounded()).unzip();
        for (number, ((ring, station), handed_over)) in
            rings.into_iter().zip(stations).zip(inboxes).enumerate()
        {
            let (answer, answers) = bounded(QUEUE);
            let worker = LiveWorker {
                number,
                ring,
                line: Arc::clone(&line),
                decoder: decoder.clone(),
                station,
                answer,
                others: others.clone(),
                handed_over,
                // What it puts to its station comes back to it.
                spare: Spare::new(1, 1 + others.len()),
                packets: 0,
                losses: Losses::default(),
            };
            workers.add(number, answers, move || worker.run())?;
        }
        Ok(workers)
    }

    fn add(
        &mut self,
        number: usize,
        answers: Receiver<A>,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), Error> {
        let thread = std::thread::Builder::new().name(format!("meter-{number}"));
        let handle = Some(thread.spawn(work).map_err(Error::Thread)?);
        self.workers.push(WorkerThread { answers, handle, waiting: None });
        Ok(())
    }

    /// Waits a little until every worker has answered.
    pub(crate) fn collect(&mut self) -> Collected {
        let deadline = Instant::now() + PATIENCE;
        for worker in &mut self.workers {
            if worker.waiting.is_some() {
                continue;
            }
            match worker.answers.recv_deadline(deadline) {
                Ok(answer) => worker.waiting = Some(answer),
                Err(RecvTimeoutError::Timeout) => return Collected::Nothing,
                Err(RecvTimeoutError::Disconnected) if self.meeting.has_helpers() => {}
                Err(RecvTimeoutError::Disconnected) => join(&mut worker.handle),
            }
        }
        if self.workers.iter().any(|worker| worker.waiting.is_some()) {
            return Collected::All;
        }
        self.here = None;
        self.workers.iter_mut().for_each(|worker| join(&mut worker.handle));
        Collected::Over
    }

    /// The answers that were collected, to be taken.
    pub(crate) fn answers(&mut self) -> impl Iterator<Item = &mut Option<A>> {
        self.workers.iter_mut().map(|worker| &mut worker.waiting)
    }

    /// What has been used and may be filled again.
    pub(crate) fn spare(&self) -> &Spare {
        &self.spare
    }
}

/// Waits for a thread that is at its end; a panic in it goes on here.
fn join(handle: &mut Option<JoinHandle<()>>) {
    if let Some(Err(panic)) = handle.take().map(JoinHandle::join) {
        std::panic::resume_unwind(panic);
    }
}

impl<A> Drop for Workers<A> {
    fn drop(&mut self) {
        match &self.meeting {
            Meeting::Floor(floor) => floor.abandon(),
            #[cfg(target_os = "linux")]
            Meeting::Line(line) => line.abandon(),
        }
    }
}

/// Where workers meet that read captures.
struct Floor {
    work: Mutex<Work>,
    /// There may be something to do for a worker that had nothing.
    more: Condvar,
}

/// The work at hand. Blocks are numbered in the order of the input.
struct Work {
    /// Away while a worker reads a block with it.
    reader: Option<Box<Reader>>,
    /// Pieces of the input for the blocks that are taken on next.
    claims: VecDeque<Claim>,
    /// How many blocks have been taken on, and of these how many have been read.
    taken_on: u64,
    read: u64,
    /// Workers that have nothing to do.
    idle: usize,
    /// No more blocks can be read.
    over: bool,
    /// A worker or the asking thread is gone: what is left is nobody's to have.
    abandoned: bool,
    desks: Vec<Desk>,
}

/// What is there for a worker's station.
#[derive(Default)]
struct Desk {
    /// How many lanes it has had.
    done: u64,
    /// Lanes that follow these, where they have come.
    lanes: VecDeque<Option<Lane>>,
}

/// What a worker does next.
enum Task {
    /// To put a lane of a block to its station.
    Take(u64, Lane),
    /// To read a block that it has taken on.
    Read(u64, Block, Box<Reader>),
    /// To take on a block, with a piece of the input if there is one.
    TakeOn(u64, Option<Claim>),
    /// The input is over.
    Finish,
}

/// Another thread is gone.
pub(crate) struct Abandoned;

impl Floor {
    fn new(reader: Reader, count: usize) -> Self {
        let work = Work {
            reader: Some(Box::new(reader)),
            claims: VecDeque::new(),
            taken_on: 0,
            read: 0,
            idle: 0,
            over: false,
            abandoned: false,
            desks: (0..count).map(|_| Desk::default()).collect(),
        };
        Self { work: Mutex::new(work), more: Condvar::new() }
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn abandon(&self) {
        self.work().abandoned = true;
        self.more.notify_all();
    }

    /// Lets those look again that had nothing to do.
    fn tell(&self, work: MutexGuard<'_, Work>) {
        let somebody_waits = work.idle > 0;
        drop(work);
        if somebody_waits {
            self.more.notify_all();
        }
    }

    /// Waits for something to do for a worker, which has taken on the blocks `ahead`.
    fn next(&self, worker: usize, ahead: &mut VecDeque<(u64, Block)>) -> Result<Task, Abandoned> {
        let mut work = self.work();
        loop {
            if work.abandoned {
                return Err(Abandoned);
            }
            if let Some((number, lane)) = work.desks[worker].next() {
                // It may have been this one that kept others from going on.
                if work.taken_on >= number + work.most() {
                    self.tell(work);
                }
                return Ok(Task::Take(number, lane));
            }
            if work.over && work.desks[worker].done == work.read {
                return Ok(Task::Finish);
            }
            if ahead.front().is_some_and(|(number, _)| *number == work.read)
                && let Some(reader) = work.reader.take()
                && let Some((number, block)) = ahead.pop_front()
            {
                return Ok(Task::Read(number, block, reader));
            }
            if let Some((number, claim)) = work.take_on() {
                return Ok(Task::TakeOn(number, claim));
            }
            work.idle += 1;
            work = self.more.wait(work).unwrap_or_else(PoisonError::into_inner);
            work.idle -= 1;
        }
    }

    /// Reads the block whose turn it is.
    fn read(&self, mut reader: Box<Reader>, block: &mut Block) -> Option<Place> {
        let place = reader.read(block);
        let mut work = self.work();
        let wanted = (work.most() as usize).saturating_sub(work.claims.len());
        work.claims.extend(std::iter::from_fn(|| reader.claim()).take(wanted));
        work.reader = Some(reader);
        match place {
            Some(_) => work.read += 1,
            None => work.over = true,
        }
        self.tell(work);
        place
    }

    /// Gives every worker its lane of a block.
    fn deal(&self, number: u64, lanes: impl Iterator<Item = Lane>) {
        let mut work = self.work();
        for (desk, lane) in work.desks.iter_mut().zip(lanes) {
            desk.put(number, lane);
        }
        self.tell(work);
    }
}

impl Work {
    /// How many blocks may be between being taken on and being done with.
    fn most(&self) -> u64 {
        (BLOCKS * self.desks.len()) as u64
    }

    /// Whether a block may be taken on: the slowest station is near enough, and there is something to do for it now. To
    /// read without a piece is to wait until all before have been read.
    fn may_take_on(&self) -> bool {
        let slowest = self.desks.iter().map(|desk| desk.done).min().unwrap_or(0);
        let is_near = self.taken_on < slowest + self.most();
        is_near && !self.over && (!self.claims.is_empty() || self.taken_on == self.read)
    }

    fn take_on(&mut self) -> Option<(u64, Option<Claim>)> {
        if !self.may_take_on() {
            return None;
        }
        self.taken_on += 1;
        Some((self.taken_on - 1, self.claims.pop_front()))
    }
}

impl Desk {
    fn put(&mut self, number: u64, lane: Lane) {
        let place = (number - self.done) as usize;
        if place >= self.lanes.len() {
            self.lanes.resize_with(place + 1, || None);
        }
        self.lanes[place] = Some(lane);
    }

    /// The next lane and the number of its block, if it has come.
    fn next(&mut self) -> Option<(u64, Lane)> {
        let lane = self.lanes.front_mut()?.take()?;
        self.lanes.pop_front();
        self.done += 1;
        Some((self.done - 1, lane))
    }
}

struct Worker<S: Station> {
    number: usize,
    /// How many workers there are.
    count: usize,
    presence: Presence<S::Answer>,
    decoder: Decoder,
    station: S,
    spare: Arc<Spare>,
    /// The blocks that it has taken on and not read, in order.
    ahead: VecDeque<(u64, Block)>,
    helper: Helper,
    /// Disconnected when the run is over.
    over: Receiver<()>,
}

/// Lets the others go when a worker panics, before the asking thread can take it for one that is at its end.
struct Presence<A> {
    floor: Arc<Floor>,
    answer: Sender<A>,
}

impl<A> Drop for Presence<A> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.floor.abandon();
        }
    }
}

impl<S: Station> Worker<S> {
    fn run(self) {
        let floor = Arc::clone(&self.presence.floor);
        // To be abandoned is an end like any other: who abandoned it knows why.
        if self.work().is_err() {
            floor.abandon();
        }
    }

    /// Works until the input is over, gives out what is left, and helps the asking thread with that.
    fn work(mut self) -> Result<(), Abandoned> {
        loop {
            match self.presence.floor.next(self.number, &mut self.ahead)? {
                Task::Take(number, lane) => self.take(number, lane)?,
                Task::Read(number, block, reader) => self.read(number, block, reader),
                Task::TakeOn(number, claim) => self.take_on(number, claim),
                Task::Finish => break,
            }
        }
        let Self { station, presence, helper, over, .. } = self;
        for last in station.finish() {
            helper.send(&presence.answer, last)?;
        }
        drop(presence);
        helper.help_until(&over);
        Ok(())
    }

    fn take_on(&mut self, number: u64, claim: Option<Claim>) {
        let mut block = self.spare.block();
        if let Some(claim) = claim {
            claim.read_into(&mut block);
        }
        self.ahead.push_back((number, block));
    }

    /// Reads a block, decodes it and gives every worker its lane.
    fn read(&mut self, number: u64, mut block: Block, reader: Box<Reader>) {
        let Some(place) = self.presence.floor.read(reader, &mut block) else { return };
        let mut lanes: Vec<_> = (0..self.count).map(|_| self.spare.arrivals()).collect();
        self.decoder.decode(&block, place, &mut lanes);
        let block = Arc::new(block);
        let lane = |arrivals| Lane { block: Arc::clone(&block), place, arrivals };
        self.presence.floor.deal(number, lanes.into_iter().map(lane));
    }

    fn take(&mut self, number: u64, lane: Lane) -> Result<(), Abandoned> {
        let ends_turn = (number + 1).is_multiple_of(self.count as u64) || lane.place.silent;
        match self.station.take(lane, ends_turn, &self.spare) {
            Some(answer) => self.helper.send(&self.presence.answer, answer),
            None => Ok(()),
        }
    }
}

//! The scheduler of a run over captures: which worker does what next. Blocks are numbered in input order.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use nfstream_capture::{Block, Claim};

use crate::input::Reader;
use crate::lane::{Lane, Place};
use crate::pool::Abandoned;

/// Blocks for each worker that may be between being taken on and being done with. Less than what a stage answers after:
/// so none of them waits for the asking thread while that waits for another.
pub(super) const BLOCKS: usize = 3;

/// Where workers meet that read captures.
pub(super) struct Scheduler {
    work: Mutex<Schedule>,
    /// There may be something to do for a worker that had nothing.
    more: Condvar,
}

/// The work at hand. Blocks are numbered in the order of the input.
struct Schedule {
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
    pub(super) abandoned: bool,
    inboxes: Vec<Inbox>,
}

/// What is there for a worker's stage.
#[derive(Default)]
struct Inbox {
    /// How many lanes it has had.
    done: u64,
    /// Lanes that follow these, where they have come.
    lanes: VecDeque<Option<Lane>>,
}

/// What a worker does next.
pub(super) enum Step {
    /// To put a lane of a block to its stage.
    Take(u64, Lane),
    /// To read a block that it has taken on.
    Read(u64, Block, Box<Reader>),
    /// To take on a block, with a piece of the input if there is one.
    TakeOn(u64, Option<Claim>),
    /// The input is over.
    Finish,
}

impl Scheduler {
    pub(super) fn new(reader: Reader, count: usize) -> Self {
        let work = Schedule {
            reader: Some(Box::new(reader)),
            claims: VecDeque::new(),
            taken_on: 0,
            read: 0,
            idle: 0,
            over: false,
            abandoned: false,
            inboxes: (0..count).map(|_| Inbox::default()).collect(),
        };
        Self { work: Mutex::new(work), more: Condvar::new() }
    }

    fn work(&self) -> MutexGuard<'_, Schedule> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.work().abandoned
    }

    pub(super) fn abandon(&self) {
        self.work().abandoned = true;
        self.more.notify_all();
    }

    /// Lets those look again that had nothing to do.
    fn tell(&self, work: MutexGuard<'_, Schedule>) {
        let somebody_waits = work.idle > 0;
        drop(work);
        if somebody_waits {
            self.more.notify_all();
        }
    }

    /// Waits for something to do for a worker, which has taken on the blocks `ahead`.
    pub(super) fn next(&self, worker: usize, ahead: &mut VecDeque<(u64, Block)>) -> Result<Step, Abandoned> {
        let mut work = self.work();
        loop {
            if work.abandoned {
                return Err(Abandoned);
            }
            if let Some((number, lane)) = work.inboxes[worker].next() {
                // It may have been this one that kept others from going on.
                if work.taken_on >= number + work.most() {
                    self.tell(work);
                }
                return Ok(Step::Take(number, lane));
            }
            if work.over && work.inboxes[worker].done == work.read {
                return Ok(Step::Finish);
            }
            if ahead.front().is_some_and(|(number, _)| *number == work.read)
                && let Some(reader) = work.reader.take()
                && let Some((number, block)) = ahead.pop_front()
            {
                return Ok(Step::Read(number, block, reader));
            }
            if let Some((number, claim)) = work.take_on() {
                return Ok(Step::TakeOn(number, claim));
            }
            work.idle += 1;
            work = self.more.wait(work).unwrap_or_else(PoisonError::into_inner);
            work.idle -= 1;
        }
    }

    /// Reads the block whose turn it is.
    pub(super) fn read(&self, mut reader: Box<Reader>, block: &mut Block) -> Option<Place> {
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
    pub(super) fn deal(&self, number: u64, lanes: impl Iterator<Item = Lane>) {
        let mut work = self.work();
        for (inbox, lane) in work.inboxes.iter_mut().zip(lanes) {
            inbox.put(number, lane);
        }
        self.tell(work);
    }
}

impl Schedule {
    /// How many blocks may be between being taken on and being done with.
    fn most(&self) -> u64 {
        (BLOCKS * self.inboxes.len()) as u64
    }

    /// Whether a block may be taken on: the slowest stage is near enough, and there is something to do for it now. To
    /// read without a piece is to wait until all before have been read.
    fn may_take_on(&self) -> bool {
        let slowest = self.inboxes.iter().map(|inbox| inbox.done).min().unwrap_or(0);
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

impl Inbox {
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

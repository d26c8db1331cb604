//! The scheduler of a run over captures: which worker does what next. Blocks are numbered in input order.

use std::collections::VecDeque;
use std::sync::PoisonError;

use super::sync::{Condvar, Mutex, MutexGuard};
use crate::pool::Abandoned;

/// The most blocks for each worker that may be taken on and not yet done with. This is less than the number after
/// which a stage answers, so no worker waits for the asking thread while that thread waits for another.
pub(super) const BLOCKS: usize = 3;

/// Reads an input block by block, in order; the worker that holds it reads the next block.
pub(super) trait BlockReader: Send {
    type Block;
    /// A piece of the input that is to become a block.
    type Claim;
    /// The place of a block in the input.
    type Place;

    /// Claims the next piece of the input, to be read into a block before its turn; `None` if there are no pieces.
    fn claim(&mut self) -> Option<Self::Claim>;

    /// Fills the block, or completes the part of its claim that was read; `None` when the input is over.
    fn read(&mut self, block: &mut Self::Block) -> Option<Self::Place>;
}

/// The meeting point of workers that read one input. `L` is a worker's part of a block: its lane.
pub(super) struct Scheduler<R: BlockReader, L> {
    work: Mutex<Schedule<R, L>>,
    /// Signals that there may be something to do for a worker that had nothing.
    more: Condvar,
}

/// The work at hand. Blocks are numbered in the order of the input.
struct Schedule<R: BlockReader, L> {
    /// `None` while a worker reads a block with it.
    reader: Option<Box<R>>,
    /// Pieces of the input for the blocks that are taken on next.
    claims: VecDeque<R::Claim>,
    /// Number of blocks that have been taken on, and number of these that have been read.
    taken_on: u64,
    read: u64,
    /// Number of workers that have nothing to do.
    idle: usize,
    /// Whether no more blocks can be read.
    over: bool,
    /// Whether a worker or the asking thread is gone. Then nobody takes the work that is left.
    abandoned: bool,
    inboxes: Vec<Inbox<L>>,
}

/// The lanes for a worker's stage.
struct Inbox<L> {
    /// Number of lanes that the stage has had.
    done: u64,
    /// The lanes that follow these; `None` for a lane that has not come.
    lanes: VecDeque<Option<L>>,
}

/// The next step of a worker.
pub(super) enum Step<R: BlockReader, L> {
    /// Pass a lane of a block to the stage.
    Take(u64, L),
    /// Read a block that the worker has taken on.
    Read(u64, R::Block, Box<R>),
    /// Take on a block, with a piece of the input if there is one.
    TakeOn(u64, Option<R::Claim>),
    /// Finish: the input is over.
    Finish,
}

impl<R: BlockReader, L> Scheduler<R, L> {
    pub(super) fn new(reader: R, count: usize) -> Self {
        let work = Schedule {
            reader: Some(Box::new(reader)),
            claims: VecDeque::new(),
            taken_on: 0,
            read: 0,
            idle: 0,
            over: false,
            abandoned: false,
            inboxes: (0..count).map(|_| Inbox { done: 0, lanes: VecDeque::new() }).collect(),
        };
        Self { work: Mutex::new(work), more: Condvar::new() }
    }

    fn work(&self) -> MutexGuard<'_, Schedule<R, L>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.work().abandoned
    }

    pub(super) fn abandon(&self) {
        self.work().abandoned = true;
        self.more.notify_all();
    }

    /// Tells workers that had nothing to do to look again.
    fn tell(&self, work: MutexGuard<'_, Schedule<R, L>>) {
        let somebody_waits = work.idle > 0;
        drop(work);
        if somebody_waits {
            self.more.notify_all();
        }
    }

    /// Waits for something to do for a worker, which has taken on the blocks `ahead`.
    pub(super) fn next(
        &self,
        worker: usize,
        ahead: &mut VecDeque<(u64, R::Block)>,
    ) -> Result<Step<R, L>, Abandoned> {
        let mut work = self.work();
        loop {
            if work.abandoned {
                return Err(Abandoned);
            }
            if let Some((number, lane)) = work.inboxes[worker].next() {
                // This worker may have been the one that kept others from going on.
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
    pub(super) fn read(&self, mut reader: Box<R>, block: &mut R::Block) -> Option<R::Place> {
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
    pub(super) fn deal(&self, number: u64, lanes: impl Iterator<Item = L>) {
        let mut work = self.work();
        for (inbox, lane) in work.inboxes.iter_mut().zip(lanes) {
            inbox.put(number, lane);
        }
        self.tell(work);
    }
}

impl<R: BlockReader, L> Schedule<R, L> {
    /// The most blocks that may be taken on and not yet done with.
    fn most(&self) -> u64 {
        (BLOCKS * self.inboxes.len()) as u64
    }

    /// Whether a block may be taken on: the slowest stage is near enough, and there is something to do for the block
    /// now. A block without a piece has to wait until all blocks before it have been read.
    fn may_take_on(&self) -> bool {
        let slowest = self.inboxes.iter().map(|inbox| inbox.done).min().unwrap_or(0);
        let is_near = self.taken_on < slowest + self.most();
        is_near && !self.over && (!self.claims.is_empty() || self.taken_on == self.read)
    }

    fn take_on(&mut self) -> Option<(u64, Option<R::Claim>)> {
        if !self.may_take_on() {
            return None;
        }
        self.taken_on += 1;
        Some((self.taken_on - 1, self.claims.pop_front()))
    }
}

impl<L> Inbox<L> {
    fn put(&mut self, number: u64, lane: L) {
        let place = (number - self.done) as usize;
        if place >= self.lanes.len() {
            self.lanes.resize_with(place + 1, || None);
        }
        self.lanes[place] = Some(lane);
    }

    /// The next lane and the number of its block, if it has come.
    fn next(&mut self) -> Option<(u64, L)> {
        let lane = self.lanes.front_mut()?.take()?;
        self.lanes.pop_front();
        self.done += 1;
        Some((self.done - 1, lane))
    }
}

/// An input of numbers, and workers that note which numbers they had.
#[cfg(test)]
mod input_of_numbers {
    use super::*;

    pub(super) struct Numbers {
        pub(super) read: u64,
        pub(super) claimed: u64,
        pub(super) count: u64,
        /// Whether blocks are claimed ahead of their turn.
        pub(super) is_in_pieces: bool,
    }

    impl BlockReader for Numbers {
        type Block = u64;
        type Claim = u64;
        type Place = ();

        fn claim(&mut self) -> Option<u64> {
            // Nobody claims a block that was read in its turn.
            self.claimed = self.claimed.max(self.read);
            (self.is_in_pieces && self.claimed < self.count).then(|| {
                self.claimed += 1;
                self.claimed - 1
            })
        }

        fn read(&mut self, block: &mut u64) -> Option<()> {
            *block = self.read;
            (self.read < self.count).then(|| self.read += 1)
        }
    }

    /// A scheduler of the numbers from 0 on, for `workers` workers.
    pub(super) fn scheduler(count: u64, is_in_pieces: bool, workers: usize) -> Scheduler<Numbers, u64> {
        Scheduler::new(Numbers { read: 0, claimed: 0, count, is_in_pieces }, workers)
    }

    /// Works to the end; returns the lanes that the worker had, in order. Each step is shown before it is done.
    pub(super) fn work(
        scheduler: &Scheduler<Numbers, u64>,
        (worker, workers): (usize, usize),
        mut show: impl FnMut(&Step<Numbers, u64>),
    ) -> Result<Vec<u64>, Abandoned> {
        let (mut ahead, mut had) = (VecDeque::new(), Vec::new());
        loop {
            let step = scheduler.next(worker, &mut ahead)?;
            show(&step);
            match step {
                Step::Take(number, lane) => {
                    assert_eq!(number, lane, "a lane of another block");
                    had.push(lane);
                }
                Step::Read(number, mut block, reader) => {
                    if scheduler.read(reader, &mut block).is_some() {
                        scheduler.deal(number, (0..workers).map(|_| block));
                    }
                }
                Step::TakeOn(number, claim) => {
                    assert!(claim.is_none_or(|claim| claim == number), "a piece of another block");
                    ahead.push_back((number, u64::MAX));
                }
                Step::Finish => return Ok(had),
            }
        }
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::sync::Arc;
    use loom::thread;

    use super::input_of_numbers::{scheduler, work};
    use super::*;

    /// Checks every interleaving in which a thread is stopped at most this often where it could have gone on.
    fn model(model: impl Fn() + Send + Sync + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(model);
    }

    fn every_worker_has_every_lane_in_order(count: u64, is_in_pieces: bool) {
        model(move || {
            let scheduler = Arc::new(scheduler(count, is_in_pieces, 2));
            let other = Arc::clone(&scheduler);
            let other = thread::spawn(move || work(&other, (1, 2), |_| {}).ok());
            let expected: Vec<u64> = (0..count).collect();
            assert_eq!(work(&scheduler, (0, 2), |_| {}).ok(), Some(expected.clone()));
            assert_eq!(other.join().expect("workers do not panic"), Some(expected));
        });
    }

    #[test]
    fn blocks_that_are_read_in_their_turn() {
        every_worker_has_every_lane_in_order(2, false);
    }

    #[test]
    fn blocks_that_are_claimed_ahead() {
        every_worker_has_every_lane_in_order(2, true);
    }

    #[test]
    fn who_is_abandoned_does_not_wait() {
        model(|| {
            let scheduler = Arc::new(scheduler(1, false, 2));
            let other = Arc::clone(&scheduler);
            // This worker is gone after its first step. The other worker has all it needs, or is told.
            let other = thread::spawn(move || {
                let step = other.next(1, &mut VecDeque::new());
                drop(step);
                other.abandon();
            });
            let had = work(&scheduler, (0, 2), |_| {});
            other.join().expect("workers do not panic");
            assert!(had.is_err() || had.is_ok_and(|had| had == [0]));
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::input_of_numbers::{scheduler, work};
    use super::*;

    #[test]
    fn workers_have_all_lanes_in_order_whoever_reads_the_blocks() {
        for (workers, is_in_pieces) in [(1, false), (1, true), (2, true), (5, false), (8, true)] {
            let scheduler = scheduler(1000, is_in_pieces, workers);
            thread::scope(|scope| {
                let threads: Vec<_> = (0..workers)
                    .map(|worker| {
                        let scheduler = &scheduler;
                        scope.spawn(move || work(scheduler, (worker, workers), |_| {}).ok())
                    })
                    .collect();
                for thread in threads {
                    assert_eq!(thread.join().unwrap(), Some((0..1000).collect()));
                }
            });
        }
    }

    #[test]
    fn no_block_is_taken_on_far_ahead_of_the_slowest_stage() {
        let scheduler = scheduler(1000, true, 2);
        let taken_on = AtomicU64::new(0);
        let count = |step: &Step<_, _>| {
            if let Step::TakeOn(number, _) = step {
                taken_on.fetch_max(number + 1, Ordering::Relaxed);
            }
        };
        thread::scope(|scope| {
            let other = scope.spawn(|| work(&scheduler, (1, 2), count).ok());
            // This worker does nothing until the other can do nothing more.
            while scheduler.work().idle == 0 && !other.is_finished() {
                thread::yield_now();
            }
            assert_eq!(taken_on.load(Ordering::Relaxed), 2 * BLOCKS as u64);
            let mut had = 0;
            let own = work(&scheduler, (0, 2), |step| {
                count(step);
                had += u64::from(matches!(step, Step::Take(..)));
                assert!(taken_on.load(Ordering::Relaxed) <= had + 2 * BLOCKS as u64);
            });
            assert_eq!(own.ok().map(|had| had.len()), Some(1000));
            assert_eq!(other.join().unwrap().map(|had| had.len()), Some(1000));
        });
    }

    #[test]
    fn what_is_there_is_taken_before_more_is_read() {
        let scheduler = scheduler(10, true, 1);
        let mut steps = String::new();
        let had = work(&scheduler, (0, 1), |step| {
            steps.push(match step {
                Step::Take(..) => 'T',
                Step::Read(..) => 'R',
                Step::TakeOn(..) => 'O',
                Step::Finish => 'F',
            });
        });
        assert_eq!(had.ok(), Some((0..10).collect()));
        // A lane that has come is taken at once. The block that is next in line is read before another is taken on.
        assert!(!steps.contains("RR") && !steps.contains("RO"), "{steps}");
        assert!(steps.ends_with("RF"), "{steps}");
    }
}

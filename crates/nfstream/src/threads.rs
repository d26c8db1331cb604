//! The threads of a run: one worker for each meter, beside the thread that asks for records.
//!
//! The workers read in turns: the one that holds the reader fills a block, hands the reader to the next worker and decodes
//! what it has read. Of a plain file it also claims the piece that it will fill its next block with, and copies it out of
//! the page cache while others hold the reader: then only the search for records is done by one at a time. It gives every worker the lane of that worker's flows, and meters the lanes that it is given itself,
//! in the order of the blocks. So reading and metering overlap, the work of decoding is shared, all packets of a flow
//! reach one meter, and they reach it in order. Every few turns each worker answers with the flows that ended; the asking
//! thread merges the answers.
//!
//! All queues are bounded. Nobody waits in a circle: a worker waits for the reader, for lanes of a turn before its own,
//! for a worker that is behind it, or for the asking thread, and the worker that is furthest behind finds room in every
//! queue between workers.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};
use nfstream_capture::{Block, Claim};
use nfstream_dpi::Memory;

use crate::error::Error;
use crate::meter::{Arrival, Ended, Meter, Moment, Rules};
use crate::plugin::Taught;
use crate::reader::{Decoder, Place, Reader};

/// Messages that may wait in a queue: enough to ride out a slow moment, little memory.
const QUEUE: usize = 2;

/// Turns that are answered together, so that the asking thread is woken seldom. A silent input is answered at once.
const TURNS_AN_ANSWER: usize = 8;

/// How long to wait for an answer before the caller gets a chance to look after other things.
const PATIENCE: Duration = Duration::from_millis(100);

/// The workers, as the thread sees them that asks for records.
pub(crate) struct Threads {
    workers: Vec<WorkerThread>,
    /// What flows that are merged have taught.
    memory: Memory,
}

struct WorkerThread {
    answers: Receiver<Answer>,
    handle: Option<JoinHandle<()>>,
    /// An answer that the merge has not taken, or not taken whole.
    waiting: Option<Answer>,
}

enum Answer {
    /// What ended in the turns since the last answer, and what flows taught.
    Turns(Vec<Ended>, Vec<Taught>),
    /// A piece of what was left when the input was over.
    Rest(Vec<Ended>),
}

/// The reader on its way from worker to worker.
struct Baton {
    reader: Reader,
    /// Nothing came when another worker read in this turn: the others need not wait for it again.
    silent: bool,
}

/// A block, and the packets in it that are one worker's to meter.
struct Lane {
    block: Arc<Block>,
    place: Place,
    arrivals: Vec<Arrival>,
}

/// Blocks and lists that have been used: filled again, they cost no allocation.
#[derive(Clone)]
struct Spare {
    blocks: (Sender<Block>, Receiver<Block>),
    arrivals: (Sender<Vec<Arrival>>, Receiver<Vec<Arrival>>),
}

impl Threads {
    pub(crate) fn start(
        reader: Reader,
        decoder: &Decoder,
        rules: &Rules,
        n_meters: usize,
    ) -> Result<Self, Error> {
        // Room for all that are in use at a time: to give one back is never to wait.
        let most = (QUEUE + 2) * n_meters;
        let spare = Spare { blocks: bounded(most), arrivals: bounded(most * n_meters) };
        // Lanes from each worker (row) to each (column).
        let lanes: Vec<Vec<_>> =
            (0..n_meters).map(|_| (0..n_meters).map(|_| bounded(QUEUE)).collect()).collect();
        let batons: Vec<_> = (0..n_meters).map(|_| bounded(1)).collect();
        // A fresh queue has room for one.
        let _ = batons[0].0.send(Baton { reader, silent: false });
        let mut workers = Vec::new();
        for number in 0..n_meters {
            let (answer, answers) = bounded(QUEUE);
            let worker = Worker {
                number,
                batons: batons[number].1.clone(),
                next_worker: batons[(number + 1) % n_meters].0.clone(),
                decoder: decoder.clone(),
                to: lanes[number].iter().map(|(to, _)| to.clone()).collect(),
                from: lanes.iter().map(|row| row[number].1.clone()).collect(),
                meter: Meter::new(rules.clone()),
                answer,
                spare: spare.clone(),
                claim: None,
                owed: 0,
                ended: Vec::new(),
                turns: 0,
                silent: false,
            };
            let handle = std::thread::Builder::new()
                .name(format!("meter-{number}"))
                .spawn(move || worker.run())
                .map_err(Error::Thread)?;
            workers.push(WorkerThread { answers, handle: Some(handle), waiting: None });
        }
        Ok(Self { workers, memory: Memory::default() })
    }

    /// The workers' answers to the next turn, or of what they have left at the end as much as can be put in order;
    /// nothing as yet, when they take long.
    pub(crate) fn next(&mut self) -> Option<Vec<Ended>> {
        let deadline = Instant::now() + PATIENCE;
        for worker in &mut self.workers {
            if worker.waiting.is_some() {
                continue;
            }
            match worker.answers.recv_deadline(deadline) {
                Ok(answer) => worker.waiting = Some(answer),
                Err(RecvTimeoutError::Timeout) => return Some(Vec::new()),
                Err(RecvTimeoutError::Disconnected) => join(&mut worker.handle),
            }
        }
        if self.workers.iter().all(|worker| worker.waiting.is_none()) {
            return None;
        }
        Some(self.merge())
    }

    fn merge(&mut self) -> Vec<Ended> {
        // Pieces of what is left are in order, one after the other: up to where the first of them ends, all is known.
        let last = |worker: &WorkerThread| match &worker.waiting {
            Some(Answer::Rest(piece)) => piece.last().map(|(moment, _)| *moment),
            _ => None,
        };
        let known = self.workers.iter().filter_map(last).min();
        let (mut all, mut taught) = (Vec::new(), Vec::new());
        for worker in &mut self.workers {
            match worker.waiting.take() {
                Some(Answer::Turns(ended, lessons)) => {
                    all.extend(ended);
                    taught.extend(lessons);
                }
                Some(Answer::Rest(mut piece)) => {
                    let later = piece.split_off(piece.partition_point(|(moment, _)| Some(*moment) <= known));
                    worker.waiting = (!later.is_empty()).then_some(Answer::Rest(later));
                    all.extend(piece);
                }
                None => {}
            }
        }
        // A stable sort merges what is in order already.
        all.sort_by_key(|(moment, _)| *moment);
        self.conclude(&mut all, taught);
        all
    }

    /// Gives each record what flows before it have taught. Lessons and records are in one order, that of the input.
    fn conclude(&mut self, all: &mut [Ended], mut taught: Vec<Taught>) {
        taught.sort_by_key(Moment::of);
        let mut taught = taught.into_iter().peekable();
        for (moment, record) in all {
            while let Some(lesson) = taught.next_if(|lesson| Moment::of(lesson) < *moment) {
                self.memory.learn(lesson.lesson);
            }
            record.conclude(&self.memory);
        }
        taught.for_each(|lesson| self.memory.learn(lesson.lesson));
    }
}

/// Waits for a thread that is at its end; a panic in it goes on here.
fn join(handle: &mut Option<JoinHandle<()>>) {
    if let Some(Err(panic)) = handle.take().map(JoinHandle::join) {
        std::panic::resume_unwind(panic);
    }
}

struct Worker {
    number: usize,
    batons: Receiver<Baton>,
    next_worker: Sender<Baton>,
    decoder: Decoder,
    to: Vec<Sender<Lane>>,
    from: Vec<Receiver<Lane>>,
    meter: Meter,
    answer: Sender<Answer>,
    spare: Spare,
    /// What the next block is filled with.
    claim: Option<Claim>,
    /// Lanes to meter: of turns in which this worker has had its block.
    owed: usize,
    /// What ended since the last answer, and in how many whole turns.
    ended: Vec<Ended>,
    turns: usize,
    /// A block of the turn at hand was empty.
    silent: bool,
}

/// Another thread is gone: what is left is nobody's to have.
struct Abandoned;

impl Worker {
    fn run(self) {
        // To be abandoned is an end like any other: who abandoned it knows why.
        let _ = self.work();
    }

    /// Works until the input is over, then gives out what is left.
    fn work(mut self) -> Result<(), Abandoned> {
        while let Some((block, place)) = self.read()? {
            self.deal(block, place)?;
            // Lanes of this turn may take a while: there may be a block to read before they come.
            while self.owed > 0 {
                let lane = match self.next_lane().try_recv() {
                    Err(TryRecvError::Empty) if self.owed <= self.from.len() => break,
                    Err(TryRecvError::Empty) => self.next_lane().recv().map_err(|_| Abandoned)?,
                    lane => lane.map_err(|_| Abandoned)?,
                };
                self.meter(lane)?;
            }
        }
        while self.owed > 0 {
            let lane = self.next_lane().recv().map_err(|_| Abandoned)?;
            self.meter(lane)?;
        }
        if self.turns > 0 {
            self.answer()?;
        }
        // That the input is over goes from worker to worker.
        drop(self.next_worker);
        for piece in self.meter.finish() {
            self.answer.send(Answer::Rest(piece)).map_err(|_| Abandoned)?;
        }
        Ok(())
    }

    /// Where the lane comes from that is metered next.
    fn next_lane(&self) -> &Receiver<Lane> {
        let workers = self.from.len();
        &self.from[workers - 1 - (self.owed - 1) % workers]
    }

    /// Waits for the reader and reads a block with it; `None` when the input is over. Turns are whole: in one that the
    /// input does not fill, the workers that are left get an empty block.
    fn read(&mut self) -> Result<Option<(Block, Place)>, Abandoned> {
        let mut block = self.spare.blocks.1.try_recv().unwrap_or_default();
        let claim = self.claim.take();
        let has_piece = claim.is_some();
        if let Some(claim) = claim {
            claim.read_into(&mut block);
        }
        let Ok(Baton { mut reader, mut silent }) = self.batons.recv() else { return Ok(None) };
        let first = self.number == 0;
        let place = if silent && !first && !has_piece { None } else { reader.read(&mut block) };
        if place.is_none() && first {
            return Ok(None);
        }
        self.claim = reader.claim();
        silent = place.is_none() || block.is_empty();
        let dealt = place.map_or_else(|| (Block::default(), reader.next_place()), |place| (block, place));
        self.next_worker.send(Baton { reader, silent }).map_err(|_| Abandoned)?;
        Ok(Some(dealt))
    }

    /// Decodes a block and gives every worker its lane.
    fn deal(&mut self, block: Block, place: Place) -> Result<(), Abandoned> {
        let spare = || self.spare.arrivals.1.try_recv().unwrap_or_default();
        let mut lanes: Vec<Vec<Arrival>> = self.to.iter().map(|_| spare()).collect();
        self.decoder.decode(&block, place, &mut lanes);
        let block = Arc::new(block);
        for (to, arrivals) in self.to.iter().zip(lanes) {
            to.send(Lane { block: Arc::clone(&block), place, arrivals }).map_err(|_| Abandoned)?;
        }
        self.owed += self.from.len();
        Ok(())
    }

    /// Meters a lane, and answers when the time has come; every worker does so after the same turns.
    fn meter(&mut self, Lane { block, place, mut arrivals }: Lane) -> Result<(), Abandoned> {
        self.ended.append(&mut self.meter.meter(&block, &arrivals, place));
        self.silent |= block.is_empty();
        arrivals.clear();
        // Where there is no room for them, they are dropped.
        let _ = self.spare.arrivals.0.try_send(arrivals);
        if let Some(block) = Arc::into_inner(block) {
            let _ = self.spare.blocks.0.try_send(block);
        }
        self.owed -= 1;
        if self.owed.is_multiple_of(self.from.len()) {
            self.turns += 1;
            if self.silent || self.turns == TURNS_AN_ANSWER {
                self.answer()?;
            }
        }
        Ok(())
    }

    fn answer(&mut self) -> Result<(), Abandoned> {
        (self.turns, self.silent) = (0, false);
        let (ended, taught) = (std::mem::take(&mut self.ended), self.meter.take_taught());
        self.answer.send(Answer::Turns(ended, taught)).map_err(|_| Abandoned)
    }
}

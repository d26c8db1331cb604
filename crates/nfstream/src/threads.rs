//! The threads of a run: workers beside the thread that asks.
//!
//! The workers read in turns: the one that holds the reader fills a block, hands the reader to the next worker and decodes
//! what it has read. Of a plain file it also claims the piece that it will fill its next block with, and copies it out of
//! the page cache while others hold the reader: then only the search for records is done by one at a time. It gives every
//! worker the lane of that worker's flows, and puts the lanes that it is given itself to its [`Station`], in the order of
//! the blocks. So reading and the rest overlap, the work of decoding is shared, all packets of a flow reach one station, and
//! they reach it in order. Stations answer now and then, all of them after the same lanes; the asking thread puts the
//! answers together.
//!
//! All queues are bounded. Nobody waits in a circle: a worker waits for the reader, for lanes of a turn before its own,
//! for a worker that is behind it, or for the asking thread, and the worker that is furthest behind finds room in every
//! queue between workers.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};
use nfstream_capture::{Block, Claim};

use crate::error::Error;
use crate::meter::Arrival;
use crate::reader::{Decoder, Place, Reader};

/// Messages that may wait in a queue: enough to ride out a slow moment, little memory.
const QUEUE: usize = 2;

/// How long to wait for an answer before the caller gets a chance to look after other things.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a worker does with its lanes.
pub(crate) trait Station: Send + 'static {
    type Answer: Send;

    /// Takes a lane; `ends_turn` when it is the last of its turn. May answer then, and only then: a worker may be one turn
    /// behind another, and the other must not wait for the asking thread meanwhile. If it answers, all stations do.
    fn take(&mut self, lane: Lane, ends_turn: bool, spare: &Spare) -> Option<Self::Answer>;

    /// The input is over: what there is to answer yet.
    fn finish(self) -> impl Iterator<Item = Self::Answer>;
}

/// The workers, as the asking thread sees them.
pub(crate) struct Workers<A> {
    workers: Vec<WorkerThread<A>>,
    spare: Spare,
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

/// The reader on its way from worker to worker.
struct Baton {
    reader: Reader,
    /// Nothing came when another worker read in this turn: the others need not wait for it again.
    silent: bool,
}

/// A block, and the packets in it that are one worker's.
pub(crate) struct Lane {
    pub(crate) block: Arc<Block>,
    pub(crate) place: Place,
    pub(crate) arrivals: Vec<Arrival>,
}

/// Blocks and lists that have been used: filled again, they cost no allocation.
#[derive(Clone)]
pub(crate) struct Spare {
    blocks: (Sender<Block>, Receiver<Block>),
    arrivals: (Sender<Vec<Arrival>>, Receiver<Vec<Arrival>>),
}

impl Spare {
    /// Takes in what is left of a lane. Where there is no room for it, it is dropped.
    pub(crate) fn take(&self, Lane { block, mut arrivals, .. }: Lane) {
        arrivals.clear();
        let _ = self.arrivals.0.try_send(arrivals);
        if let Some(block) = Arc::into_inner(block) {
            let _ = self.blocks.0.try_send(block);
        }
    }
}

impl<A: Send + 'static> Workers<A> {
    /// Starts one worker for each station.
    pub(crate) fn start(
        reader: Reader,
        decoder: &Decoder,
        stations: Vec<impl Station<Answer = A>>,
    ) -> Result<Self, Error> {
        let count = stations.len();
        // Room for all that are in use at a time: to give one back is never to wait.
        let most = (QUEUE + 2) * count;
        let spare = Spare { blocks: bounded(most), arrivals: bounded(most * count) };
        // Lanes from each worker (row) to each (column).
        let lanes: Vec<Vec<_>> = (0..count).map(|_| (0..count).map(|_| bounded(QUEUE)).collect()).collect();
        let batons: Vec<_> = (0..count).map(|_| bounded(1)).collect();
        // A fresh queue has room for one.
        let _ = batons[0].0.send(Baton { reader, silent: false });
        let mut workers = Vec::new();
        for (number, station) in stations.into_iter().enumerate() {
            let (answer, answers) = bounded(QUEUE);
            let worker = Worker {
                number,
                batons: batons[number].1.clone(),
                next_worker: batons[(number + 1) % count].0.clone(),
                decoder: decoder.clone(),
                to: lanes[number].iter().map(|(to, _)| to.clone()).collect(),
                from: lanes.iter().map(|row| row[number].1.clone()).collect(),
                station,
                answer,
                spare: spare.clone(),
                claim: None,
                owed: 0,
            };
            let handle = std::thread::Builder::new()
                .name(format!("meter-{number}"))
                .spawn(move || worker.run())
                .map_err(Error::Thread)?;
            workers.push(WorkerThread { answers, handle: Some(handle), waiting: None });
        }
        Ok(Self { workers, spare })
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
                Err(RecvTimeoutError::Disconnected) => join(&mut worker.handle),
            }
        }
        match self.workers.iter().all(|worker| worker.waiting.is_none()) {
            true => Collected::Over,
            false => Collected::All,
        }
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

struct Worker<S: Station> {
    number: usize,
    batons: Receiver<Baton>,
    next_worker: Sender<Baton>,
    decoder: Decoder,
    to: Vec<Sender<Lane>>,
    from: Vec<Receiver<Lane>>,
    station: S,
    answer: Sender<S::Answer>,
    spare: Spare,
    /// What the next block is filled with.
    claim: Option<Claim>,
    /// Lanes that are to come: of turns in which this worker has had its block.
    owed: usize,
}

/// Another thread is gone: what is left is nobody's to have.
struct Abandoned;

impl<S: Station> Worker<S> {
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
                self.take(lane)?;
            }
        }
        while self.owed > 0 {
            let lane = self.next_lane().recv().map_err(|_| Abandoned)?;
            self.take(lane)?;
        }
        // That the input is over goes from worker to worker.
        drop(self.next_worker);
        for answer in self.station.finish() {
            self.answer.send(answer).map_err(|_| Abandoned)?;
        }
        Ok(())
    }

    /// Where the lane comes from that is taken next.
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

    fn take(&mut self, lane: Lane) -> Result<(), Abandoned> {
        self.owed -= 1;
        let ends_turn = self.owed.is_multiple_of(self.from.len());
        match self.station.take(lane, ends_turn, &self.spare) {
            Some(answer) => self.answer.send(answer).map_err(|_| Abandoned),
            None => Ok(()),
        }
    }
}

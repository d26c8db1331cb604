//! Several meters, each in a thread, and a thread that reads for them.
//!
//! The reader deals out blocks in turns: in each turn every worker gets one. A worker decodes its block, gives every
//! worker the lane of that worker's flows, and meters the lanes that it is given itself, in the order of the blocks. It
//! answers every turn with the flows that ended; the asking thread merges the answers. So the work of decoding is
//! shared, all packets of a flow reach one meter, and they reach it in order.
//!
//! All queues are bounded. Nobody waits in a circle: a worker waits only for the reader, for a worker that is behind it, or
//! for the asking thread, and the worker that is furthest behind finds room in every queue between workers.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use nfstream_capture::Block;

use crate::error::Error;
use crate::meter::{Arrival, Ended, Meter, Rules};
use crate::reader::{Decoder, Place, Reader};

/// Turns that may wait in a queue: enough to ride out a slow moment, little memory.
const QUEUE: usize = 2;

/// How long to wait for an answer before the caller gets a chance to look after other things.
const PATIENCE: Duration = Duration::from_millis(100);

/// The workers, as the thread sees them that asks for records.
pub(crate) struct Threads {
    workers: Vec<WorkerThread>,
    reader: Option<JoinHandle<()>>,
}

struct WorkerThread {
    answers: Receiver<Answer>,
    handle: Option<JoinHandle<()>>,
    /// An answer that the merge has not taken, or not taken whole.
    waiting: Option<Answer>,
}

enum Answer {
    /// What ended in one turn.
    Turn(Vec<Ended>),
    /// A piece of what was left when the input was over.
    Rest(Vec<Ended>),
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
        let most = (2 * QUEUE + 2) * n_meters;
        let spare = Spare { blocks: bounded(most), arrivals: bounded(most * n_meters) };
        let (mut deals, mut workers) = (Vec::new(), Vec::new());
        // Lanes from each worker (row) to each (column).
        let lanes: Vec<Vec<_>> =
            (0..n_meters).map(|_| (0..n_meters).map(|_| bounded(QUEUE)).collect()).collect();
        for number in 0..n_meters {
            let (deal, blocks) = bounded(QUEUE);
            let (answer, answers) = bounded(QUEUE);
            let worker = Worker {
                blocks,
                decoder: decoder.clone(),
                to: lanes[number].iter().map(|(to, _)| to.clone()).collect(),
                from: lanes.iter().map(|row| row[number].1.clone()).collect(),
                meter: Meter::new(rules.clone()),
                answer,
                spare: spare.clone(),
            };
            let handle = spawn(format!("meter-{number}"), move || worker.run())?;
            deals.push(deal);
            workers.push(WorkerThread { answers, handle: Some(handle), waiting: None });
        }
        let reader = spawn("reader".to_owned(), move || deal_out(reader, &deals, &spare))?;
        Ok(Self { workers, reader: Some(reader) })
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
            join(&mut self.reader);
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
        let mut all = Vec::new();
        for worker in &mut self.workers {
            match worker.waiting.take() {
                Some(Answer::Turn(ended)) => all.extend(ended),
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
        all
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

/// Reads until the input is over or nobody wants the records any more. Turns are whole: when the input is over, or
/// silent, the workers that are left get an empty block.
fn deal_out(mut reader: Reader, deals: &[Sender<(Block, Place)>], spare: &Spare) {
    loop {
        let mut silent = false;
        for (number, deal) in deals.iter().enumerate() {
            let mut block = spare.blocks.1.try_recv().unwrap_or_default();
            let read = if silent { None } else { reader.read(&mut block) };
            if read.is_none() && number == 0 {
                return;
            }
            silent = read.is_none() || block.is_empty();
            let dealt = read.map_or_else(|| (Block::default(), reader.next_place()), |place| (block, place));
            if deal.send(dealt).is_err() {
                return;
            }
        }
    }
}

struct Worker {
    blocks: Receiver<(Block, Place)>,
    decoder: Decoder,
    to: Vec<Sender<Lane>>,
    from: Vec<Receiver<Lane>>,
    meter: Meter,
    answer: Sender<Answer>,
    spare: Spare,
}

impl Worker {
    /// Works until the reader is done, then gives out what is left; stops when another thread is gone before that.
    fn run(mut self) {
        while let Ok((block, place)) = self.blocks.recv() {
            let Some(ended) = self.turn(block, place) else { return };
            if self.answer.send(Answer::Turn(ended)).is_err() {
                return;
            }
        }
        for piece in self.meter.finish() {
            if self.answer.send(Answer::Rest(piece)).is_err() {
                return;
            }
        }
    }

    fn turn(&mut self, block: Block, place: Place) -> Option<Vec<Ended>> {
        let spare = || self.spare.arrivals.1.try_recv().unwrap_or_default();
        let mut lanes: Vec<Vec<Arrival>> = self.to.iter().map(|_| spare()).collect();
        self.decoder.decode(&block, place, &mut lanes);
        let block = Arc::new(block);
        for (to, arrivals) in self.to.iter().zip(lanes) {
            to.send(Lane { block: Arc::clone(&block), place, arrivals }).ok()?;
        }
        drop(block);
        let mut ended = Vec::new();
        for from in &self.from {
            let Lane { block, place, mut arrivals } = from.recv().ok()?;
            ended.extend(self.meter.meter(&block, &arrivals, place));
            arrivals.clear();
            // Where there is no room for them, they are dropped.
            let _ = self.spare.arrivals.0.try_send(arrivals);
            if let Some(block) = Arc::into_inner(block) {
                let _ = self.spare.blocks.0.try_send(block);
            }
        }
        Some(ended)
    }
}

//! Starts the workers of a run and collects their answers.
//!
//! Over captures, workers share a [`Scheduler`]. The next free worker claims the next block of the input. A block of a plain
//! file is a piece of it, which its worker copies out of the page cache while others copy theirs. Only the search for record
//! boundaries runs one block at a time, in order. The worker then decodes the block and gives every worker the lane with that
//! worker's packets. Each worker passes its lanes to its [`Stage`] in block order, before it does anything else. With no lane
//! ready, it reads its oldest claimed block if that block is next in line; otherwise it claims another. So one slow worker
//! holds up the others little, all packets of a flow reach one stage, and they reach it in order. All stages answer after the
//! same lanes, and the asking thread merges the answers. A worker that waits for room for an answer, or has given its last,
//! runs tasks from the [pool](crate::pool).
//!
//! All queues are bounded, because no block is claimed too far ahead of the slowest stage. There is no deadlock: a worker that
//! holds claimed blocks waits only for earlier blocks. When a worker waits for the asking thread, the other workers can answer
//! as often as that worker without any of its claimed blocks.
//!
//! Over an interface there is one [ring worker](super::ring_worker) for each ring.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use crossbeam_channel::unbounded;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
#[cfg(target_os = "linux")]
use nfstream_capture::{Losses, Ring};

use super::file_worker::{AbortOnPanic, CaptureScheduler, Worker};
use super::recycler::Recycler;
#[cfg(target_os = "linux")]
use super::ring_worker::{AbortFlag, LiveWorker};
use super::scheduler::{BLOCKS, Scheduler};
use super::stage::Stage;
use crate::error::Error;
#[cfg(target_os = "linux")]
use crate::input::Duplicates;
use crate::input::{Decoder, Feed, Opened, Reader};
#[cfg(target_os = "linux")]
use crate::lane::Share;
use crate::pool::{Helper, Pool};

/// Answers that may wait in a queue: enough to ride out a slow moment, with little memory.
const QUEUE: usize = 2;

/// How long to wait for an answer before the caller gets a chance to look after other things.
const PATIENCE: Duration = Duration::from_millis(100);

/// The workers, as the asking thread sees them.
pub(crate) struct Workers<A> {
    workers: Vec<WorkerThread<A>>,
    recycler: Arc<Recycler>,
    shared: Shared,
    /// `None` when the run is over.
    here: Option<Sender<()>>,
    /// Whether a worker may wait without end for a reader that is not ours.
    may_block: bool,
}

/// State that workers share.
enum Shared {
    Scheduler(Arc<CaptureScheduler>),
    #[cfg(target_os = "linux")]
    AbortFlag(Arc<AbortFlag>),
}

impl Shared {
    /// Whether workers that have given their last answer are still there to run tasks.
    fn has_helpers(&self) -> bool {
        match self {
            Self::Scheduler(scheduler) => !scheduler.is_abandoned(),
            #[cfg(target_os = "linux")]
            Self::AbortFlag(_) => false,
        }
    }
}

struct WorkerThread<A> {
    answers: Receiver<A>,
    handle: Option<JoinHandle<()>>,
    /// An answer that was not taken, or not taken whole.
    waiting: Option<A>,
}

/// The result of waiting for answers.
#[derive(PartialEq, Eq)]
pub(crate) enum Collected {
    /// Every worker that is not at its end has answered.
    All,
    /// Nothing yet: the workers take long.
    Nothing,
    /// Every worker is at its end.
    Over,
}

impl<A: Send + 'static> Workers<A> {
    /// Starts one worker for each stage.
    pub(crate) fn start(
        opened: Opened,
        decoder: &Decoder,
        stages: Vec<impl Stage<Answer = A>>,
        pool: &Arc<Pool>,
    ) -> Result<Self, Error> {
        match opened {
            Opened::Captures(captures, filter) => {
                let reader = Reader::new(Feed::Captures(captures), filter, decoder);
                Self::start_over_captures(reader, decoder, stages, pool)
            }
            Opened::Libpcap(interface) => {
                let reader = Reader::new(Feed::libpcap(interface), None, decoder);
                Self::start_over_captures(reader, decoder, stages, pool)
            }
            #[cfg(target_os = "linux")]
            Opened::Interface(rings, _) => Self::start_over_rings(rings, decoder, stages),
        }
    }

    fn start_over_captures(
        reader: Reader,
        decoder: &Decoder,
        stages: Vec<impl Stage<Answer = A>>,
        pool: &Arc<Pool>,
    ) -> Result<Self, Error> {
        let count = stages.len();
        let may_block = reader.may_block();
        let scheduler = Arc::new(Scheduler::new(reader, count));
        // There is room for all blocks and lists that are in use at a time.
        let recycler = Arc::new(Recycler::new(BLOCKS * count, BLOCKS * count * (count + 1)));
        let (here, over) = bounded(0);
        let shared = Shared::Scheduler(Arc::clone(&scheduler));
        let mut workers = Self { workers: Vec::new(), recycler, shared, here: Some(here), may_block };
        for (number, stage) in stages.into_iter().enumerate() {
            let (answer, answers) = bounded(QUEUE);
            let worker = Worker {
                number,
                count,
                presence: AbortOnPanic { scheduler: Arc::clone(&scheduler), answer },
                decoder: decoder.clone(),
                stage,
                recycler: Arc::clone(&workers.recycler),
                ahead: VecDeque::new(),
                helper: Helper::new(pool),
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
        stages: Vec<impl Stage<Answer = A>>,
    ) -> Result<Self, Error> {
        let abort_flag = Arc::new(AbortFlag::default());
        let shared = Shared::AbortFlag(Arc::clone(&abort_flag));
        let mut workers = Self {
            workers: Vec::new(),
            recycler: Arc::new(Recycler::new(rings.len(), QUEUE + rings.len())),
            shared,
            here: None,
            may_block: false,
        };
        let (others, inboxes): (Vec<_>, Vec<_>) = rings.iter().map(|_| unbounded()).unzip();
        for (number, ((ring, stage), handed_over)) in rings.into_iter().zip(stages).zip(inboxes).enumerate() {
            let (answer, answers) = bounded(QUEUE);
            let worker = LiveWorker {
                number,
                ring,
                abort_flag: Arc::clone(&abort_flag),
                decoder: decoder.clone(),
                duplicates: Duplicates::within(decoder.tidying.dedup),
                stage,
                answer,
                others: others.clone(),
                handed_over,
                // The lanes that the worker passes to its stage come back to it.
                recycler: Recycler::new(1, 2 + others.len()),
                share: Share { number, of: others.len(), steering: decoder.steering.clone() },
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
                Err(RecvTimeoutError::Disconnected) if self.shared.has_helpers() => {}
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

    /// The recycler of used blocks and lists.
    pub(crate) fn recycler(&self) -> &Recycler {
        &self.recycler
    }
}

/// Waits for a thread that is at its end; a panic in it resumes here.
fn join(handle: &mut Option<JoinHandle<()>>) {
    if let Some(Err(panic)) = handle.take().map(JoinHandle::join) {
        std::panic::resume_unwind(panic);
    }
}

/// The run ends: after this, nothing more is taken from the input, so another run can read the same FIFO.
impl<A> Drop for Workers<A> {
    fn drop(&mut self) {
        match &self.shared {
            Shared::Scheduler(scheduler) => scheduler.abandon(),
            #[cfg(target_os = "linux")]
            Shared::AbortFlag(abort_flag) => abort_flag.abandon(),
        }
        // Without receivers, no worker waits for room for an answer.
        let handles: Vec<_> = self.workers.drain(..).filter_map(|worker| worker.handle).collect();
        self.here = None;
        if !self.may_block {
            // A panic in a worker has no one to go to any more.
            handles.into_iter().for_each(|handle| drop(handle.join()));
        }
    }
}

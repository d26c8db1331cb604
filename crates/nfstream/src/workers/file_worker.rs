//! A worker of a run over captures: reads, decodes and meters, whichever is next.

use std::collections::VecDeque;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use nfstream_capture::{Block, Claim};

use super::deal::deal;
use super::recycler::Recycler;
use super::scheduler::{BlockReader, Scheduler, Step};
use super::stage::Stage;
use crate::input::{Decoder, Reader};
use crate::lane::{Lane, Place};
use crate::pool::{Abandoned, Helper};

/// The scheduler of a run over captures.
pub(super) type CaptureScheduler = Scheduler<Reader, Lane>;

impl BlockReader for Reader {
    type Block = Block;
    type Claim = Claim;
    type Place = Place;

    fn claim(&mut self) -> Option<Claim> {
        self.claim()
    }

    fn read(&mut self, block: &mut Block) -> Option<Place> {
        self.read(block)
    }
}

pub(super) struct Worker<S: Stage> {
    pub(super) number: usize,
    /// Number of workers.
    pub(super) count: usize,
    pub(super) presence: AbortOnPanic<S::Answer>,
    pub(super) decoder: Decoder,
    pub(super) stage: S,
    pub(super) recycler: Arc<Recycler>,
    /// The blocks that the worker has taken on and not read yet, in order.
    pub(super) ahead: VecDeque<(u64, Block)>,
    pub(super) helper: Helper,
    /// Disconnected when the run is over.
    pub(super) over: Receiver<()>,
}

/// Releases the other threads when a worker panics, before the asking thread can mistake it for a worker at its end.
pub(super) struct AbortOnPanic<A> {
    pub(super) scheduler: Arc<CaptureScheduler>,
    pub(super) answer: Sender<A>,
}

impl<A> Drop for AbortOnPanic<A> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.scheduler.abandon();
        }
    }
}

impl<S: Stage> Worker<S> {
    pub(super) fn run(self) {
        let scheduler = Arc::clone(&self.presence.scheduler);
        // Being abandoned is an end like any other: the thread that abandoned the run knows why.
        if self.work().is_err() {
            scheduler.abandon();
        }
    }

    /// Works until the input is over, gives out the flows that are left, and helps the asking thread with them.
    fn work(mut self) -> Result<(), Abandoned> {
        loop {
            match self.presence.scheduler.next(self.number, &mut self.ahead)? {
                Step::Take(number, lane) => self.take(number, lane)?,
                Step::Read(number, block, reader) => self.read(number, block, reader),
                Step::TakeOn(number, claim) => self.take_on(number, claim),
                Step::Finish => break,
            }
        }
        let Self { stage, presence, helper, over, .. } = self;
        for last in stage.finish() {
            helper.send(&presence.answer, last)?;
        }
        drop(presence);
        helper.help_until(&over);
        Ok(())
    }

    fn take_on(&mut self, number: u64, claim: Option<Claim>) {
        let mut block = self.recycler.block();
        if let Some(claim) = claim {
            claim.read_into(&mut block);
        }
        self.ahead.push_back((number, block));
    }

    /// Reads a block, decodes it and gives every worker its lane.
    fn read(&mut self, number: u64, mut block: Block, reader: Box<Reader>) {
        let Some(place) = self.presence.scheduler.read(reader, &mut block) else { return };
        let lanes = deal(block, place, self.count, &self.decoder, &self.recycler);
        self.presence.scheduler.deal(number, lanes);
    }

    fn take(&mut self, number: u64, lane: Lane) -> Result<(), Abandoned> {
        let ends_turn = (number + 1).is_multiple_of(self.count as u64) || lane.place.silent;
        match self.stage.take(lane, ends_turn, &self.recycler) {
            Some(answer) => self.helper.send(&self.presence.answer, answer),
            None => Ok(()),
        }
    }
}

//! Merges the records of several meters into one order.
//!
//! Every few turns each meter answers with the flows that ended; the asking thread merges the answers.

use std::sync::Arc;

use crate::pool::Pool;
use nfstream_dpi::Memory;

use crate::error::Error;
use crate::features::Taught;
use crate::input::{Decoder, Opened};
use crate::lane::Lane;
use crate::meter::{Config, Ended, Meter, Moment};
use crate::workers::{Collected, Recycler, Stage, Workers};

/// Number of turns that are answered together, so that the asking thread is woken seldom. Meters answer at once when the
/// input is silent. If room is bounded, they answer after every turn, because records that wait take room.
const TURNS_AN_ANSWER: usize = 8;

/// Number of ended flows at which a meter answers at once, over an interface with bounded room.
const MOST_OWED: usize = 1 << 13;

/// Meters at work, and their results.
pub(crate) struct Merge {
    workers: Workers<Answer>,
    /// The lessons of flows that are merged already.
    memory: Memory,
}

enum Answer {
    /// Flows that ended in the turns since the last answer, and the lessons that flows taught.
    Turns(Vec<Ended>, Vec<Taught>),
    /// A piece of the flows that were left when the input was over.
    Rest(Vec<Ended>),
}

impl Merge {
    pub(crate) fn start(
        opened: Opened,
        decoder: &Decoder,
        config: &Config,
        n_meters: usize,
        pool: &Arc<Pool>,
    ) -> Result<Self, Error> {
        let meters = (0..n_meters).map(|number| Metering {
            meter: Meter::new(config.of_meter(number, n_meters, decoder.steering.as_ref())),
            ended: Vec::new(),
            turns: 0,
            turns_an_answer: if config.room.is_bounded() { 1 } else { TURNS_AN_ANSWER },
            owes: false,
        });
        Ok(Self {
            workers: Workers::start(opened, decoder, meters.collect(), pool)?,
            memory: Memory::default(),
        })
    }

    /// The flows that ended in the next turns. At the end, as many of the meters' remaining flows as can be put in order.
    /// Empty when the meters take long.
    pub(crate) fn next(&mut self) -> Option<Vec<Ended>> {
        match self.workers.collect() {
            Collected::All => Some(self.merge()),
            Collected::Nothing => Some(Vec::new()),
            Collected::Over => None,
        }
    }

    fn merge(&mut self) -> Vec<Ended> {
        // The pieces of a meter's remaining flows come in order. So everything is known up to the earliest end of these
        // pieces.
        let last = |waiting: &mut Option<Answer>| match waiting {
            Some(Answer::Rest(piece)) => piece.last().map(|ended| ended.moment),
            _ => None,
        };
        let known = self.workers.answers().filter_map(last).min();
        // Remaining flows come after every turn. Over an interface, one meter may be at its end when another still has
        // turns.
        let in_turns = self.workers.answers().any(|waiting| matches!(waiting, Some(Answer::Turns(..))));
        let (mut all, mut taught) = (Vec::new(), Vec::new());
        for waiting in self.workers.answers() {
            match waiting.take() {
                Some(rest @ Answer::Rest(_)) if in_turns => *waiting = Some(rest),
                Some(Answer::Turns(ended, lessons)) => {
                    all.extend(ended);
                    taught.extend(lessons);
                }
                Some(Answer::Rest(mut piece)) => {
                    let later = piece.split_off(piece.partition_point(|ended| Some(ended.moment) <= known));
                    *waiting = (!later.is_empty()).then_some(Answer::Rest(later));
                    all.extend(piece);
                }
                None => {}
            }
        }
        // A stable sort merges sequences that are already in order.
        all.sort_by_key(|ended| ended.moment);
        self.conclude(&mut all, taught);
        all
    }

    /// Gives each record the lessons of the flows before it. Lessons and records are in the same order, that of the input.
    fn conclude(&mut self, all: &mut [Ended], mut taught: Vec<Taught>) {
        taught.sort_by_key(Moment::of);
        let mut taught = taught.into_iter().peekable();
        for Ended { moment, record, .. } in all {
            while let Some(lesson) = taught.next_if(|lesson| Moment::of(lesson) < *moment) {
                self.memory.learn(lesson.lesson);
            }
            record.conclude(&self.memory);
        }
        taught.for_each(|lesson| self.memory.learn(lesson.lesson));
    }
}

/// A worker with a meter.
struct Metering {
    meter: Meter,
    /// Flows that ended since the last answer, and the number of whole turns since then.
    ended: Vec<Ended>,
    turns: usize,
    /// Number of turns that are answered together.
    turns_an_answer: usize,
    /// Whether there were lanes since the last answer.
    owes: bool,
}

impl Stage for Metering {
    type Answer = Answer;

    /// Meters a lane, and answers when an answer is due. Every worker answers after the same turns.
    fn take(&mut self, lane: Lane, ends_turn: bool, recycler: &Recycler) -> Option<Answer> {
        self.ended.append(&mut self.meter.meter(&lane));
        let is_silent = lane.place.silent;
        recycler.take(lane);
        self.owes = true;
        self.turns += usize::from(ends_turn);
        (ends_turn && (is_silent || self.turns == self.turns_an_answer)).then(|| self.answer())
    }

    fn owes_much(&self) -> bool {
        self.turns_an_answer == 1 && self.ended.len() >= MOST_OWED
    }

    fn active_flows(&self) -> usize {
        self.meter.active_flows()
    }

    fn fragments(&self) -> u64 {
        self.meter.fragments()
    }

    fn finish(mut self) -> impl Iterator<Item = Answer> {
        let last = self.owes.then(|| self.answer());
        last.into_iter().chain(self.meter.finish().map(Answer::Rest))
    }
}

impl Metering {
    fn answer(&mut self) -> Answer {
        (self.turns, self.owes) = (0, false);
        Answer::Turns(std::mem::take(&mut self.ended), self.meter.take_taught())
    }
}

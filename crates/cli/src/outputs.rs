//! All outputs of a run together.

use std::sync::Arc;

use nfstream::sinks::Patience;
use nfstream::{Pool, Record, Schema};

use crate::destination::Destination;
use crate::failure::{Failure, warn};
use crate::output::Output;

/// The outputs, including those that take no more records.
pub(crate) struct Outputs {
    outputs: Vec<Output>,
    goes_on: bool,
    /// Whether an output takes no more records although somebody waits for them.
    have_failed: bool,
    /// Whether the run ended because no output was left.
    ended_early: bool,
}

impl Outputs {
    /// Opens the outputs. A run goes on if its input comes only once. An output that fails is then reported, counted and
    /// tried again. In other runs it is given up.
    pub(crate) fn open(
        destinations: Vec<Destination>,
        schema: &Arc<Schema>,
        goes_on: bool,
        durable: bool,
        patience: &Patience,
        pool: &Arc<Pool>,
    ) -> Result<Self, Failure> {
        let open = |destination| Output::open(destination, schema, goes_on, durable, patience, pool);
        let outputs: Result<Vec<Output>, Failure> = destinations.into_iter().map(open).collect();
        Ok(Self { outputs: outputs?, goes_on, have_failed: false, ended_early: false })
    }

    /// Gives records to every output. Call it without records now and then, too, because time passes.
    pub(crate) fn write(&mut self, records: &[Record]) -> Result<(), Failure> {
        self.for_each(|output| output.write(records))
    }

    /// Completes the current files of outputs that have a next one.
    pub(crate) fn turn(&mut self) -> Result<(), Failure> {
        self.for_each(Output::turn)
    }

    /// Completes all outputs, even if one of them fails.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        let mut finished = Ok(());
        self.outputs.iter_mut().for_each(Output::announce_end);
        for output in &mut self.outputs {
            finished = both(finished, output.finish());
        }
        finished
    }

    /// Ends a run that failed. Records of an input that comes only once are kept; other inputs can be read again.
    pub(crate) fn give_up(&mut self, failure: Failure) -> Result<(), Failure> {
        if self.goes_on {
            return both(Err(failure), self.finish());
        }
        self.outputs.iter_mut().for_each(Output::abandon);
        Err(failure)
    }

    /// Whether an output has failed and the others went on.
    pub(crate) fn have_failed(&self) -> bool {
        self.have_failed
    }

    /// A message about each file of a run that was interrupted.
    pub(crate) fn interruptions(&self) -> impl Iterator<Item = String> {
        self.outputs.iter().filter_map(Output::interruption)
    }

    /// Message about columns that a table could not show.
    pub(crate) fn not_shown(&self) -> Option<String> {
        self.outputs.iter().find_map(Output::not_shown)
    }

    /// Name of each output, and the number of records that should have been written to it and were not.
    pub(crate) fn lost(&self) -> impl Iterator<Item = (&str, u64)> {
        self.outputs.iter().map(|output| (output.name(), output.lost()))
    }

    /// What is lost of each output if the command ends while the output is given `more` records.
    pub(crate) fn lost_at_once(&self, more: u64) -> impl Iterator<Item = String> {
        let goes_on = self.outputs.iter().filter(|output| !output.is_over());
        goes_on.map(move |output| output.lost_at_once(more))
    }

    /// Losses of each output in words, if there are any.
    pub(crate) fn losses(&self) -> impl Iterator<Item = String> {
        self.outputs.iter().filter_map(|output| output.loss(self.ended_early))
    }

    /// Calls `act` on each output. An output takes no more records once its reader has gone or it can no longer be written.
    /// The run ends when no output is left.
    fn for_each(&mut self, mut act: impl FnMut(&mut Output) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut done = Ok(());
        for index in 0..self.outputs.len() {
            let Err(failure) = act(&mut self.outputs[index]) else { continue };
            let given_up = self.outputs[index].given_up();
            self.outputs[index].give_up(&failure);
            if self.outputs.iter().all(Output::is_over) {
                self.ended_early = true;
                done = Err(failure);
            } else if let Failure::Told(message) = failure {
                warn(&format!("{message}: {given_up}; the other outputs continue"));
                self.have_failed = true;
            }
        }
        done
    }
}

/// The first failure; the other one is reported. A reader that has gone counts as a failure only if there is no other.
fn both(first: Result<(), Failure>, second: Result<(), Failure>) -> Result<(), Failure> {
    match (first, second) {
        (first, Ok(())) => first,
        (Ok(()), second) | (Err(Failure::ClosedPipe), second) => second,
        (first, Err(Failure::Told(message))) => {
            warn(&message);
            first
        }
        (first, Err(_)) => first,
    }
}

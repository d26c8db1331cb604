//! All outputs of a run together.

use std::sync::Arc;

use nfstream::sinks::Patience;
use nfstream::{Pool, Record, Schema};

use crate::destination::Destination;
use crate::failure::{Failure, warn};
use crate::output::Output;

/// The outputs, also those that take no more records.
pub(crate) struct Outputs {
    outputs: Vec<Output>,
    goes_on: bool,
    /// Whether there is one that takes no more, although somebody waits for it.
    have_failed: bool,
    /// Whether the run ended because there was none left.
    ended_early: bool,
}

impl Outputs {
    /// Begins the outputs. In a run that goes on, because its input comes only once, an output that fails is told, counted and
    /// tried again; else it is given up.
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

    /// Gives records to every output. To be called with none now and then, too: time passes.
    pub(crate) fn write(&mut self, records: &[Record]) -> Result<(), Failure> {
        self.for_each(|output| output.write(records))
    }

    /// Completes the files at hand, where there are next ones.
    pub(crate) fn turn(&mut self) -> Result<(), Failure> {
        self.for_each(Output::turn)
    }

    /// Completes all outputs, whichever of them fails.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        let mut finished = Ok(());
        for output in &mut self.outputs {
            finished = both(finished, output.finish());
        }
        finished
    }

    /// The end of a run that failed: what came only once is kept, the rest can be had again.
    pub(crate) fn give_up(&mut self, failure: Failure) -> Result<(), Failure> {
        if self.goes_on {
            return both(Err(failure), self.finish());
        }
        self.outputs.iter_mut().for_each(Output::abandon);
        Err(failure)
    }

    /// Whether an output is not what it was to be, and the others were gone on with.
    pub(crate) fn have_failed(&self) -> bool {
        self.have_failed
    }

    /// What each file came to in a run that was interrupted.
    pub(crate) fn interruptions(&self) -> impl Iterator<Item = String> {
        self.outputs.iter().filter_map(Output::interruption)
    }

    /// What a table could not show.
    pub(crate) fn not_shown(&self) -> Option<String> {
        self.outputs.iter().find_map(Output::not_shown)
    }

    /// The name of each output, and how many records that were to be written there are not.
    pub(crate) fn lost(&self) -> impl Iterator<Item = (&str, u64)> {
        self.outputs.iter().map(|output| (output.name(), output.lost()))
    }

    /// What each output has lost, if anything, in words.
    pub(crate) fn losses(&self) -> impl Iterator<Item = String> {
        self.outputs.iter().filter_map(|output| output.loss(self.ended_early))
    }

    /// Does something with each output. One whose reader has gone takes no more records, as does one that can be written no
    /// more; the run ends with the last of them.
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
                warn(&format!("{message}: {given_up}; the other outputs go on"));
                self.have_failed = true;
            }
        }
        done
    }
}

/// The first failure, with the others told. A reader that has gone is one only if there is no other.
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

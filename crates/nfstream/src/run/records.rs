//! The records of a run, as the asking thread gets them.

use std::sync::Arc;

use nfstream_capture::Progress;

use super::merge::Merge;
use super::run::{Run, told_of_run};
use crate::error::Error;
use crate::input::{Decoder, Opened};
use crate::meter::Config;
use crate::pool::Pool;
use crate::record::{Record, Schema};
use crate::status::{Report, StopHandle};

/// The records of one run, in the order in which their flows ended.
///
/// Iterating gives one [`Record`] at a time; [`next_batch`](Self::next_batch) gives the records that are ready. An
/// error, if there is one, comes last: every record that could be made comes before it.
pub struct Records {
    /// `None` when everything that is wanted has come.
    merge: Option<Merge>,
    ready: std::vec::IntoIter<Record>,
    run: Run,
}

told_of_run!(Records, ready);

impl Records {
    pub(crate) fn start(opened: Opened, config: &Config, n_meters: usize) -> Result<Self, Error> {
        let run = Run::start(&opened, config);
        let decoder = Decoder::new(&config.parameters, &config.key_hash, &opened, &run.state);
        let merge = Some(Merge::start(opened, &decoder, config, n_meters, &run.pool)?);
        Ok(Self { merge, ready: Vec::new().into_iter(), run })
    }

    /// The work that idle workers of this run may help with. Writers get it by
    /// [`set_pool`](crate::sinks::Writer::set_pool).
    pub fn pool(&self) -> &Arc<Pool> {
        &self.run.pool
    }

    /// The next records, `None` when all have come. A batch may be empty: it has the records from one block of input,
    /// or from a short wait for one.
    pub fn next_batch(&mut self) -> Option<Result<Vec<Record>, Error>> {
        if self.ready.len() > 0 {
            return Some(Ok(self.ready.by_ref().collect()));
        }
        let Some(mut ended) = self.merge.as_mut().and_then(Merge::next) else {
            return self.run.end().map(Err);
        };
        self.run.number(&mut ended);
        if self.run.has_all_wanted() {
            self.merge = None;
        }
        Some(Ok(ended.into_iter().map(|ended| ended.record).collect()))
    }
}

impl Iterator for Records {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.ready.next() {
                return Some(Ok(record));
            }
            match self.next_batch()? {
                Ok(batch) => self.ready = batch.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

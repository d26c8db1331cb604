//! A run of the engine as Python iterates over it. The engine's threads never touch Python: reading goes on while Python
//! code works, and a signal is seen soon even when the input is a FIFO that is silent.

use nfstream::{Damage, Error, Record, Records, Streamer};

/// Records as they come. When this is dropped the engine's threads end as soon as they are done with the blocks at hand.
pub(crate) struct Run {
    ready: std::vec::IntoIter<Record>,
    /// `None` when the run is over or was closed.
    records: Option<Records>,
}

/// How a run ended.
#[derive(Default)]
pub(crate) struct End {
    /// What was wrong in the captures.
    pub(crate) damages: Vec<Damage>,
    /// Why the run could not go on.
    pub(crate) error: Option<Error>,
}

impl Run {
    /// Opens the captures and starts reading.
    pub(crate) fn start(streamer: &Streamer) -> Result<Self, Error> {
        Ok(Self { ready: Vec::new().into_iter(), records: Some(streamer.records()?) })
    }

    /// The next of the records that are there.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Record> {
        self.ready.next()
    }

    /// Waits a little for more records; `Some` when there are no more.
    pub(crate) fn receive(&mut self) -> Option<End> {
        let Some(records) = &mut self.records else { return Some(End::default()) };
        let error = match records.next_batch() {
            Some(Ok(batch)) => {
                self.ready = batch.into_iter();
                return None;
            }
            Some(Err(error)) => Some(error),
            None => None,
        };
        let damages = records.report().damages;
        self.close();
        Some(End { damages, error })
    }

    /// Ends the run: nothing comes after this.
    pub(crate) fn close(&mut self) {
        self.records = None;
        self.ready = Vec::new().into_iter();
    }
}

//! A run of the engine in a thread of its own, which never touches Python and hands over what each block of input
//! brought. So reading goes on while Python code works, and a signal is seen at once even when the input is a FIFO
//! that is silent.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use nfstream::{Damage, Error, Record, Records, Streamer};

/// Batches that may wait for Python: enough to keep both sides busy, little memory.
const QUEUE: usize = 4;

/// How long to wait for the thread before Python gets a chance to handle signals.
const PATIENCE: Duration = Duration::from_millis(50);

/// Records as they come. When this is dropped the thread ends as soon as it is done with the block at hand.
pub(crate) struct Run {
    ready: std::vec::IntoIter<Record>,
    /// `None` when the run is over or was closed.
    reading: Option<Reading>,
}

struct Reading {
    inbox: Receiver<Message>,
    thread: JoinHandle<()>,
}

enum Message {
    /// What a block brought, perhaps nothing.
    Records(Vec<Record>),
    /// The last message.
    End(End),
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
        let records = streamer.records()?;
        let (outbox, inbox) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("run".to_owned())
            .spawn(move || read(records, &outbox))
            .map_err(Error::Thread)?;
        Ok(Self { ready: Vec::new().into_iter(), reading: Some(Reading { inbox, thread }) })
    }

    /// The next of the records that are there.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Record> {
        self.ready.next()
    }

    /// Waits a little for more records; `Some` when there are no more.
    pub(crate) fn receive(&mut self) -> Option<End> {
        let Some(Reading { inbox, .. }) = &self.reading else { return Some(End::default()) };
        match inbox.recv_timeout(PATIENCE) {
            Ok(Message::Records(records)) => {
                self.ready = records.into_iter();
                None
            }
            Ok(Message::End(end)) => {
                self.reading = None;
                Some(end)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                // Only a panic ends the thread without a last message; it goes on here.
                if let Some(Err(panic)) = self.reading.take().map(|reading| reading.thread.join()) {
                    resume_unwind(panic);
                }
                Some(End::default())
            }
        }
    }

    /// Ends the run: nothing comes after this.
    pub(crate) fn close(&mut self) {
        self.reading = None;
        self.ready = Vec::new().into_iter();
    }
}

/// Reads until the input is over, or nobody wants the messages any more.
fn read(mut records: Records, outbox: &SyncSender<Message>) {
    let error = loop {
        match records.next_batch() {
            Some(Ok(batch)) => {
                if outbox.send(Message::Records(batch)).is_err() {
                    return;
                }
            }
            Some(Err(error)) => break Some(error),
            None => break None,
        }
    };
    let damages = records.report().damages;
    // Whether anybody is left to hear it does not matter here.
    let _ = outbox.send(Message::End(End { damages, error }));
}

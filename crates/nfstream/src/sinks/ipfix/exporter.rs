//! Sends records to a collector, in a thread of its own.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::super::sink::{Recovery, Sink};
use super::super::target::Patience;
use super::collector::{Collector, Transport};
use super::layout::Layout;
use super::message::Collecting;
use super::queue::{Chunk, Delivery, Queue};
use super::sender::{Messages, Next, Sender};
use super::tcp::TcpSender;
use super::timings::Timings;
use super::udp::UdpSender;
use crate::error::Error;
use crate::record::{Record, Schema};

/// Number of bytes of records that are handed to the sending thread together.
const CHUNK: usize = 64 << 10;

/// Sends records to a [`Collector`], in a thread of its own.
pub struct Exporter {
    collector: Collector,
    layout: Arc<Layout>,
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
    chunk: Chunk,
    patience: Patience,
    never_waits: bool,
    /// Number of lost records when an error was last returned.
    told: u64,
}

/// Offers records of an input that comes only once; waits with records of an input that can be read again.
impl Sink for Exporter {
    fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        if self.never_waits { self.offer(records) } else { self.write(records) }
    }

    fn announce_end(&mut self) {
        self.queue.announce_end(self.never_waits);
    }

    fn finish(&mut self) -> Result<(), Error> {
        if self.never_waits { self.finish_soon() } else { self.finish() }
    }

    fn give_up(&mut self) -> u64 {
        self.abandon();
        self.delivery().sent
    }

    fn recovery(&self) -> Recovery {
        Recovery::ByItself
    }

    fn lost(&self) -> u64 {
        self.delivery().lost
    }
}

impl Exporter {
    /// Sets whether the exporter, as a [`Sink`], never waits, for an input that comes only once. It [offers](Self::offer) records then.
    #[must_use]
    pub fn never_waits(mut self, never_waits: bool) -> Self {
        self.never_waits = never_waits;
        self
    }

    /// Starts to send records of a schema.
    ///
    /// # Errors
    /// [`Error::Collector`] when the collector's name has no address, its zone names no interface, or a template has no room for the
    /// columns; [`Error::Thread`]. Whether the collector listens is not known yet.
    pub fn start(collector: Collector, schema: &Schema) -> Result<Self, Error> {
        Self::start_with(collector, schema, &Patience::default(), Timings::default())
    }

    /// The same with other [`Timings`]. After the run was asked to end, as `patience` knows, all exporters with this `patience` together
    /// wait no longer than [`Timings::grace`] in [`write`](Self::write) and [`finish`](Self::finish). At the end, each has at least a third
    /// of that time.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(
        collector: Collector,
        schema: &Schema,
        patience: &Patience,
        timings: Timings,
    ) -> Result<Self, Error> {
        collector.addresses().map_err(|error| failure(&collector, error))?;
        let (mut exporter, sender) = Self::prepare(collector, schema, patience, timings)?;
        exporter.thread = Some(start(sender).map_err(Error::Thread)?);
        Ok(exporter)
    }

    fn prepare(
        collector: Collector,
        schema: &Schema,
        patience: &Patience,
        timings: Timings,
    ) -> Result<(Self, Sender), Error> {
        let layout = Layout::new(schema, collector.enterprise).map_err(|error| failure(&collector, error))?;
        let (layout, queue) = (Arc::new(layout), Arc::new(Queue::new(&timings)));
        let (for_sender, waiting) = (Arc::clone(&layout), Arc::clone(&queue));
        let sender = Sender { collector: collector.clone(), layout: for_sender, queue: waiting, timings };
        let (thread, patience) = (None, patience.clone());
        Ok((
            Self {
                collector,
                layout,
                queue,
                thread,
                chunk: Chunk::default(),
                patience,
                never_waits: false,
                told: 0,
            },
            sender,
        ))
    }

    /// Sends records. Waits if the collector takes them slowly, or if a connection over TCP must be made again. Use it for input that can
    /// wait.
    ///
    /// # Errors
    /// [`Error::Collector`] when the collector could not be reached, refuses (UDP), or took nothing for [`Timings::patience`] (TCP): the
    /// rest of the records is lost then. Also for records with a plugin's value of the wrong kind, or records that no message can hold.
    pub fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        let patience = self.patience.clone();
        self.for_each_chunk(records, |queue, chunk| queue.put(chunk, &|| patience.hurries(queue.grace())))?;
        if self.queue.is_abandoned() { self.check() } else { Ok(()) }
    }

    /// Sends records, and never waits. Records that have no place in a queue of 16 MiB are lost, and [counted](Delivery::lost).
    ///
    /// # Errors
    /// As [`write`](Self::write): the current problem. The records wait nevertheless, as long as there is place.
    pub fn offer(&mut self, records: &[Record]) -> Result<(), Error> {
        self.for_each_chunk(records, Queue::offer)?;
        self.check()
    }

    fn for_each_chunk(&mut self, records: &[Record], hand_over: impl Fn(&Queue, Chunk)) -> Result<(), Error> {
        let mut laid_out = Ok(());
        for record in records {
            if let Err(error) = self.lay_out(record) {
                self.queue.refuse();
                laid_out = Err(failure(&self.collector, error));
            }
            if self.chunk.bytes.len() >= CHUNK {
                hand_over(&self.queue, std::mem::take(&mut self.chunk));
            }
        }
        if !self.chunk.records.is_empty() {
            hand_over(&self.queue, std::mem::take(&mut self.chunk));
        }
        laid_out
    }

    fn lay_out(&mut self, record: &Record) -> io::Result<()> {
        let Chunk { bytes, records } = &mut self.chunk;
        let begin = bytes.len();
        let laid_out = self.layout.lay_out(record, bytes).and_then(|set| {
            let length = bytes.len() - begin;
            if Collecting::can_hold(length) {
                return Ok(set);
            }
            Err(io::Error::other(format!(
                "record {} has {length} bytes, too long for a message",
                record.id()
            )))
        });
        match laid_out {
            Ok(set) => {
                records.push((set, bytes.len()));
                Ok(())
            }
            Err(error) => {
                bytes.truncate(begin);
                Err(error)
            }
        }
    }

    /// The state of the delivery.
    pub fn delivery(&self) -> Delivery {
        self.queue.delivery()
    }

    /// Waits until the collector has taken all records, as long as it takes something now and then.
    ///
    /// # Errors
    /// [`Error::Collector`] when records were lost since the last error.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.end(false)
    }

    /// The same for a run that [offered](Self::offer) its records: gives the collector [`Timings::grace`], whatever its state.
    ///
    /// # Errors
    /// [`Error::Collector`] when records were lost since the last error.
    pub fn finish_soon(&mut self) -> Result<(), Error> {
        self.end(true)
    }

    fn end(&mut self, soon: bool) -> Result<(), Error> {
        self.queue.end(soon, &|| self.patience.hurries(self.queue.grace()));
        self.join();
        if self.delivery().lost == self.told { Ok(()) } else { self.check() }
    }

    /// Gives up the records that are not sent yet: they are lost, and [`delivery`](Self::delivery) does not change any more.
    pub fn abandon(&mut self) {
        self.queue.abandon();
    }

    fn join(&mut self) {
        // A thread that still waits for a connection ends by itself.
        if let Some(thread) = self.thread.take_if(|thread| thread.is_finished()) {
            let _ = thread.join();
        }
    }

    fn check(&mut self) -> Result<(), Error> {
        let Delivery { lost, trouble, .. } = self.delivery();
        let Some(trouble) = trouble else { return Ok(()) };
        self.told = lost;
        Err(failure(&self.collector, io::Error::other(trouble)))
    }
}

/// Starts the thread that sends.
fn start(sender: Sender) -> io::Result<JoinHandle<()>> {
    let send = move || {
        match sender.collector.transport {
            Transport::Udp => UdpSender::new(&sender).run(),
            Transport::Tcp => TcpSender::new(&sender).run(),
        }
        sender.queue.done();
    };
    thread::Builder::new().name("ipfix".to_owned()).spawn(send)
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

fn failure(collector: &Collector, source: io::Error) -> Error {
    Error::Collector { collector: collector.to_string(), source }
}

/// The messages that would be sent to a collector: templates and type information, then records. A message has at most `most` bytes unless
/// one record is longer. Also returns how many of the records do not fit in any message. For fuzzing.
///
/// # Errors
/// [`Error::Collector`] when a template has no room for the columns.
#[doc(hidden)]
pub fn messages(
    collector: Collector,
    schema: &Schema,
    records: &[Record],
    most: usize,
) -> Result<(Vec<Vec<u8>>, u64), Error> {
    let domain = collector.domain;
    let (mut exporter, sender) =
        Exporter::prepare(collector, schema, &Patience::default(), Timings::default())?;
    let mut messages = sender.templates(most);
    // Refused records are counted.
    let _ = exporter.offer(records);
    let mut following = Messages::new(&sender.queue, most);
    while let Next::Message(message) = following.next(Duration::ZERO) {
        messages.push(message);
    }
    let mut sequence: u32 = 0;
    let stamped = messages.iter_mut().map(|message| {
        let bytes = message.stamped(sequence, domain).to_vec();
        sequence = sequence.wrapping_add(message.records);
        bytes
    });
    Ok((stamped.collect(), exporter.delivery().lost))
}

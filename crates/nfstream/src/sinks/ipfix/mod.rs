//! IPFIX (RFC 7011): records to a collector, over UDP or TCP.
//!
//! What the IANA registry has an element for goes out as that, what was sent back by the destination as its reverse (RFC 5103).
//! Every other column has an element under an enterprise number, and a record tells its name and type (RFC 5610);
//! `docs/ipfix.md` lists all. Lists are `basicList`s (RFC 6313).

mod collector;
mod elements;
mod layout;
mod message;
mod queue;
mod sender;

use std::io;
use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

pub use self::collector::{Collector, DOCUMENTATION_ENTERPRISE, DOMAIN, InvalidCollector, Transport};
use self::elements::{As, DataType, KNOWN, REVERSE, Registered};
use self::layout::Layout;
use self::message::Collecting;
pub use self::queue::Delivery;
use self::queue::{Chunk, Queue};
use self::sender::Sender;
use crate::error::Error;
use crate::record::{Record, Schema};

/// Bytes of records that are handed to the sending thread together.
const CHUNK: usize = 64 << 10;

/// How long a run that ends waits for a collector that does not take what is left.
const GRACE: Duration = Duration::from_secs(3);

/// Sends records to a [`Collector`], in a thread of its own.
pub struct Exporter {
    collector: Collector,
    layout: Arc<Layout>,
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
    chunk: Chunk,
}

impl Exporter {
    /// Starts to send records of a schema.
    ///
    /// # Errors
    /// [`Error::Output`] when the collector's name has no address; [`Error::Thread`]. Whether it listens is not known yet.
    pub fn start(collector: Collector, schema: &Schema) -> Result<Self, Error> {
        let address = (collector.host.as_str(), collector.port).to_socket_addrs();
        address.map_err(|error| failure(&collector, error))?;
        let layout = Arc::new(Layout::new(schema, collector.enterprise));
        let queue = Arc::new(Queue::default());
        let sender =
            Sender { collector: collector.clone(), layout: Arc::clone(&layout), queue: Arc::clone(&queue) };
        let thread = Some(sender.start().map_err(Error::Thread)?);
        Ok(Self { collector, layout, queue, thread, chunk: Chunk::default() })
    }

    /// Sends records; waits where the collector takes them slowly. For input that can wait.
    ///
    /// # Errors
    /// [`Error::Output`] while the collector is not reached; records that a plugin gave a value of the wrong kind, or that no
    /// message can hold.
    pub fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        self.for_each_chunk(records, Queue::put)?;
        self.check()
    }

    /// Sends records, and never waits: what has no place in a queue of 16 MiB is lost, and [counted](Delivery::lost).
    ///
    /// # Errors
    /// As [`write`](Self::write): what is wrong at present. The records wait nevertheless, as long as there is place.
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
                record.flow().id
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

    /// How sending goes.
    pub fn delivery(&self) -> Delivery {
        self.queue.delivery()
    }

    /// Waits until all is sent, as long as the collector is reached.
    ///
    /// # Errors
    /// [`Error::Output`] when it is not: what is left is lost.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.queue.end(None, |delivery| delivery.trouble.is_some());
        self.join();
        self.check()
    }

    /// The same for a run that [offered](Self::offer) its records: gives the collector three seconds, whatever its state.
    ///
    /// # Errors
    /// [`Error::Output`] when records were left.
    pub fn finish_soon(&mut self) -> Result<(), Error> {
        let before = self.delivery().lost;
        self.queue.end(Some(GRACE), |_| false);
        self.join();
        if self.delivery().lost == before { Ok(()) } else { self.check() }
    }

    fn join(&mut self) {
        // A thread that still waits for a connection ends by itself.
        if let Some(thread) = self.thread.take_if(|thread| thread.is_finished()) {
            let _ = thread.join();
        }
    }

    fn check(&self) -> Result<(), Error> {
        match self.delivery().trouble {
            Some(trouble) => Err(failure(&self.collector, io::Error::other(trouble))),
            None => Ok(()),
        }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

fn failure(collector: &Collector, source: io::Error) -> Error {
    Error::Output { path: PathBuf::from(collector.to_string()), source }
}

/// The elements of all columns that are known by name, as a Markdown table: column, number, name and type.
#[doc(hidden)]
pub fn markdown_table() -> String {
    let mut table = "| column | element | name | type |\n| --- | --- | --- | --- |\n".to_owned();
    let mut row = |column: &str, element: String, name: &str, data_type: DataType| {
        table.push_str(&format!("| `{column}` | {element} | {name} | {} |\n", data_type.name()));
    };
    for known in KNOWN {
        let own = DataType::of(known.kind);
        match known.registered {
            As::Own => row(known.column, format!("E/{}", known.id), known.column, own),
            As::One(element) => row(known.column, number(element), element.name, element.data_type),
            As::Address(v4, v6) => {
                row(known.column, number(v4), v4.name, v4.data_type);
                row(known.column, number(v6), v6.name, v6.data_type);
            }
        }
    }
    row("expiration_id", number(elements::FLOW_END_REASON), "flowEndReason", DataType::Unsigned8);
    for (columns, element) in
        ["src2dst_*_packets", "dst2src_*_packets"].into_iter().zip(elements::TCP_CONTROL_BITS)
    {
        row(columns, number(element), element.name, element.data_type);
    }
    table
}

fn number(element: Registered) -> String {
    if element.is_reverse { format!("{REVERSE}/{}", element.id) } else { element.id.to_string() }
}

//! Network captures to flow records: fast, and the same whatever the number of cores.
//!
//! A [`Streamer`] holds captures and parameters. Each run over them gives [`Records`]: an iterator of flows that have
//! ended, each a [`Record`] with one [`Value`] for every [`Column`] of the run's [`Schema`]. A [`Plugin`] adds
//! user-defined columns, as does an [`expression`].

mod column;
mod error;
pub mod expression;
mod features;
mod flow;
mod input;
mod lane;
mod meter;
mod named;
pub mod parameters;
mod pool;
mod record;
#[cfg(feature = "arrow")]
mod record_batch;
mod room;
mod run;
pub mod sinks;
mod slab;
mod status;
mod streamer;
mod unknown_column;
mod visible;
mod workers;

/// Records as Apache Arrow record batches.
///
/// ```no_run
/// use nfstream::Streamer;
/// use nfstream::arrow::BATCH_ROWS;
///
/// let records = Streamer::builder().source("capture.pcap").build()?.records()?;
/// for batch in records.batches(BATCH_ROWS) {
///     println!("{} rows", batch?.num_rows());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "arrow")]
pub mod arrow {
    pub use crate::record_batch::{BATCH_ROWS, RecordBatchBuilder};
    pub use crate::run::Batches;
}

pub use nfstream_capture::{
    ANY, Damage, Error as CaptureError, FilterError, Input, Interface, Opener, Progress, Stamps, Timestamp,
    in_words, interfaces, is_named_like_a_capture, named, shortened, told_of,
};
pub use nfstream_decode::{Headers, Ignored, Tunnel};
pub use nfstream_dpi as dpi;

pub use crate::column::{Column, Feature, Kind, Unit, Value};
pub use crate::error::Error;
pub use crate::features::{Label, Plugin, Prediction};
pub use crate::flow::{
    AccountingMode, Checksums, Direction, ExpirationReason, Flow, Network, Orientation, Packet, Totals,
    TunnelKey,
};
pub use crate::parameters::{Parameters, Profile, TunnelTypes};
pub use crate::pool::Pool;
pub use crate::record::{Record, Schema};
pub use crate::run::{Event, KeptPacket, LiveFlow, Packets, Records, Seen};
pub use crate::status::{ClockSteps, MeterReport, Notice, Notices, Report, StopHandle};
pub use crate::streamer::{Streamer, StreamerBuilder, rules};
pub use crate::unknown_column::{UnknownColumn, parameter_that_adds};
pub use crate::visible::visible;

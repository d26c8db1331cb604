//! Sinks: records as files, or as a stream on the standard output.
//!
//! ```no_run
//! use nfstream::Streamer;
//! use nfstream::sinks::{Format, Writer};
//!
//! let mut records = Streamer::builder().source("capture.pcap").build()?.records()?;
//! let mut writer = Writer::create("flows.parquet", Format::Parquet, records.schema())?;
//! while let Some(batch) = records.next_batch() {
//!     writer.write(&batch?)?;
//! }
//! writer.finish()?;
//! # Ok::<(), nfstream::Error>(())
//! ```

mod compressed;
mod file_name;
mod formats;
pub mod ipfix;
mod numbered;
mod open_file;
#[cfg(feature = "parquet")]
mod parquet_writer;
mod permissions;
mod retrying;
mod rotating;
mod sink;
mod stream;
mod target;
mod widening;
mod writer;

pub use self::formats::{Format, UnknownFormat};
pub use self::numbered::Numbered;
#[cfg(feature = "parquet")]
pub use self::parquet_writer::ParquetWriter;
pub use self::retrying::Retrying;
pub use self::rotating::{InvalidPattern, InvalidTurn, Pattern, Rotating, Turn};
pub use self::sink::{Recovery, Sink};
pub use self::stream::Stream;
pub use self::target::{Patience, Target};
pub use self::widening::{Further, FurtherWriter};
pub use self::writer::Writer;

//! Network captures to flow records: fast, and the same whatever the number of cores.
//!
//! A [`Streamer`] holds captures and parameters. Each run over them gives [`Records`]: an iterator of flows that have
//! ended, each a [`Record`] with one [`Value`] for every [`Column`] of the run's [`Schema`]. A [`Plugin`] adds columns
//! of one's own, as does an [`expression`].

mod accounting;
mod anonymizer;
#[cfg(feature = "arrow")]
pub mod arrow;
mod column;
mod errands;
mod error;
pub mod expression;
mod features;
mod flow;
mod key;
#[cfg(target_os = "linux")]
mod live;
mod merge;
mod meter;
mod packet;
mod packets;
mod plugin;
mod prediction;
mod reader;
mod record;
mod report;
mod room;
mod run;
mod selection;
pub mod sinks;
mod slab;
mod streamer;
mod text;
mod threads;
mod timers;
mod unknown_column;
mod visible;

pub use nfstream_capture::{
    ANY, Damage, Error as CaptureError, FilterError, Input, Interface, Opener, Progress, Stamps, Timestamp,
    interfaces, named,
};
pub use nfstream_decode::{Headers, Ignored, Tunnel};
pub use nfstream_dpi as dpi;

pub use crate::accounting::AccountingMode;
pub use crate::column::{Column, Feature, Kind, Unit, Value};
pub use crate::error::Error;
pub use crate::flow::{Flow, Totals};
pub use crate::packet::{Direction, KeptPacket, Packet};
pub use crate::packets::{Event, LiveFlow, Packets, Seen};
pub use crate::plugin::Plugin;
pub use crate::prediction::{Label, Prediction};
pub use crate::record::{Record, Schema};
pub use crate::report::{ClockSteps, MeterReport, Report};
pub use crate::run::{Records, StopHandle};
pub use crate::streamer::{Streamer, StreamerBuilder, rules};
pub use crate::unknown_column::{UnknownColumn, parameter_that_adds};
pub use crate::visible::visible;

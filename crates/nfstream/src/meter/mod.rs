//! Meters: packets go into a flow table, and flows that have ended come out.

mod config;
mod meter;
mod moment;
mod timers;

pub(crate) use self::config::Config;
pub(crate) use self::meter::{Counted, Meter};
pub(crate) use self::moment::{Ended, Moment};

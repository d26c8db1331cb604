//! Meters: packets go into a flow table, and flows that have ended come out.

mod closing;
mod config;
mod fragments;
mod meter;
mod moment;
mod orientation;
mod servers;
mod timers;
mod tunnel_ids;

pub(crate) use self::closing::Connections;
pub(crate) use self::config::Config;
pub(crate) use self::fragments::Released;
pub(crate) use self::meter::{Counted, Meter};
pub(crate) use self::moment::{Ended, Moment};

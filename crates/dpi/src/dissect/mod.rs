//! The definition of a dissector, and its tools.

pub(crate) mod checksums;
mod dissector;
mod found;
pub(crate) mod hexadecimal;
pub(crate) mod lines;
mod listed;
mod reader;

pub(crate) use dissector::{Dissector, Meta, Segment, Then, Verdict};
pub(crate) use found::Found;
pub(crate) use listed::{Listed, Of, State};
pub(crate) use reader::{Reader, Short};

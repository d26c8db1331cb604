//! Identification of network protocols and applications by what their packets carry.
//!
//! An [`Engine`] is made once; a flow has an [`Inspection`]. Each packet is shown to [`Engine::inspect`] until it says that
//! nothing will change any more; [`Engine::finish`] gives the [`Classification`].
//!
//! Protocols are recognised by dissectors: one file each in `src/dissectors/`, one line each in its list. Which application a
//! server name, a user agent or a certificate belongs to is data: [`Rules`]; whom an address belongs to: [`Networks`].
#![forbid(unsafe_code)]

mod candidates;
mod catalogue;
mod checksums;
mod dialogue;
mod dissector;
mod dissectors;
mod engine;
mod fingerprint;
mod found;
mod guess;
mod iso_transport;
mod label;
pub mod labels;
mod lines;
mod memory;
mod metadata;
mod networks;
mod reader;
mod rules;
mod stream;
#[cfg(test)]
mod testing;

pub use catalogue::{Known, Way};
pub use dissector::Transport;
pub use engine::{Classification, Endpoints, Engine, Inspection, Packet, Progress};
pub use found::Confidence;
pub use label::{Category, Label, LabelEntry};
pub use memory::{About, Lesson, Memory};
pub use metadata::{Field, Metadata};
pub use networks::Networks;
pub use rules::{HostMatch, Rules, RulesError};

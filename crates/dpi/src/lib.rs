//! Identification of network protocols and applications by what their packets carry.
//!
//! An [`Engine`] is made once; a flow has an [`Inspection`]. Each packet is shown to [`Engine::inspect`] until it says that
//! nothing will change any more; [`Engine::finish`] gives the [`Classification`].
//!
//! Protocols are recognised by dissectors: one file each in `src/dissectors/`, one line each in its list. Which application a
//! server name, a user agent or a certificate belongs to is data: [`Rules`]; whom an address belongs to: [`Networks`].
#![forbid(unsafe_code)]

mod catalogue;
mod dissect;
mod dissectors;
mod flow;
mod inspect;
mod knowledge;
mod lessons;
mod metadata;
#[cfg(test)]
mod testing;
mod verdict;
mod vocabulary;

pub use catalogue::{Known, Way};
pub use flow::{Endpoints, Packet, Progress, Transport};
pub use inspect::{Engine, Inspection};
pub use knowledge::{HostMatch, Networks, Rules, RulesError};
pub use lessons::{About, Lesson, Memory};
pub use metadata::{Field, Metadata};
pub use verdict::{Classification, Confidence};
pub use vocabulary::{Category, Label, LabelEntry, labels};

//! Identification of network protocols and applications by the contents of their packets.
//!
//! An [`Engine`] is made once; each flow has an [`Inspection`]. Show each packet to [`Engine::inspect`] until it says that
//! nothing will change any more. [`Engine::finish`] then gives the [`Classification`].
//!
//! Dissectors recognise protocols: one file each in `src/dissectors/`, one line each in its list. Data says which
//! application a server name, a user agent or a certificate belongs to ([`Rules`]), and who owns an address ([`Networks`]).
#![forbid(unsafe_code)]

mod catalogue;
mod dissect;
mod dissectors;
mod flow;
mod inspect;
mod knowledge;
mod lessons;
mod metadata;
mod risks;
#[cfg(test)]
mod testing;
mod verdict;
mod vocabulary;

pub use catalogue::{Known, Way};
pub use flow::{Endpoints, Packet, Progress, Transport};
pub use inspect::{Engine, Inspection};
pub use knowledge::{HostMatch, Networks, Rules, RulesError, ServerPorts};
pub use lessons::{About, Lesson, Memory};
pub use metadata::{Field, Metadata};
pub use verdict::{Classification, Confidence};
pub use vocabulary::{Accountable, Category, Label, LabelEntry, Risk, Risks, Severity, Share, labels};

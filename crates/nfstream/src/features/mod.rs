//! Families of features: each file declares its columns and the data that it keeps to compute them.

mod answer;
pub(crate) mod core;
mod families;
mod family;
mod icmp_analysis;
mod layer7;
mod plugin;
pub(crate) mod prediction;
mod scope;
mod splt;
mod statistics;
mod system;
mod tcp_analysis;
mod tunnels;

pub use self::answer::Label;
pub(crate) use self::families::{Accumulators, Families, Handle, Parts};
pub(crate) use self::family::{Accumulator, Family, Part};
pub(crate) use self::icmp_analysis::IcmpAnalysis;
pub(crate) use self::layer7::{Finding, L7, Taught};
pub use self::plugin::Plugin;
pub use self::prediction::Prediction;
pub(crate) use self::splt::Splt;
pub(crate) use self::statistics::Statistics;
pub(crate) use self::system::System;
pub(crate) use self::tcp_analysis::TcpAnalysis;
pub(crate) use self::tunnels::Tunnels;

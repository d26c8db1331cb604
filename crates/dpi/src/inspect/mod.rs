//! The engine: which dissectors are asked about a flow's payloads, in which order, and with what
//! result.

mod candidates;
mod engine;
mod inspection;
mod look;
mod reassembly;

pub use engine::Engine;
pub use inspection::Inspection;

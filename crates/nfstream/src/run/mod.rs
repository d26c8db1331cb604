//! Runs: what the meters give, in one order, and what the asking thread sees of it.

#[cfg(feature = "arrow")]
mod batches;
mod kept_packet;
mod merge;
mod packets;
mod records;
mod run;

#[cfg(feature = "arrow")]
pub use self::batches::Batches;
pub use self::kept_packet::KeptPacket;
pub use self::packets::{Event, LiveFlow, Packets, Seen};
pub use self::records::Records;

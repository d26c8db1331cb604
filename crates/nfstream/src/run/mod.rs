//! Runs: the results of the meters, in one order, as the asking thread sees them.

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

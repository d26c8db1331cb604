//! Flows: packets, the flow that counts them, and the key that tells flows apart.

mod accounting;
mod flow;
mod key;
mod packet;

pub use self::accounting::AccountingMode;
pub(crate) use self::flow::OUT_OF_ROOM;
pub use self::flow::{Flow, Totals};
pub(crate) use self::key::KeyHash;
pub use self::packet::{Direction, Packet};

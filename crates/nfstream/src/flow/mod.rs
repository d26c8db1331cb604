//! Flows: packets, the flow that counts them, and the key that tells flows apart.

mod accounting;
mod checksums;
mod expiration;
mod flow;
mod key;
mod orientation;
mod packet;
mod tunnel_key;

pub use self::accounting::AccountingMode;
pub use self::checksums::Checksums;
pub use self::expiration::ExpirationReason;
pub use self::flow::{Flow, Totals};
pub(crate) use self::flow::{KeyRule, OUT_OF_ROOM};
pub(crate) use self::key::KeyHash;
pub use self::orientation::{Network, Orientation};
pub(crate) use self::packet::Datagram;
pub use self::packet::{Direction, Packet};
pub use self::tunnel_key::TunnelKey;

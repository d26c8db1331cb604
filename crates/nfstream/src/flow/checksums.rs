//! What is done with checksums.

use crate::named::named;

named! {
    /// What is done with the checksums of IP, TCP, UDP and ICMP.
    pub enum Checksums {
        /// They are not computed.
        Ignore = "ignore",
        /// Wrong ones are counted.
        Count = "count",
        /// Packets with a wrong one are not counted for flows.
        Drop = "drop",
    }
}

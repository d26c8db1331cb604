//! Frames from network interfaces, as they pass.
//!
//! On Linux, the kernel puts them into rings of memory that it shares with the process (packet(7), `TPACKET_V3`): one [`Ring`]
//! for each thread that takes them, so that none waits for another and nothing is copied. Elsewhere, libpcap copies them
//! ([`PcapInterface`]).

mod interfaces;
mod options;
#[cfg(target_os = "linux")]
mod ring;
#[cfg(target_os = "linux")]
mod ring_blocks;
#[cfg(target_os = "linux")]
#[cfg_attr(all(test, loom), path = "ring_memory_model.rs")]
mod ring_memory;
#[cfg(target_os = "linux")]
mod socket;
mod steering;
mod through_libpcap;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use interfaces::{ANY, Interface, interfaces};
pub use options::{LiveOptions, Stamps};
#[cfg(target_os = "linux")]
pub use ring::Ring;
#[cfg(target_os = "linux")]
pub(crate) use ring_blocks::RingBlock;
pub use steering::Steering;
pub use through_libpcap::PcapInterface;

use crate::Timestamp;

/// Frames that were lost, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// There was no room for them to wait: whoever reads them is too slow.
    pub kernel: u64,
    /// The interface had no room, or the kernel no time to take them from there.
    pub interface: u64,
}

/// The system's clock, so long ago.
fn ago(delay: Duration) -> Option<Timestamp> {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.checked_sub(delay)?;
    Some(Timestamp::new(time.as_secs(), time.subsec_nanos().into()))
}

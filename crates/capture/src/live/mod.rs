//! Frames from network interfaces, as they pass.
//!
//! On Linux, the kernel puts them into rings of memory that it shares with the process (packet(7), `TPACKET_V3`): one [`Ring`]
//! for each thread that takes them, so that none waits for another and nothing is copied.

mod interfaces;
mod options;
#[cfg(target_os = "linux")]
mod ring;
#[cfg(target_os = "linux")]
mod socket;
mod steering;

pub use interfaces::{ANY, Interface, interfaces};
pub use options::{LiveOptions, Stamps};
#[cfg(target_os = "linux")]
pub(crate) use ring::RingBlock;
#[cfg(target_os = "linux")]
pub use ring::{Losses, Ring};
pub use steering::Steering;

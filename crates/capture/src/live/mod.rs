//! Frames from network interfaces, as they pass.
//!
//! On Linux, the kernel puts them into rings of memory that it shares with the process (packet(7), `TPACKET_V3`): one [`Ring`]
//! for each thread that takes them, so that none waits for another and nothing is copied. Elsewhere, libpcap copies them
//! ([`PcapInterface`]).

mod clock;
mod interfaces;
mod losses;
mod options;
#[cfg(target_os = "linux")]
mod ring;
mod steering;
mod through_libpcap;

pub use interfaces::{ANY, Interface, interfaces};
pub use losses::Losses;
pub use options::{LiveOptions, Stamps};
#[cfg(target_os = "linux")]
pub use ring::Ring;
pub use steering::Steering;
pub use through_libpcap::PcapInterface;

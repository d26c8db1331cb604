//! Frames from network interfaces, as they pass.
//!
//! On Linux, the kernel puts frames into rings of memory that it shares with the process (packet(7), `TPACKET_V3`). Each
//! thread that takes frames has its own [`Ring`], so no thread waits for another and nothing is copied. On other systems,
//! libpcap copies the frames ([`PcapInterface`]).

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

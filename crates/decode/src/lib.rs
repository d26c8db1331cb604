//! Decodes bytes to headers: link types, VLAN, MPLS, PPPoE, IP, tunnels, TCP, UDP, ICMP.
//!
//! [`decode`] reads one captured frame and returns the headers of the packet in it that counts for a flow, or the
//! reason why none counts. The code of this crate does not allocate, does no I/O and keeps no state. No frame, however
//! malformed, makes it panic or loop.
//!
//! ```
//! use nfstream_decode::{Ignored, LinkType, Reading, decode};
//!
//! let arp = [0u8; 60];
//! assert_eq!(decode(LinkType::ETHERNET, &arp, Reading::SPECIFICATION), Err(Ignored::NotIp));
//! ```
#![forbid(unsafe_code)]

mod address;
mod fast_path;
mod frame;
mod headers;
mod ignored;
mod ip;
mod link;
mod link_type;
mod nesting;
mod part;
mod pass;
mod reading;
mod segment;
mod specification;
mod transport;
mod tunnels;
mod walk;

pub use address::Address;
pub use frame::{counts, decode};
pub use headers::Headers;
pub use ignored::Ignored;
pub use ip::fragmentation::Fragment;
pub use link_type::LinkType;
pub use nesting::MAX_HEADERS;
pub use part::Part;
pub use reading::{Reading, Rules, TunnelSet};
pub use tunnels::Tunnel;

//! Captured frames, from files (pcap and pcapng, plain or compressed, standard input, lists of files) and from network
//! interfaces: all frames, or only those that a [`Filter`] takes.
//!
//! A [`Source`] fills [`Block`]s: one buffer of bytes and a list of the frames in it. A block owns its bytes, so it
//! can be handed to another thread. A block that comes back is filled again, so reading allocates nothing.
//!
//! ```no_run
//! use nfstream_capture::{Block, Captures, Input, Source};
//!
//! let mut captures = Captures::open([Input::from("monday.pcap"), Input::from("tuesday.pcapng.zst")])?;
//! let mut block = Block::default();
//! while captures.fill(&mut block)? {
//!     for frame in block.frames() {
//!         println!("{} ms: {} bytes", frame.time.milliseconds(), frame.wire_len);
//!     }
//! }
//! for damage in captures.damages() {
//!     eprintln!("{damage}");
//! }
//! # Ok::<(), nfstream_capture::Error>(())
//! ```

mod block;
mod bpf;
mod captures;
mod compressed;
mod error;
mod filter;
mod format;
mod frame;
mod input;
mod libpcap;
mod live;
mod named;
mod pcap;
mod pcapng;
mod piece;
mod progress;
mod read_ahead;
mod records;
mod shortened;
mod source;
mod terms;
mod timestamp;
#[cfg(target_os = "linux")]
mod tpacket;

pub use block::Block;
pub use captures::Captures;
pub use error::{Damage, Error, Reason, in_words, told_of};
pub use filter::{Filter, FilterError, Filtered};
pub use frame::Frame;
pub use input::{Input, Opener};
#[cfg(target_os = "linux")]
pub use live::Ring;
pub use live::{ANY, Interface, LiveOptions, Losses, PcapInterface, Stamps, Steering, interfaces};
pub use named::{is_named_like_a_capture, named};
pub use progress::Progress;
pub use read_ahead::Claim;
pub use shortened::shortened;
pub use source::Source;
pub use timestamp::Timestamp;

//! Captured frames: from files (pcap and pcapng, plain or compressed, standard input, lists of files) and from network
//! interfaces; all of them, or those that a [`Filter`] takes.
//!
//! A [`Source`] fills [`Block`]s: one buffer of bytes and a list of the frames in it. A block owns its bytes, so it
//! can be handed to another thread; a block that comes back is filled again, so that reading allocates nothing.
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
mod captures;
mod compressed;
mod error;
mod filter;
mod format;
mod live;
mod named;
mod pcap;
mod pcapng;
mod read_ahead;
#[cfg(target_os = "linux")]
mod sync;
mod timestamp;

pub use block::Block;
pub use captures::{Captures, Input, Opener, Progress};
pub use error::{Damage, Error, Reason, in_words};
pub use filter::{Filter, FilterError, Filtered};
#[cfg(target_os = "linux")]
pub use live::Ring;
pub use live::{ANY, Interface, LiveOptions, Losses, PcapInterface, Stamps, Steering, interfaces};
pub use named::{is_named_like_a_capture, named};
pub use read_ahead::Claim;
pub use timestamp::Timestamp;

/// One captured frame, borrowed from its [`Block`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// When it was captured, as the capture says.
    pub time: Timestamp,
    /// Length on the wire in bytes, link header included.
    pub wire_len: u32,
    /// Link-layer header type, LINKTYPE registry of tcpdump.org.
    pub link_type: u16,
    /// The captured bytes, from the link header on.
    pub bytes: &'a [u8],
}

/// Where frames come from.
pub trait Source: Send {
    /// Replaces the block's content with the next frames: as many as one buffer holds. `Ok(false)` is the end of the
    /// input. `Ok(true)` with an empty block says that the input has been silent for a while and goes on.
    ///
    /// # Errors
    ///
    /// An input that cannot be read at all. One that breaks later is no error: its frames up to there are delivered.
    fn fill(&mut self, block: &mut Block) -> Result<bool, Error>;

    /// Claims the next piece of the input that nobody has claimed, to be read by whoever fills the next block but those of
    /// earlier claims; `None` where the input must be read in order. Blocks must then be filled in the order of the claims:
    /// a block without a piece gets nothing while the next piece is another's.
    fn claim(&mut self) -> Option<Claim> {
        None
    }

    /// Of an interface: up to when all frames have been given out that have come; `None` while some may wait.
    fn now(&self) -> Option<Timestamp> {
        None
    }
}

//! [`Source`]: where frames come from.

use crate::{Block, Claim, Error, Timestamp};

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

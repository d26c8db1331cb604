//! [`Source`]: a source of frames.

use crate::{Block, Claim, Error, Timestamp};

/// A source of frames.
pub trait Source: Send {
    /// Replaces the block's content with the next frames: as many as one buffer holds. `Ok(false)` is the end of the input.
    /// `Ok(true)` with an empty block means that the input has been silent for a while and continues.
    ///
    /// # Errors
    ///
    /// An input that cannot be read at all. An input that breaks later is not an error: its frames up to there are
    /// delivered.
    fn fill(&mut self, block: &mut Block) -> Result<bool, Error>;

    /// Claims the next piece of the input that nobody has claimed. The claimant reads it, and fills the next block after
    /// those of earlier claims. `None` if the input must be read in order. Blocks must then be filled in the order of the
    /// claims: a block without a piece gets nothing while another block's piece is next.
    fn claim(&mut self) -> Option<Claim> {
        None
    }

    /// For an interface: the time up to which all frames have been delivered; `None` while some may wait.
    fn now(&self) -> Option<Timestamp> {
        None
    }
}

//! [`Piece`]: a piece of a file that is in a block.

use std::fs::File;
use std::sync::Arc;

/// A piece of a file that was read ahead into a block, after the [`HEADROOM`](crate::read_ahead::HEADROOM).
pub(crate) struct Piece {
    pub(crate) file: Arc<File>,
    /// The offset in the file at which the piece begins.
    pub(crate) position: u64,
    /// Number of its bytes.
    pub(crate) length: usize,
}

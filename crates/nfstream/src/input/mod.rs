//! Input: turns captures and interfaces into blocks, and the frames of a block into lanes.

mod checksums;
mod clock;
mod counting;
mod decoder;
mod duplicates;
mod opened;
mod reader;
mod reorder;

pub(crate) use self::decoder::Decoder;
pub(crate) use self::duplicates::Duplicates;
pub(crate) use self::opened::{Feed, Opened};
pub(crate) use self::reader::Reader;

//! Input: captures and interfaces to blocks, and the frames of a block to lanes.

mod decoder;
mod opened;
mod reader;

pub(crate) use self::decoder::Decoder;
pub(crate) use self::opened::{Feed, Opened};
pub(crate) use self::reader::Reader;

//! Input: turns captures and interfaces into blocks, and the frames of a block into lanes.

mod decoder;
mod opened;
mod reader;

pub(crate) use self::decoder::Decoder;
pub(crate) use self::opened::{Feed, Opened};
pub(crate) use self::reader::Reader;

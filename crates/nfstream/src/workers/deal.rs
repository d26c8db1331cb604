//! A decoded block, dealt out: one lane for each worker.

use std::sync::Arc;

use nfstream_capture::Block;

use super::recycler::Recycler;
use crate::input::Decoder;
use crate::lane::{Lane, Place};

/// Decodes a block; the lanes come in the order of the workers, of which there are so many.
pub(super) fn deal(
    block: Block,
    place: Place,
    workers: usize,
    decoder: &Decoder,
    recycler: &Recycler,
) -> impl Iterator<Item = Lane> {
    let mut lanes: Vec<_> = (0..workers).map(|_| recycler.arrivals()).collect();
    decoder.decode(&block, place, &mut lanes);
    let block = Arc::new(block);
    lanes.into_iter().map(move |arrivals| Lane { block: Arc::clone(&block), place, arrivals })
}

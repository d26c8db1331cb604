//! Deals out a decoded block: one lane for each worker.

use std::sync::Arc;

use nfstream_capture::Block;

use super::recycler::Recycler;
use crate::input::Decoder;
use crate::lane::{Lane, Place};

/// Decodes a block into one lane for each of `workers` workers, in their order.
pub(super) fn deal(
    block: Block,
    place: Place,
    workers: usize,
    decoder: &Decoder,
    recycler: &Recycler,
) -> impl Iterator<Item = Lane> {
    let mut lanes: Vec<_> = (0..workers).map(|_| recycler.arrivals()).collect();
    let mut for_all = recycler.arrivals();
    decoder.decode(&block, place, &mut lanes, &mut for_all);
    let (block, for_all) = (Arc::new(block), Arc::new(for_all));
    lanes.into_iter().map(move |arrivals| Lane {
        block: Arc::clone(&block),
        place,
        arrivals,
        for_all: Arc::clone(&for_all),
    })
}

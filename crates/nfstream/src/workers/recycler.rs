//! Used blocks and lists, to be filled again without an allocation.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nfstream_capture::Block;

use crate::lane::{Arrival, Lane};

/// Used blocks and lists. Filling them again costs no allocation.
pub(crate) struct Recycler {
    blocks: Stack<Block>,
    arrivals: Stack<Vec<Arrival>>,
}

impl Recycler {
    /// A recycler with room for `blocks` blocks and `lists` lists. Giving one back never waits.
    pub(super) fn new(blocks: usize, lists: usize) -> Self {
        Self { blocks: Stack::new(blocks), arrivals: Stack::new(lists) }
    }

    /// A block to fill.
    pub(crate) fn block(&self) -> Block {
        self.blocks.pop()
    }

    /// A list to fill.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.pop()
    }

    /// Takes in the block and the lists of a lane. If there is no room for them, they are dropped.
    pub(crate) fn take(&self, Lane { block, arrivals, for_all, .. }: Lane) {
        for mut arrivals in [Some(arrivals), Arc::into_inner(for_all)].into_iter().flatten() {
            arrivals.clear();
            self.arrivals.push(arrivals);
        }
        if let Some(block) = Arc::into_inner(block) {
            self.give_back(block);
        }
    }

    /// Takes in a block.
    pub(crate) fn give_back(&self, mut block: Block) {
        block.clear();
        self.blocks.push(block);
    }
}

/// A stack. The thing that was put there last comes out first, because it is the likeliest to be in a cache.
struct Stack<T> {
    things: Mutex<Vec<T>>,
    room: usize,
}

impl<T: Default> Stack<T> {
    fn new(room: usize) -> Self {
        Self { things: Mutex::new(Vec::with_capacity(room)), room }
    }

    fn things(&self) -> MutexGuard<'_, Vec<T>> {
        self.things.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pop(&self) -> T {
        self.things().pop().unwrap_or_default()
    }

    fn push(&self, thing: T) {
        let mut things = self.things();
        if things.len() < self.room {
            things.push(thing);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use nfstream_capture::Timestamp;

    use super::*;
    use crate::lane::Place;

    fn lane(block: Arc<Block>, arrivals: Vec<Arrival>) -> Lane {
        let now = Timestamp::default();
        let place =
            Place { first_frame: None, last: None, before: now, now, is_orderly: true, silent: false };
        Lane { block, place, arrivals, for_all: Arc::default() }
    }

    #[test]
    fn a_list_comes_back_empty_with_its_room() {
        let recycler = Recycler::new(1, 1);
        let list = Vec::with_capacity(100);
        recycler.take(lane(Arc::default(), list));
        assert_eq!(recycler.arrivals().capacity(), 100);
        assert_eq!(recycler.arrivals().capacity(), 0);
    }

    #[test]
    fn a_block_comes_back_once_all_its_lanes_have() {
        let recycler = Recycler::new(4, 4);
        let block = Arc::new(Block::default());
        let lanes: Vec<_> = (0..4).map(|_| lane(Arc::clone(&block), Vec::new())).collect();
        drop(block);
        let blocks = || recycler.blocks.things().len();
        assert_eq!(blocks(), 0);
        thread::scope(|scope| {
            for lane in lanes {
                scope.spawn(|| recycler.take(lane));
            }
        });
        assert_eq!(blocks(), 1);
    }

    #[test]
    fn what_there_is_no_room_for_is_dropped() {
        let recycler = Recycler::new(2, 1);
        (0..5).for_each(|_| recycler.take(lane(Arc::default(), Vec::new())));
        assert_eq!((recycler.blocks.things().len(), recycler.arrivals.things().len()), (2, 1));
    }
}

//! The owner of each block of a ring: the kernel or the process (packet(7), `TPACKET_V3`).
//!
//! A block belongs to the kernel until the kernel writes `TP_STATUS_USER` into its status. Then it belongs to the process until the
//! process writes `TP_STATUS_KERNEL`. A reader of the other side's status (acquire) sees everything that the other side did before it
//! wrote the status (release). `make loom` tries every order of kernel and threads.

#![allow(unsafe_code, reason = "memory that is shared with the kernel; each block says why it is sound")]

use std::fmt;
use std::io;

use super::memory::RingMemory;
use super::socket::Socket;
use super::sync::Arc;
use super::sync::atomic::{AtomicBool, Ordering};

/// A ring's memory, and the blocks of it that the process holds.
struct Shared {
    memory: RingMemory,
    /// For each block, whether a [`RingBlock`] has it.
    held: Box<[AtomicBool]>,
}

/// The blocks of a ring, in the order in which the kernel fills them. Each ring's memory has only one `Blocks`. It gives out a block
/// only if the kernel has handed the block over and nothing in the process has it, so each block has one owner.
pub(crate) struct Blocks {
    shared: Arc<Shared>,
    /// The index of the next block.
    next: usize,
}

impl Blocks {
    /// Makes a ring of about `size` bytes. If the kernel has no memory for it, half the size is tried.
    pub(crate) fn over(socket: &Socket, size: usize) -> io::Result<Self> {
        Ok(Self::of(RingMemory::over(socket, size)?))
    }

    fn of(memory: RingMemory) -> Self {
        let held = (0..memory.blocks()).map(|_| AtomicBool::new(false)).collect();
        Self { shared: Arc::new(Shared { memory, held }), next: 0 }
    }

    /// Takes the next block, if the kernel is done with it.
    pub(crate) fn take(&mut self) -> Option<RingBlock> {
        if !self.is_next_ready() {
            return None;
        }
        let taken = RingBlock { shared: Arc::clone(&self.shared), number: self.next };
        self.shared.held[self.next].store(true, Ordering::Relaxed);
        self.next = (self.next + 1) % self.shared.held.len();
        Some(taken)
    }

    /// Whether the kernel is done with the next block.
    pub(crate) fn is_next_ready(&self) -> bool {
        // The order counts: a status that was read before the block was given back names its owner at that time.
        !self.shared.held[self.next].load(Ordering::Acquire)
            && self.shared.memory.status(self.next).load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
    }

    /// Whether blocks that were taken are still in use.
    pub(crate) fn are_held(&self) -> bool {
        self.shared.held.iter().any(|held| held.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocks").field("next", &self.next).finish_non_exhaustive()
    }
}

/// A block of a ring, from the time when the kernel has handed it over until it is dropped. Only [`Blocks::take`] makes one, so a
/// `RingBlock` is the only owner of its block.
pub(crate) struct RingBlock {
    shared: Arc<Shared>,
    number: usize,
}

impl RingBlock {
    /// The content of the block, from [`RingMemory::BEFORE`] on.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the memory exists as long as `shared`. The kernel leaves the block alone until it is given back, when this
        // `RingBlock` ends, and no other `RingBlock` has it (`Blocks::take`). So nothing writes while it is borrowed.
        unsafe { &*self.shared.memory.bytes(self.number) }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and the borrow is exclusive.
        unsafe { &mut *self.shared.memory.bytes_mut(self.number) }
    }
}

impl Drop for RingBlock {
    fn drop(&mut self) {
        self.shared.memory.status(self.number).store(libc::TP_STATUS_KERNEL, Ordering::Release);
        // The order counts: see `is_next_ready`.
        self.shared.held[self.number].store(false, Ordering::Release);
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::thread;

    use super::*;
    use crate::tpacket::memory::Kernel;
    use crate::tpacket::sync::atomic::{Weak, weaken};

    /// The content of a block, if it is consistent: the number that the kernel has filled it with.
    fn content(block: &RingBlock) -> u8 {
        let (first, last) = (block.bytes().first(), block.bytes().last());
        assert_eq!(first, last, "a block was read while it was written");
        *first.expect("blocks are not empty")
    }

    /// The kernel fills `fills` blocks, unless it finds the ring full.
    fn kernel_at_work(mut kernel: Kernel, fills: usize) -> thread::JoinHandle<()> {
        thread::spawn(move || (0..fills).for_each(|_| kernel.fill()))
    }

    /// One thread takes blocks as they come, changes them, and gives them back at once.
    fn taken_and_given_back(blocks: usize, turns: usize) {
        loom::model(move || {
            let (memory, kernel) = RingMemory::model(blocks);
            let mut ring = Blocks::of(memory);
            let kernel = kernel_at_work(kernel, turns);
            let mut taken = 0;
            for _ in 0..turns {
                if let Some(mut block) = ring.take() {
                    taken += 1;
                    assert_eq!(content(&block), taken);
                    block.bytes_mut().fill(u8::MAX);
                }
            }
            kernel.join().expect("the kernel does not panic");
        });
    }

    /// Another thread gives a block back, while the first looks for the next one, which is the same block.
    fn given_back_by_another_thread() {
        loom::model(|| {
            let (memory, kernel) = RingMemory::model(1);
            let mut ring = Blocks::of(memory);
            let kernel = kernel_at_work(kernel, 2);
            let (mut taken, mut other) = (0, None);
            for _ in 0..2 {
                if let Some(block) = ring.take() {
                    taken += 1;
                    assert_eq!(content(&block), taken, "a block was given twice");
                    other = Some(thread::spawn(move || assert_eq!(content(&block), taken)));
                }
            }
            kernel.join().expect("the kernel does not panic");
            if let Some(other) = other {
                other.join().expect("a block is its taker's");
            }
        });
    }

    /// The ring ends before its last block, whose memory remains until the block is dropped.
    #[test]
    fn a_block_outlives_its_ring() {
        loom::model(|| {
            let (memory, mut kernel) = RingMemory::model(1);
            kernel.fill();
            let mut ring = Blocks::of(memory);
            let block = ring.take().expect("the kernel has filled it");
            let other = thread::spawn(move || assert_eq!(content(&block), 1));
            drop(ring);
            other.join().expect("a block is its taker's");
        });
    }

    #[test]
    fn every_block_is_whole_and_given_once_and_in_order() {
        taken_and_given_back(1, 3);
        taken_and_given_back(2, 3);
    }

    #[test]
    fn a_block_that_another_thread_gives_back_is_not_given_twice() {
        given_back_by_another_thread();
    }

    #[test]
    #[should_panic(expected = "Causality violation")]
    fn whose_a_block_is_must_be_acquired() {
        weaken("AtomicU32", Weak::Loads);
        taken_and_given_back(1, 3);
    }

    #[test]
    #[should_panic(expected = "Causality violation")]
    fn whose_a_block_is_must_be_released() {
        weaken("AtomicU32", Weak::Stores);
        taken_and_given_back(1, 3);
    }

    #[test]
    #[should_panic(expected = "a block was given twice")]
    fn whether_a_block_is_held_must_be_acquired() {
        weaken("AtomicBool", Weak::Loads);
        given_back_by_another_thread();
    }

    #[test]
    #[should_panic(expected = "a block was given twice")]
    fn whether_a_block_is_held_must_be_released() {
        weaken("AtomicBool", Weak::Stores);
        given_back_by_another_thread();
    }
}

//! The memory of a ring for models: loom sees all reads and writes, and a thread plays the kernel.

#![allow(unsafe_code, reason = "loom's cells give out addresses, as the memory of a ring does")]

use std::io;

use loom::cell::UnsafeCell;
use loom::sync::atomic::Ordering;

use super::socket::Socket;
use super::sync::Arc;
use super::sync::atomic::AtomicU32;

/// A model of the memory of a ring, with small blocks.
pub(crate) struct RingMemory {
    blocks: Arc<Vec<ModelBlock>>,
    /// Stands for the mapping, to check that the memory exists.
    mapped: UnsafeCell<()>,
}

struct ModelBlock {
    status: AtomicU32,
    bytes: UnsafeCell<[u8; 2]>,
}

// SAFETY: loom runs all threads in one, and panics if two of them access a cell at the same time.
unsafe impl Send for ModelBlock {}
// SAFETY: the same.
unsafe impl Sync for ModelBlock {}
// SAFETY: the same.
unsafe impl Sync for RingMemory {}

impl RingMemory {
    pub(crate) const BEFORE: usize = 12;

    pub(crate) fn over(_: &Socket, _: usize) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Makes `blocks` blocks that belong to the kernel, and the kernel.
    pub(crate) fn model(blocks: usize) -> (Self, Kernel) {
        let block =
            |_| ModelBlock { status: AtomicU32::new(libc::TP_STATUS_KERNEL), bytes: UnsafeCell::new([0; 2]) };
        let blocks = Arc::new((0..blocks).map(block).collect::<Vec<_>>());
        let kernel = Kernel { blocks: Arc::clone(&blocks), filled: 0 };
        (Self { blocks, mapped: UnsafeCell::new(()) }, kernel)
    }

    pub(crate) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    pub(crate) fn status(&self, block: usize) -> &AtomicU32 {
        self.mapped.with(|_| &self.blocks[block].status)
    }

    pub(crate) fn bytes(&self, block: usize) -> *const [u8] {
        self.mapped.with(|_| self.blocks[block].bytes.with(|bytes| bytes as *const [u8]))
    }

    pub(crate) fn bytes_mut(&self, block: usize) -> *mut [u8] {
        self.mapped.with(|_| self.blocks[block].bytes.with_mut(|bytes| bytes as *mut [u8]))
    }
}

impl Drop for RingMemory {
    fn drop(&mut self) {
        self.mapped.with_mut(|_| ());
    }
}

/// The kernel's part: fills blocks one after another, with their numbers.
pub(crate) struct Kernel {
    blocks: Arc<Vec<ModelBlock>>,
    filled: u8,
}

impl Kernel {
    /// Fills the next block, if it belongs to the kernel.
    pub(crate) fn fill(&mut self) {
        let block = &self.blocks[usize::from(self.filled) % self.blocks.len()];
        let status = block.status.inner();
        // Replaces a load: after a load, loom would not try the orders in which others read here
        // before the store below.
        let (kernels, order) = (libc::TP_STATUS_KERNEL, Ordering::Acquire);
        if status.compare_exchange(kernels, kernels, order, order).is_err() {
            return;
        }
        self.filled += 1;
        // SAFETY: the block belongs to the kernel, or loom panics.
        block.bytes.with_mut(|bytes| unsafe { *bytes = [self.filled; 2] });
        status.store(libc::TP_STATUS_USER, Ordering::Release);
    }
}

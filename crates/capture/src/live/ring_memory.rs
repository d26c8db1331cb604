//! The memory of a ring, which the kernel and the process share block by block (packet(7), `TPACKET_V3`).

#![allow(unsafe_code, reason = "memory that is shared with the kernel; each block says why it is sound")]

use std::ffi::c_void;
use std::io;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::socket::{self, Socket};
use crate::Block;

/// How long the kernel keeps a block that is not full.
const BLOCK_TIMEOUT: Duration = Duration::from_millis(20);

/// Room before each frame for what is put back: a VLAN tag, the header of a cooked frame.
const RESERVE: usize = 32;

/// The fewest blocks of a ring.
const LEAST_BLOCKS: usize = 4;

/// Of `struct tpacket_block_desc`: whose a block is, and its number in the order of all.
const BLOCK_STATUS: usize = 8;
const BLOCK_SEQUENCE: usize = 24;

/// A ring's memory.
#[derive(Debug)]
struct Map {
    start: NonNull<u8>,
    blocks: usize,
    /// How many blocks are held in the process.
    held: AtomicU32,
}

// SAFETY: the memory belongs to whoever its blocks' status says. What is read or written while that is the kernel are the
// status, atomically, and the number of a block, which only the kernel changes before it hands the block over.
unsafe impl Send for Map {}
// SAFETY: the same.
unsafe impl Sync for Map {}

impl Map {
    fn over(socket: &Socket, size: usize) -> io::Result<Self> {
        socket.set_packet(libc::PACKET_VERSION, &libc::tpacket_versions::TPACKET_V3)?;
        socket.set_packet(libc::PACKET_RESERVE, &(RESERVE as u32))?;
        let mut blocks = (size / Block::CAPACITY).max(LEAST_BLOCKS);
        loop {
            let request = libc::tpacket_req3 {
                tp_block_size: Block::CAPACITY as u32,
                tp_block_nr: blocks as u32,
                tp_frame_size: socket::page_size() as u32,
                tp_frame_nr: (blocks * (Block::CAPACITY / socket::page_size())) as u32,
                tp_retire_blk_tov: BLOCK_TIMEOUT.as_millis() as u32,
                tp_sizeof_priv: 0,
                tp_feature_req_word: 0,
            };
            match socket.set_packet(libc::PACKET_RX_RING, &request) {
                Err(error) if error.raw_os_error() == Some(libc::ENOMEM) && blocks > LEAST_BLOCKS => {
                    blocks = (blocks / 2).max(LEAST_BLOCKS);
                }
                Err(error) => return Err(error),
                Ok(()) => break,
            }
        }
        // SAFETY: maps memory of the socket's at an address that the kernel chooses.
        let start = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let length = blocks * Block::CAPACITY;
            libc::mmap(std::ptr::null_mut(), length, access, libc::MAP_SHARED, socket.fd(), 0)
        };
        match NonNull::new(start.cast::<u8>()) {
            Some(start) if start.as_ptr().cast::<c_void>() != libc::MAP_FAILED => {
                Ok(Self { start, blocks, held: AtomicU32::new(0) })
            }
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn block(&self, number: usize) -> NonNull<u8> {
        // SAFETY: there are so many blocks, each of this size.
        unsafe { self.start.add(number % self.blocks * Block::CAPACITY) }
    }

    fn status(&self, number: usize) -> &AtomicU32 {
        // SAFETY: the status is an aligned number inside the block, which the kernel, too, reads and writes as a whole.
        unsafe { AtomicU32::from_ptr(self.block(number).add(BLOCK_STATUS).as_ptr().cast()) }
    }

    /// Whether a block has been handed over by the kernel, as the one with a number in the order of all: not still, or again,
    /// as an earlier one that the process holds.
    fn is_ready(&self, number: usize, sequence: u64) -> bool {
        if self.status(number).load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
            return false;
        }
        // SAFETY: an aligned number inside the block, which is the process's by its status.
        let of_block =
            unsafe { self.block(number).add(BLOCK_SEQUENCE).cast::<u64>().as_ptr().read_volatile() };
        // The kernel counts from 1.
        of_block == sequence + 1
    }
}

/// The blocks of a ring, in the order in which the kernel fills them. There is one of it for each ring's memory, and it gives a block
/// only when that has been handed over under the number that is next: so each is given once, to one.
#[derive(Debug)]
pub(super) struct Blocks {
    map: Arc<Map>,
    /// Which block is next, and which number it has in the order of all.
    next: usize,
    sequence: u64,
}

impl Blocks {
    /// A ring of about so many bytes. Of what the kernel has no memory for, half is tried.
    pub(super) fn over(socket: &Socket, size: usize) -> io::Result<Self> {
        Ok(Self { map: Arc::new(Map::over(socket, size)?), next: 0, sequence: 0 })
    }

    /// The next block, if the kernel is done with it.
    pub(super) fn take(&mut self) -> Option<RingBlock> {
        if !self.is_next_ready() {
            return None;
        }
        let taken = RingBlock { map: Arc::clone(&self.map), number: self.next };
        self.map.held.fetch_add(1, Ordering::Relaxed);
        self.next = (self.next + 1) % self.map.blocks;
        self.sequence += 1;
        Some(taken)
    }

    /// Whether the kernel is done with the next block.
    pub(super) fn is_next_ready(&self) -> bool {
        self.map.is_ready(self.next, self.sequence)
    }

    /// Whether blocks that were taken are still in use.
    pub(super) fn are_held(&self) -> bool {
        self.map.held.load(Ordering::Relaxed) > 0
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the memory was mapped with this length, and whoever could reach it holds the map.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.blocks * Block::CAPACITY) };
    }
}

/// A block of a ring, from when the kernel has handed it over until it is dropped. Only [`Blocks::take`] makes one: whoever has it
/// has the block alone.
pub(crate) struct RingBlock {
    map: Arc<Map>,
    number: usize,
}

impl RingBlock {
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the block is the process's, and this is the one who has it; nobody writes while it is borrowed.
        unsafe { std::slice::from_raw_parts(self.map.block(self.number).as_ptr(), Block::CAPACITY) }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and it is borrowed by one alone.
        unsafe { std::slice::from_raw_parts_mut(self.map.block(self.number).as_ptr(), Block::CAPACITY) }
    }
}

impl Drop for RingBlock {
    fn drop(&mut self) {
        self.map.status(self.number).store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.map.held.fetch_sub(1, Ordering::Relaxed);
    }
}

//! The memory of a ring, which the kernel and the process share block by block (packet(7), `TPACKET_V3`).

#![allow(unsafe_code, reason = "memory that is shared with the kernel; each block says why it is sound")]

use std::ffi::c_void;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use super::socket::Socket;

/// Number of bytes of a block: 1 MiB, as in the blocks that files are read into.
const BLOCK_SIZE: usize = 1 << 20;

/// How long the kernel keeps a block that is not full.
const BLOCK_TIMEOUT: Duration = Duration::from_millis(20);

/// Room before each frame for bytes that are put back: a VLAN tag, the header of a cooked frame.
const RESERVE: usize = 32;

/// The fewest blocks of a ring.
const LEAST_BLOCKS: usize = 4;

/// Offset in `struct tpacket_block_desc` of the block's status, which names its owner.
const BLOCK_STATUS: usize = 8;

/// The memory of a socket's ring.
pub(crate) struct RingMemory {
    start: NonNull<u8>,
    blocks: usize,
}

// SAFETY: the memory exists until this value is dropped, in any thread. By itself, this value gives out only addresses, and the
// status of a block, which is atomic.
unsafe impl Send for RingMemory {}
// SAFETY: the same.
unsafe impl Sync for RingMemory {}

impl RingMemory {
    /// Number of bytes of a block before its content: up to the end of its status, which the kernel may write at any time and
    /// every thread may read.
    pub(crate) const BEFORE: usize = BLOCK_STATUS + size_of::<u32>();

    /// Makes a ring of about `size` bytes. If the kernel has no memory for it, half the size is tried.
    pub(crate) fn over(socket: &Socket, size: usize) -> io::Result<Self> {
        socket.set_packet(libc::PACKET_VERSION, &libc::tpacket_versions::TPACKET_V3)?;
        socket.set_packet(libc::PACKET_RESERVE, &(RESERVE as u32))?;
        // SAFETY: only asks for a number.
        let page_size = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        let mut blocks = (size / BLOCK_SIZE).max(LEAST_BLOCKS);
        loop {
            let request = libc::tpacket_req3 {
                tp_block_size: BLOCK_SIZE as u32,
                tp_block_nr: blocks as u32,
                tp_frame_size: page_size as u32,
                tp_frame_nr: (blocks * (BLOCK_SIZE / page_size)) as u32,
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
        // SAFETY: maps memory of the socket at an address that the kernel chooses. The kernel refuses if the ring has another
        // size.
        let start = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let length = blocks * BLOCK_SIZE;
            libc::mmap(std::ptr::null_mut(), length, access, libc::MAP_SHARED, socket.fd(), 0)
        };
        match NonNull::new(start.cast::<u8>()) {
            Some(start) if start.as_ptr().cast::<c_void>() != libc::MAP_FAILED => Ok(Self { start, blocks }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// The status of a block, which names its owner.
    pub(crate) fn status(&self, block: usize) -> &AtomicU32 {
        // SAFETY: the status is an aligned number inside the block, as the block begins with a page. All threads and the kernel
        // read and write it as a whole, and `bytes` does not contain it.
        unsafe { AtomicU32::from_ptr(self.block(block).add(BLOCK_STATUS).as_ptr().cast()) }
    }

    /// The bytes of a block, for its owner.
    #[inline]
    pub(crate) fn bytes(&self, block: usize) -> *const [u8] {
        self.bytes_mut(block).cast_const()
    }

    /// The same, for writing.
    #[inline]
    pub(crate) fn bytes_mut(&self, block: usize) -> *mut [u8] {
        // SAFETY: a block has more bytes.
        let start = unsafe { self.block(block).add(Self::BEFORE) };
        std::ptr::slice_from_raw_parts_mut(start.as_ptr(), BLOCK_SIZE - Self::BEFORE)
    }

    #[inline]
    fn block(&self, block: usize) -> NonNull<u8> {
        assert!(block < self.blocks, "a ring has no such block");
        // SAFETY: there are more blocks than that, each of this size.
        unsafe { self.start.add(block * BLOCK_SIZE) }
    }
}

impl Drop for RingMemory {
    fn drop(&mut self) {
        // SAFETY: the memory was mapped with this length, and all users of it have borrowed or shared this value.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.blocks * BLOCK_SIZE) };
    }
}

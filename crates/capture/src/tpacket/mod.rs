//! Rings of memory that the kernel fills with frames and the process reads (packet(7), `TPACKET_V3`): the socket, the memory, and the
//! owner of each block.

mod blocks;
#[cfg_attr(all(test, loom), path = "memory_model.rs")]
mod memory;
mod socket;
mod sync;

pub(crate) use blocks::{Blocks, RingBlock};
pub(crate) use memory::RingMemory;
pub(crate) use socket::{Socket, lost_by_interface};

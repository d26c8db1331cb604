//! Packets that are kept after their turn.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nfstream_capture::{Block, Timestamp};
use nfstream_decode::Headers;

use crate::flow::{Direction, Packet};

/// A packet to keep. It shares the block of input that it came in, about 1 MiB, until it [owns](Self::own) its bytes.
#[derive(Debug)]
pub struct KeptPacket {
    /// Time of capture; never before the time of an earlier packet of the run.
    pub time: Timestamp,
    /// Length on the wire in bytes, link header included, as the capture recorded it.
    pub raw_size: u32,
    /// Direction of the packet in its flow.
    pub direction: Direction,
    /// Milliseconds since the flow's previous packet; 0 for the first.
    pub piat_ms: u64,
    /// Headers, with sizes and offsets.
    pub headers: Headers,
    frame: Mutex<Frame>,
}

#[derive(Clone, Debug)]
enum Frame {
    /// The frame at a position in a block.
    Shared(Arc<Block>, u32),
    Own(Box<[u8]>),
}

impl KeptPacket {
    /// Keeps a packet, which is a frame of a block unless it is an IP fragment.
    pub(crate) fn new(packet: &Packet<'_>, origin: Option<(&Arc<Block>, u32)>) -> Self {
        let Packet { time, raw_size, direction, piat_ms, headers, .. } = *packet;
        let frame = Mutex::new(Frame::of(packet, origin));
        Self { time, raw_size, direction, piat_ms, headers: *headers, frame }
    }

    /// Replaces this packet with another. Most packets come in the same block as the one before.
    pub(crate) fn set(&mut self, packet: &Packet<'_>, origin: Option<(&Arc<Block>, u32)>) {
        let Packet { time, raw_size, direction, piat_ms, headers, .. } = *packet;
        (self.time, self.raw_size, self.direction, self.piat_ms) = (time, raw_size, direction, piat_ms);
        self.headers = *headers;
        match (self.frame.get_mut().unwrap_or_else(PoisonError::into_inner), origin) {
            (Frame::Shared(shared, place), Some((block, frame))) if Arc::ptr_eq(shared, block) => {
                *place = frame;
            }
            (other, _) => *other = Frame::of(packet, origin),
        }
    }

    /// Copies the frame out of the block.
    pub fn own(&self) {
        let mut frame = self.frame();
        *frame = Frame::Own(frame.bytes().into());
    }

    /// Calls `show` with the captured bytes from the IP header on.
    pub fn with_ip_packet<R>(&self, show: impl FnOnce(&[u8]) -> R) -> R {
        let frame = self.frame();
        show(frame.bytes().get(self.headers.ip_offset as usize..).unwrap_or_default())
    }

    /// Number of bytes captured, link header included.
    pub fn captured_size(&self) -> usize {
        self.frame().bytes().len()
    }

    fn frame(&self) -> MutexGuard<'_, Frame> {
        self.frame.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Frame {
    fn of(packet: &Packet<'_>, origin: Option<(&Arc<Block>, u32)>) -> Self {
        match origin {
            Some((block, frame)) => Frame::Shared(Arc::clone(block), frame),
            None => Frame::Own(packet.frame.into()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Frame::Shared(block, frame) => {
                block.frame(*frame as usize).map(|frame| frame.bytes).unwrap_or_default()
            }
            Frame::Own(bytes) => bytes,
        }
    }
}

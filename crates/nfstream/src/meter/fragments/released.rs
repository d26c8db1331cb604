//! What comes out of a [`Defragmenter`](super::Defragmenter): packets to count, and payloads to show.

use nfstream_capture::Timestamp;
use nfstream_decode::Headers;

use crate::flow::{Datagram, Direction, Packet};

/// The next thing for a meter to do about fragments.
pub(crate) enum Step {
    /// Count a fragment for its flow.
    Count(Box<Released>),
    /// Show what came of a datagram that is given up.
    Show(Box<Shown>),
}

/// A fragment whose flow is known.
#[derive(Debug)]
pub(crate) struct Released {
    /// Its own headers, with the addresses, ports and protocol of its flow.
    pub(crate) headers: Headers,
    pub(crate) time: Timestamp,
    pub(crate) raw_size: u32,
    pub(crate) position: u64,
    pub(crate) hash: u64,
    /// Its frame; for a fragment that was held, the headers of it; the whole datagram for the fragment that completes it.
    pub(crate) frame: Box<[u8]>,
    pub(super) datagram: Part,
    /// The datagram, if it is not complete.
    pub(super) serial: Option<u64>,
    /// When its flow was known, or its datagram was given up: in milliseconds, and by the times of fragments alone.
    pub(crate) released_ms: u64,
}

/// What a fragment shows of its datagram.
#[derive(Debug)]
pub(super) enum Part {
    /// It is counted for itself.
    Alone,
    /// Nothing.
    Nothing,
    /// All of it: the headers of the datagram, whose bytes are in the frame.
    All(Headers),
}

/// What came of a datagram, up to the first gap.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(super) headers: Headers,
    pub(super) frame: Vec<u8>,
    pub(super) position: u64,
    /// Slot of the flow, and the position of the flow's first packet.
    pub(crate) slot: u32,
    pub(crate) first_packet: u64,
}

impl Released {
    /// The packet before its flow is known. Its time is not before `floor`.
    pub(crate) fn packet(&self, size: u32, floor: Timestamp) -> Packet<'_> {
        Packet {
            time: self.time.max(floor),
            raw_size: self.raw_size,
            size,
            direction: Direction::SrcToDst,
            piat_ms: 0,
            direction_piat_ms: None,
            headers: &self.headers,
            frame: &self.frame,
            datagram: self.datagram(),
            position: self.position,
        }
    }

    /// The number of its datagram, if that is not complete.
    pub(crate) fn serial(&self) -> Option<u64> {
        self.serial
    }

    /// What the packet shows of its datagram.
    pub(crate) fn datagram(&self) -> Datagram<'_> {
        match &self.datagram {
            Part::Alone => Datagram::Whole,
            Part::Nothing => Datagram::Pending,
            Part::All(headers) => Datagram::Complete(headers),
        }
    }
}

impl Shown {
    /// The datagram as a packet, which does not count.
    pub(crate) fn packet(&self, time: Timestamp, direction: Direction) -> Packet<'_> {
        Packet {
            time,
            raw_size: 0,
            size: 0,
            direction,
            piat_ms: 0,
            direction_piat_ms: None,
            headers: &self.headers,
            frame: &self.frame,
            datagram: Datagram::Complete(&self.headers),
            position: self.position,
        }
    }

    /// Addresses and ports, which tell the direction in the flow.
    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }
}

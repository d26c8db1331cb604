//! A TCP segment.

use super::options::Options;
use crate::flow::Packet;

pub(super) const FIN: u8 = 0x01;
pub(super) const SYN: u8 = 0x02;
pub(super) const RST: u8 = 0x04;
pub(super) const ACK: u8 = 0x10;

/// IP protocol number of TCP.
pub(super) const TCP: u8 = 6;

/// Bytes of a header without options (RFC 9293, section 3.1).
const HEADER: usize = 20;

/// The fields of a segment that the analysis reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
    pub(super) flags: u8,
    /// The window as it stands in the header.
    pub(super) window: u16,
    /// Bytes of payload.
    pub(super) length: u32,
    /// Nanoseconds since the epoch.
    pub(super) time: u64,
    /// The options of a SYN.
    options: &'a [u8],
}

impl<'a> Segment<'a> {
    /// The segment in a packet, if its header was captured.
    #[inline(always)]
    pub(super) fn of(packet: &Packet<'a>) -> Option<Self> {
        let headers = packet.whole()?;
        let offset = headers.transport_offset as usize;
        let header: &[u8; HEADER] = packet.frame.get(offset..)?.first_chunk()?;
        if headers.tcp_flags != header[13] || headers.transport_size < HEADER as u32 {
            return None;
        }
        let word =
            |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        Some(Self {
            sequence: word(4),
            acknowledgment: word(8),
            flags: header[13],
            window: u16::from_be_bytes([header[14], header[15]]),
            length: headers.payload_size,
            // 64 bits of nanoseconds last until 2554, and differences of later times are right, too.
            time: packet.time.nanoseconds() as u64,
            options: if header[13] & SYN == 0 {
                &[]
            } else {
                packet.frame.get(offset + HEADER..headers.payload_offset as usize).unwrap_or_default()
            },
        })
    }

    /// Whether one of these flags is set.
    #[inline]
    pub(super) fn has(&self, flags: u8) -> bool {
        self.flags & flags != 0
    }

    /// The sequence number after the segment: SYN and FIN count as a byte each.
    #[inline]
    pub(super) fn end(&self) -> u32 {
        let marks = u32::from(self.has(SYN)) + u32::from(self.has(FIN));
        self.sequence.wrapping_add(self.length).wrapping_add(marks)
    }

    /// The sequence number of the first byte of payload.
    #[inline]
    pub(super) fn data(&self) -> u32 {
        self.sequence.wrapping_add(u32::from(self.has(SYN)))
    }

    pub(super) fn options(&self) -> Options {
        Options::read(self.options)
    }

    #[cfg(test)]
    pub(super) fn new(flags: u8, sequence: u32, acknowledgment: u32, length: u32, time_us: u64) -> Self {
        let time = time_us * 1000;
        Self { sequence, acknowledgment, flags, window: 1000, length, time, options: &[] }
    }
}

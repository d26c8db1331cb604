//! RTP: Real-time Transport Protocol, and SRTP, whose headers are the same (RFC 3550, 3551, 3711); over TCP each packet has its
//! length before it (RFC 4571). Two consecutive packets of one direction distinguish it from coincidence.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Rtp;

/// Greatest distance of the second packet's sequence number.
const MOST_LOST: u16 = 32;
/// Greatest distance of its timestamp: 100 s at 90 kHz.
const LONGEST_PAUSE: u32 = 9_000_000;
/// Number of payloads that may come before the first packet.
const MOST_OTHERS: u16 = 3;

#[derive(Default)]
pub(crate) struct State {
    last: [Option<Header>; 2],
}

impl Dissector for Rtp {
    const META: Meta = Meta::tcp_udp(labels::RTP).weak().specification("RFC 3550, 3551, 3711, 4571");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.is_udp() {
            return state.packet(reader, segment);
        }
        while !reader.is_empty() {
            let start = reader.rest();
            match reader.block16() {
                Ok(packet) => match state.packet(packet, segment) {
                    Verdict::Wait => {}
                    verdict => return verdict,
                },
                Err(Short) if is_framed_start(start) => return Verdict::More,
                Err(Short) => return Verdict::Excluded,
            }
        }
        Verdict::Wait
    }

    fn is_default(state: &State) -> bool {
        state.last.iter().all(Option::is_none)
    }
}

/// Whether this may begin a packet after its length: not longer than usual networks permit, and with a valid header if that is there.
fn is_framed_start(bytes: &[u8]) -> bool {
    match bytes {
        [] | [0x00..=0x05] | [0x00..=0x05, _] => true,
        [0x00..=0x05, _, flags] => flags & 0xc0 == 0x80,
        [0x00..=0x05, _, flags, kind, rest @ ..] => {
            flags & 0xc0 == 0x80 && is_in_use(kind & 0x7f) && (rest.len() < 8 || rest.get(..4) != Some(&[0; 4]))
        }
        _ => false,
    }
}

/// Payload types of RFC 3551, section 6, and the dynamic ones; those between would be RTCP.
fn is_in_use(payload_type: u8) -> bool {
    matches!(payload_type, 0..=34 | 96..=127)
}

impl State {
    fn packet(&mut self, packet: Reader<'_>, segment: &Segment<'_>) -> Verdict {
        let last = &mut self.last[usize::from(segment.from_source)];
        match (Header::read(packet), &last) {
            (Ok(header), Some(former)) if header.continues(former) => Verdict::DONE,
            (Ok(header), _) => {
                *last = Some(header);
                Verdict::Wait
            }
            (Err(_), None) if segment.is_tcp() || segment.number >= MOST_OTHERS => Verdict::Excluded,
            (Err(_), _) => Verdict::Wait,
        }
    }
}

/// The relevant part of a packet's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
    source: u32,
}

/// It is not RTP.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotRtp;

impl From<Short> for NotRtp {
    fn from(_: Short) -> Self {
        Self
    }
}

impl Header {
    /// RFC 3550, section 5.1.
    ///
    /// # Errors
    /// If the version is different, the payload type is not in use, or the packet is too short for its announced content.
    pub(super) fn read(mut reader: Reader<'_>) -> Result<Self, NotRtp> {
        let [flags, kind] = reader.array()?;
        let payload_type = kind & 0x7f;
        if flags & 0xc0 != 0x80 || !is_in_use(payload_type) {
            return Err(NotRtp);
        }
        let (sequence, timestamp, source) = (reader.u16()?, reader.u32()?, reader.u32()?);
        reader.skip(usize::from(flags & 0x0f) * 4)?;
        if flags & 0x10 != 0 {
            reader.skip(2)?;
            let words = reader.u16()?;
            reader.skip(usize::from(words) * 4)?;
        }
        Ok(Self { payload_type, sequence, timestamp, source })
    }

    fn continues(&self, former: &Self) -> bool {
        let ahead = self.sequence.wrapping_sub(former.sequence);
        self.source == former.source
            && self.payload_type == former.payload_type
            && (1..=MOST_LOST).contains(&ahead)
            && self.timestamp.wrapping_sub(former.timestamp) <= LONGEST_PAUSE
            && (self.source != 0 || self.timestamp != former.timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn packet(sequence: u8) -> Vec<u8> {
        [hex("80 08 00"), vec![sequence], hex("00000500 12345678 d5d5d5d5d5d5")].concat()
    }

    #[test]
    fn two_packets_that_continue_each_other() {
        assert_named(&Exchange::udp(4000).client(packet(1)).client(packet(2)), labels::RTP);
        assert_named(&Exchange::udp(4000).server("hello").server(packet(1)).server(packet(3)), labels::RTP);
        let framed = |sequence| [hex("0012"), packet(sequence)].concat();
        let exchange = Exchange::tcp(4000).client(framed(1)).client(framed(2));
        assert_named(&exchange, labels::RTP);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn others_are_not_taken_for_it() {
        let verdict = |second: &[u8]| Exchange::udp(4000).client(packet(1)).client(second).verdict_of::<Rtp>();
        for (at, value) in [(0, 0x40), (1, 0x48), (3, 0x80), (4, 0x80), (8, 0x99)] {
            let mut second = packet(2);
            second[at] = value;
            assert_eq!(verdict(&second), Verdict::Wait, "{at}");
        }
        assert_eq!(Exchange::tcp(4000).client("GET / HTTP/1.1").verdict_of::<Rtp>(), Verdict::Excluded);
    }
}

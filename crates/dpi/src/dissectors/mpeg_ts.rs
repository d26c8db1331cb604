//! MPEG-TS: transport stream (ITU-T H.222.0, ISO/IEC 13818-1). Packets of 188 bytes, each with a sync byte before it.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct MpegTs;

const PACKET: usize = 188;

impl Dissector for MpegTs {
    const META: Meta = Meta::tcp_udp(labels::MPEG_TS)
        .starts_with(&[b"G"])
        .specification("ITU-T H.222.0, section 2.4.3.2");

    /// Packets so far.
    type State = u8;

    fn inspect(packets: &mut u8, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let payload = segment.payload;
        if segment.is_udp() && !payload.len().is_multiple_of(PACKET) || !payload.chunks(PACKET).all(is_packet) {
            return Verdict::Excluded;
        }
        let whole = payload.len() / PACKET;
        *packets = packets.saturating_add(whole.try_into().unwrap_or(u8::MAX));
        match *packets {
            2.. if segment.is_udp() => Verdict::DONE,
            _ if segment.is_udp() => Verdict::Wait,
            _ if whole > 2 => Verdict::DONE,
            _ => Verdict::More,
        }
    }
}

/// Sync byte, then a payload or an adaptation field of the whole packet, or both; not scrambled in the reserved way.
fn is_packet(packet: &[u8]) -> bool {
    match packet {
        [0x47, _, _, control, rest @ ..] if control & 0xc0 != 0x40 => match (control & 0x30, rest.first()) {
            (0x10, _) | (0x20 | 0x30, None) => true,
            (0x20, Some(length)) => *length == 183,
            (0x30, Some(length)) => *length <= 182,
            _ => false,
        },
        [0x47, rest @ ..] => rest.len() < 3,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    fn packets(count: usize) -> Vec<u8> {
        [&[0x47, 0x01, 0x00, 0x10][..], &[0x55; PACKET - 4]].concat().repeat(count)
    }

    #[test]
    fn packets_alone_and_together() {
        assert_named(&Exchange::udp(1234).client(packets(7)), labels::MPEG_TS);
        assert_named(&Exchange::udp(1234).client(packets(1)).client(packets(1)), labels::MPEG_TS);
        assert_named(&Exchange::tcp(1234).server(packets(7)), labels::MPEG_TS);
    }

    #[test]
    fn refuses_its_neighbours() {
        let mut other = packets(7);
        other[PACKET] = 0x48;
        assert_eq!(Exchange::udp(1234).client(other).verdict_of::<MpegTs>(), Verdict::Excluded);
        assert_eq!(Exchange::tcp(80).client("GET / HTTP/1.1").verdict_of::<MpegTs>(), Verdict::Excluded);
        assert_eq!(Exchange::udp(80).client(&packets(2)[..300]).verdict_of::<MpegTs>(), Verdict::Excluded);
    }
}

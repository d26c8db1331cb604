//! Zoom: media between clients and Zoom's servers (Michel et al., "Enabling passive measurement of Zoom performance in production
//! networks", 2022, and captures). An exchange of an identifier, then RTP and RTCP after two headers of Zoom.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Verdict};
use crate::dissectors::rtp;
use crate::vocabulary::labels;

pub(super) struct Zoom;

impl Dissector for Zoom {
    const META: Meta = Meta::udp(labels::ZOOM)
        .only_on_ports(&[8801, 8802, 8803, 8804, 8805, 8806, 8807, 8808, 8809, 8810])
        .max_segments(4)
        .specification("Michel et al., 2022; from captures");

    /// The connection that a datagram named.
    type State = Option<u32>;

    fn inspect(last: &mut Option<u32>, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_zoom = match segment.payload {
            [0x01 | 0x02, 0x00, 0x02 | 0x03, rest @ ..] => is_greeting(rest),
            [0x05, _, _, _, _, _, _, 0x00 | 0x04, media @ ..] => is_media(media),
            _ => false,
        };
        if is_zoom {
            return Verdict::DONE;
        }
        match connection(segment.payload) {
            Some(connection) if *last == Some(connection) => Verdict::DONE,
            Some(connection) => {
                *last = Some(connection);
                Verdict::Wait
            }
            None => Verdict::Excluded,
        }
    }
}

/// Places of the connection identifier in media, reports and echoes.
fn connection(payload: &[u8]) -> Option<u32> {
    let at = match payload.first()? {
        0x03 | 0x04 => 9,
        0x05 => 3,
        0x07 => 5,
        _ => return None,
    };
    let connection = u32::from_be_bytes(*payload.get(at..)?.first_chunk()?);
    (connection != 0).then_some(connection)
}

/// An identifier of 16 bytes, counters and zeros after it.
fn is_greeting(bytes: &[u8]) -> bool {
    let behind = bytes.get(16..36).unwrap_or_default();
    behind.windows(4).any(|part| part == [0; 4])
}

/// The first byte gives the kind, and so the length of the header before RTP (figure 7 there).
fn is_media(bytes: &[u8]) -> bool {
    let length = match bytes.first() {
        Some(0x0d) => 27,
        Some(0x0f) => 19,
        Some(0x10) => 24,
        Some(0x1e) => 20,
        Some(0x21 | 0x22) => return matches!(bytes.get(16..), Some([0x80..=0x9f, 200..=207, ..])),
        _ => return false,
    };
    bytes.get(length..).is_some_and(|rest| rtp::Header::read(Reader::new(rest)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn greetings_and_media() {
        let identifier = "000102030405060708090a0b0c0d0e0f";
        let greeting = hex(&format!("010003 {identifier} 0000000000000002 006f613f 006f613f 00000040"));
        assert_named(&Exchange::udp(8801).client(greeting), labels::ZOOM);
        let media = hex("05 0001 00000000 04 0f 000102030405060708090a0b0c0d0e0f1011 90600001 00000001 00000002 bede0000");
        assert_named(&Exchange::udp(8801).server(&media), labels::ZOOM);
        let (report, data) = (hex("03 00000001 5cfb002a 004f8378 00"), hex("05 0000 004f8378 04 15 0100"));
        assert_named(&Exchange::udp(8801).server(&report).client(&data), labels::ZOOM);
        assert_eq!(Exchange::udp(8801).server(report).verdict_of::<Zoom>(), Verdict::Wait);
        assert_ne!(Exchange::udp(9000).server(&media).name(), "Zoom");
        assert_eq!(Exchange::udp(8801).client("GET / HTTP/1.1").verdict_of::<Zoom>(), Verdict::Excluded);
    }
}

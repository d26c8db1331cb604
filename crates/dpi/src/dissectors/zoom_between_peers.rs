//! Zoom: media that two clients send each other directly (Michel et al., "Enabling passive measurement of Zoom performance in production
//! networks", 2022, section 4; and captures). As between clients and servers, a header of Zoom comes before RTP, but the one of the
//! server before it is missing. RTP has the general extension (RFC 8285); two datagrams of one source are enough.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Kinds of media: screen, audio, video.
const SCREEN: u8 = 0x0d;
const AUDIO: u8 = 0x0f;
const VIDEO: u8 = 0x10;

/// Version 2 and an extension, and its profile.
const RTP: u8 = 0x90;
const GENERAL: u16 = 0xbede;

/// Greatest distance of the sequence numbers of two datagrams in a row.
const FARTHEST: u16 = 64;

pub(super) struct ZoomBetweenPeers;

/// Source and sequence number of the last datagram of each direction and kind.
#[derive(Default)]
pub(crate) struct Last([[Option<(u32, u16)>; 3]; 2]);

impl Dissector for ZoomBetweenPeers {
    const META: Meta = Meta::udp(labels::ZOOM)
        .starts_with(&[&[SCREEN], &[AUDIO], &[VIDEO]])
        .specification("Michel et al., 2022; from captures");

    type State = Last;

    fn inspect(last: &mut Last, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let Ok(Some((kind, source, sequence))) = media(segment.reader()) else {
            // Echoes and reports of a form of their own come in between.
            return if segment.number == 0 { Verdict::Excluded } else { Verdict::Wait };
        };
        let Some(last) = last.0.get_mut(segment.side()).and_then(|kinds| kinds.get_mut(kind)) else {
            return Verdict::Excluded;
        };
        let follows = last.is_some_and(|(before, number)| {
            before == source && (1..=FARTHEST).contains(&sequence.wrapping_sub(number))
        });
        *last = Some((source, sequence));
        if follows { Verdict::DONE } else { Verdict::Wait }
    }
}

/// Number of the kind, source and sequence number.
fn media(mut reader: Reader<'_>) -> Result<Option<(usize, u32, u16)>, Short> {
    let (kind, length) = match reader.u8()? {
        SCREEN => (0, 27),
        AUDIO => (1, 19),
        VIDEO => (2, 24),
        _ => return Ok(None),
    };
    reader.skip(length - 1)?;
    let (first, payload_type, sequence) = (reader.u8()?, reader.u8()? & 0x7f, reader.u16()?);
    let (_timestamp, source, profile) = (reader.u32()?, reader.u32()?, reader.u16()?);
    let is_media = first == RTP && matches!(payload_type, 96..=127) && profile == GENERAL && source != 0;
    Ok(is_media.then_some((kind, source, sequence)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn video(rtp: &str) -> Vec<u8> {
        [hex("100100fb900d180c02ec5d0572cfbe0200000000025c7a0d"), hex(rtp), vec![0x5a; 60]].concat()
    }

    #[test]
    fn recognised_by_two_datagrams_of_a_source() {
        let first = video("9062 66e6 fb449a64 01000401 bede0004");
        let exchange = Exchange::udp(64904).client(&first).client(video("90e2 66e8 fb449a64 01000401 bede0004"));
        assert_named(&exchange, labels::ZOOM);
        exchange.assert_cuts_do_not_matter();
        for other in [
            "9062 66e6 fb449a64 01000401 bede0004",
            "9062 66e7 fb449a64 01000402 bede0004",
            "8062 66e7 fb449a64 01000401 bede0004",
            "9062 66e7 fb449a64 01000401 bedf0004",
            "9005 66e7 fb449a64 01000401 bede0004",
        ] {
            let exchange = Exchange::udp(64904).client(&first).client(video(other));
            assert_eq!(exchange.verdict_of::<ZoomBetweenPeers>(), Verdict::Wait, "{other}");
        }
        assert_eq!(Exchange::udp(64904).client(&first[..30]).verdict_of::<ZoomBetweenPeers>(), Verdict::Excluded);
    }
}

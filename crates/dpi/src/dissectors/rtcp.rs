//! RTCP: RTP Control Protocol, and SRTCP (RFC 3550, 3711, 4585, 5506). Reports whose lengths add up to the datagram, or whose
//! encrypted part ends with the index of SRTCP.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Rtcp;

/// Lengths of the authentication tag of SRTCP (RFC 3711, 7714).
const TAGS: [usize; 3] = [10, 4, 0];
/// Greatest plausible index: no flow is older when it is first seen.
const HIGHEST_INDEX: u32 = 1 << 20;

impl Dissector for Rtcp {
    const META: Meta = Meta::udp(labels::RTCP).also(&[labels::KAKAOTALK_VOICE]).specification("RFC 3550, 3711, 4585, 5506");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let [0x80..=0xbf, 200..=207, ..] = segment.payload else { return Verdict::Excluded };
        let mut reader = segment.reader();
        if packet(&mut reader).is_err() || !(are_packets(reader) || is_secure(segment.payload)) {
            return Verdict::Excluded;
        }
        if [segment.src, segment.dst].iter().any(|address| found.owner(*address) == labels::KAKAOTALK) {
            found.protocol(labels::KAKAOTALK_VOICE);
        }
        Verdict::DONE
    }
}

/// A packet of a kind in use (IANA, RTP Parameters), at least as long as what it counts.
fn packet(reader: &mut Reader<'_>) -> Result<(), Short> {
    let [flags, kind] = reader.array()?;
    let words = reader.u16()?;
    let count = u16::from(flags & 0x1f);
    let least = match kind {
        200 => 6 + 6 * count,
        201 => 1 + 6 * count,
        202 | 203 => count,
        204..=207 => 2,
        192..=195 | 208..=213 => 1,
        _ => return Err(Short),
    };
    if flags & 0xc0 != 0x80 || words < least {
        return Err(Short);
    }
    reader.skip(usize::from(words) * 4)
}

fn are_packets(mut reader: Reader<'_>) -> bool {
    while !reader.is_empty() {
        if packet(&mut reader).is_err() {
            return false;
        }
    }
    true
}

/// RFC 3711, section 3.4: flag and index stand before the tag.
fn is_secure(payload: &[u8]) -> bool {
    TAGS.iter().any(|tag| {
        let end = payload.len().saturating_sub(*tag);
        let index = payload.get(..end).and_then(|rest| rest.last_chunk::<4>());
        index.is_some_and(|index| (0x8000_0000..0x8000_0000 + HIGHEST_INDEX).contains(&u32::from_be_bytes(*index)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn reports_in_the_clear_and_not() {
        let empty = "80c90001 12345678";
        for datagram in [
            empty,
            &format!("{empty} 81cb0001 12345678"),
            &format!("{empty} 80000001 000102030405060708ff"),
            &format!("{empty} ffffffff ffffffff 80000201 00010203"),
        ] {
            assert_named(&Exchange::udp(5001).client(hex(datagram)), labels::RTCP);
        }
    }

    #[test]
    fn others_are_not_taken_for_it() {
        for datagram in ["80c90001 123456", "81c90001 12345678", "80c90001 12345678 41cb0001 12345678", "80c70000"] {
            let exchange = Exchange::udp(5001).client(hex(datagram));
            assert_eq!(exchange.verdict_of::<Rtcp>(), Verdict::Excluded, "{datagram}");
        }
    }
}

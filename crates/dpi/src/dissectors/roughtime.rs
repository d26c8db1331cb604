//! Roughtime: rough time, proven by signatures (draft-ietf-ntp-roughtime; Google's Roughtime before it). A count of tags, offsets
//! that grow, tags that grow, all with the low byte first; newer ones in a frame of their own.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const FRAME: &[u8] = b"ROUGHTIM";

const MOST_TAGS: u32 = 32;

pub(super) struct Roughtime;

impl Dissector for Roughtime {
    const META: Meta = Meta::tcp_udp(labels::ROUGHTIME).ports(&[2002, 2003]).specification("draft-ietf-ntp-roughtime");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let payload = segment.payload;
        let is_framed = payload.starts_with(FRAME);
        if segment.is_tcp() && FRAME.starts_with(payload) {
            return Verdict::More;
        }
        let is_message = is_framed || segment.is_udp() && is_message(payload).unwrap_or(false);
        Verdict::matched_if(is_message)
    }
}

fn is_message(payload: &[u8]) -> Result<bool, Short> {
    let mut reader = Reader::new(payload);
    let tags = reader.u32_le()?;
    if !(1..=MOST_TAGS).contains(&tags) {
        return Ok(false);
    }
    let mut last = 0;
    for _ in 1..tags {
        let offset = reader.u32_le()?;
        if offset < last || !offset.is_multiple_of(4) || offset as usize > payload.len() {
            return Ok(false);
        }
        last = offset;
    }
    let mut has_known = false;
    for _ in 0..tags {
        let tag = reader.array()?;
        has_known |= matches!(&tag, b"NONC" | b"SREP" | b"CERT" | b"PATH");
        if !matches!(tag, [b'A'..=b'Z', _, _, _]) {
            return Ok(false);
        }
    }
    Ok(has_known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_with_and_without_frame() {
        let request = [&hex("02000000 40000000")[..], b"NONCPAD\xff", &[0x5a; 100]].concat();
        assert_named(&Exchange::udp(2002).client(&request), labels::ROUGHTIME);
        let framed = [FRAME, &hex("74000000"), &request].concat();
        assert_named(&Exchange::udp(2002).client(&framed), labels::ROUGHTIME);
        let over_tcp = Exchange::tcp(2002).client(framed);
        assert_named(&over_tcp, labels::ROUGHTIME);
        over_tcp.assert_cuts_do_not_matter();
        let unknown = [&hex("02000000 40000000")[..], b"ABCDPAD\xff", &[0x5a; 100]].concat();
        assert_eq!(Exchange::udp(2002).client(unknown).verdict_of::<Roughtime>(), Verdict::Excluded);
    }
}

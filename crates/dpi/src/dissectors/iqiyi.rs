//! iQIYI: video from peers, by the software that was `PPStream` (from captures). The length of the datagram, the low byte first,
//! and its old name.

use memchr::memmem;

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Iqiyi;

impl Dissector for Iqiyi {
    const META: Meta = Meta::udp(labels::IQIYI).max_segments(4).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match length(segment.reader()) {
            Ok(length) if usize::from(length) == segment.payload.len() => {}
            _ => return Verdict::Excluded,
        }
        if memmem::find(segment.payload, b"PPStream").is_some() { Verdict::DONE } else { Verdict::Wait }
    }
}

fn length(mut reader: Reader<'_>) -> Result<u16, Short> {
    reader.skip(2)?;
    reader.u16_le()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_length_and_name() {
        let hello = [&hex("1c40 1000 44747100")[..], b"PPStream"].concat();
        assert_named(&Exchange::udp(16600).client(hello), labels::IQIYI);
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = Exchange::udp(16600).client(b"\x1c\x40\x11\x00PPStream");
        assert_eq!(other.verdict_of::<Iqiyi>(), Verdict::Excluded);
    }
}

//! LINE: calls over UDP (from captures). The first two bytes hold flags and the length of the data after the first four bytes.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct LineCall;

impl Dissector for LineCall {
    const META: Meta = Meta::udp(labels::LINECALL).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let [first @ 0xd0..=0xdf, second, _, _, 0x06, 0x02, ..] = segment.payload else { return Verdict::Excluded };
        let length = usize::from(u16::from_be_bytes([*first, *second]) & 0x07ff);
        Verdict::matched_if(length + 4 == segment.wire_len && length > 64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_length() {
        let mut datagram = hex("d89c 0072 0602 e754");
        datagram.resize(160, 0x55);
        assert_named(&Exchange::udp(29070).client(&datagram), labels::LINECALL);
        datagram.push(0);
        assert_eq!(Exchange::udp(29070).client(datagram).verdict_of::<LineCall>(), Verdict::Excluded);
    }
}

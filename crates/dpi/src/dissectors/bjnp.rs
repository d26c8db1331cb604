//! BJNP: printing and scanning over the network (Canon; from captures). Four letters, the kind of device, a command, the length.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const HEADER: usize = 16;

pub(super) struct Bjnp;

impl Dissector for Bjnp {
    const META: Meta = Meta::tcp_udp(labels::BJNP)
        .ports(&[8610, 8611, 8612, 8613])
        .starts_with(&[b"BJNP", b"BJNB", b"BNJB", b"BNJP", b"MFNP"])
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let Some([magic @ .., device]) = segment.payload.get(..5) else { return segment.more() };
        // Printer, scanner, multifunction device; the upper bit marks an answer.
        let is_device = matches!(device & 0x7f, 1..=3) && Self::META.starts_with.contains(&magic);
        Verdict::matched_if(is_device && (segment.is_tcp() || segment.wire_len >= HEADER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        assert_named(&Exchange::udp(8612).client(hex("424a4e50 02 01 0000 17a4 0000 00000000")), labels::BJNP);
        let over_tcp = Exchange::tcp(8611).client(hex("424a4e50 01 20 0000 0001 0001 00000000"));
        assert_named(&over_tcp, labels::BJNP);
        over_tcp.assert_cuts_do_not_matter();
        assert_eq!(Exchange::udp(8612).client(b"BJNPrinter is a word").verdict_of::<Bjnp>(), Verdict::Excluded);
    }
}

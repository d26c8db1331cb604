//! `GenshinImpact`: Genshin Impact over a variant of KCP (documents of free servers: datagrams of 20 bytes open and close a
//! conversation), and its gateway over TCP (from captures).

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

/// Beginning and end of datagrams that open, accept or close a conversation.
const HANDSHAKES: [(u32, u32); 3] = [(0xff, 0xffff_ffff), (0x145, 0x1451_4545), (0x194, 0x1941_9494)];
const HANDSHAKE: usize = 20;
/// A client's first message to the gateway: its length follows the mark, then its kind.
const GATEWAY_HELLO: &[u8] = b"\x01\x00\x00\x00\x2a\x07\x00\x00\x00\x00";
const GATEWAY_HELLO_LENGTH: usize = 0x2a;
/// The part that is empty.
const EMPTY: std::ops::Range<usize> = 18..38;

pub(super) struct GenshinImpact;

impl Dissector for GenshinImpact {
    const META: Meta = Meta::tcp_udp(labels::GENSHINIMPACT)
        .ports(&[22101, 22102])
        .starts_with(&[b"\x00\x00\x00\xff", b"\x00\x00\x01\x45", b"\x00\x00\x01\x94", GATEWAY_HELLO])
        .specification("documents of free servers; from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.is_udp() {
            return Verdict::matched_if(is_handshake(segment));
        }
        if !segment.payload.starts_with(GATEWAY_HELLO) {
            return if GATEWAY_HELLO.starts_with(segment.payload) { Verdict::More } else { Verdict::Excluded };
        }
        match segment.payload.get(..GATEWAY_HELLO_LENGTH).and_then(|hello| hello.get(EMPTY)) {
            Some(empty) => Verdict::matched_if(empty.iter().all(|byte| *byte == 0)),
            None => Verdict::More,
        }
    }
}

fn is_handshake(segment: &Segment<'_>) -> bool {
    let (Some(first), Some(last)) = (segment.payload.first_chunk(), segment.payload.last_chunk()) else {
        return false;
    };
    segment.wire_len == HANDSHAKE && HANDSHAKES.contains(&(u32::from_be_bytes(*first), u32::from_be_bytes(*last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_what_opens_it() {
        let open = hex("000000ff 00000000 00000000 499602d2 ffffffff");
        let accept = hex("00000145 00010203 04050607 499602d2 14514545");
        assert_named(&Exchange::udp(22101).client(open), labels::GENSHINIMPACT);
        assert_named(&Exchange::udp(22101).server(accept), labels::GENSHINIMPACT);
        let hello = [GATEWAY_HELLO, &[7; 8], &[0; 20], &[9; 4]].concat();
        let exchange = Exchange::tcp(10012).client(hello);
        assert_named(&exchange, labels::GENSHINIMPACT);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let crossed = hex("000000ff 00000000 00000000 499602d2 14514545");
        assert_eq!(Exchange::udp(22101).client(crossed).verdict_of::<GenshinImpact>(), Verdict::Excluded);
        let full = [GATEWAY_HELLO, &[7; 32]].concat();
        assert_eq!(Exchange::tcp(80).client(full).verdict_of::<GenshinImpact>(), Verdict::Excluded);
    }
}

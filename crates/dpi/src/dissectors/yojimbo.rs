//! Yojimbo: games over netcode (mas-bandwidth/netcode, STANDARD.md): a client asks for a connection with a token.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

/// Kind and version of a connection request.
const REQUEST: &[u8] = b"\x00NETCODE 1.";
/// With nonces of 8 bytes (1.00, 1.01) and of 24 (1.02).
const LENGTHS: [usize; 2] = [1062, 1078];

pub(super) struct Yojimbo;

impl Dissector for Yojimbo {
    const META: Meta = Meta::udp(labels::YOJIMBO)
        .ports(&[40000])
        .starts_with(&[REQUEST])
        .specification("mas-bandwidth/netcode, STANDARD.md");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(segment.payload.starts_with(REQUEST) && LENGTHS.contains(&segment.wire_len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_the_request() {
        for (version, length) in [("01\0", 1062), ("02\0", 1078)] {
            let mut request = [REQUEST, version.as_bytes()].concat();
            request.resize(length, 7);
            assert_named(&Exchange::udp(40000).client(&request), labels::YOJIMBO);
            request.push(7);
            assert_eq!(Exchange::udp(40000).client(request).verdict_of::<Yojimbo>(), Verdict::Excluded);
        }
    }
}

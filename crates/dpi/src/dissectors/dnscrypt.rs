//! DNScrypt: encrypted DNS (DNSCrypt protocol, versions 1 and 2). A resolver's answers begin with a constant, and repeat the
//! client's half of the nonce. How a client asks for the certificate is seen to in `dns`.

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::labels;

const RESOLVER_MAGIC: &[u8] = b"r6fnvWj8";

/// The constant, the nonce, the tag of the encryption, and what is encrypted.
const SHORTEST_RESPONSE: usize = 8 + 24 + 16 + 12;

pub(super) struct Dnscrypt;

impl Dissector for Dnscrypt {
    const META: Meta =
        Meta::udp(labels::DNSCRYPT).starts_with(&[RESOLVER_MAGIC]).specification("DNSCrypt version 2 protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let payload = segment.payload;
        Verdict::matched_if(payload.starts_with(RESOLVER_MAGIC) && payload.len() >= SHORTEST_RESPONSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_the_answer() {
        let response = [RESOLVER_MAGIC, &[0xa5; 104]].concat();
        assert_named(&Exchange::udp(443).client([0x5a; 512]).server(&response), labels::DNSCRYPT);
        assert_named(&Exchange::udp(5443).server(response), labels::DNSCRYPT);
        let short = Exchange::udp(443).server(RESOLVER_MAGIC);
        assert_eq!(short.verdict_of::<Dnscrypt>(), Verdict::Excluded);
    }
}

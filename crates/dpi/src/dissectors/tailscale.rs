//! Tailscale: nodes look for a path to each other with DISCO messages beside WireGuard (Tailscale, package disco). Magic, the
//! sender's key, nonce, sealed message.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Tailscale;

/// "TS" and a speech balloon in UTF-8.
const MAGIC: &[u8] = b"TS\xf0\x9f\x92\xac";

impl Dissector for Tailscale {
    const META: Meta = Meta::udp(labels::TAILSCALE)
        .ports(&[41641])
        .starts_with(&[MAGIC])
        .max_segments(2)
        .specification("Tailscale, package disco");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        // Key, nonce, authenticator of the box, type and version.
        const SHORTEST: usize = MAGIC.len() + 32 + 24 + 16 + 2;
        Verdict::matched_if(segment.payload.starts_with(MAGIC) && segment.wire_len >= SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_magic() {
        let message = [MAGIC, &[0xa5; 86]].concat();
        assert_named(&Exchange::udp(7000).client(&message), labels::TAILSCALE);
        assert_eq!(Exchange::udp(41641).client(&message[..60]).verdict_of::<Tailscale>(), Verdict::Excluded);
    }
}

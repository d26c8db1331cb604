//! Nintendo: Pia, by which Nintendo's consoles play together (kinnay/NintendoClients, "Pia Protocol").

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const MAGIC: &[u8] = b"\x32\xab\x98\x64";
/// The rest is encrypted. Unencrypted packets are network tests of various servers.
const ENCRYPTED: u8 = 2;
/// In later versions the highest bit marks this, before the version of the header.
const VERSIONS: std::ops::RangeInclusive<u8> = 0x81..=0x9f;
/// Header and signature.
const SHORTEST: usize = 24;

pub(super) struct Nintendo;

impl Dissector for Nintendo {
    const META: Meta =
        Meta::udp(labels::NINTENDO).starts_with(&[MAGIC]).specification("NintendoClients, Pia Protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let version = segment.payload.strip_prefix(MAGIC).and_then(|rest| rest.first());
        let is_encrypted = version.is_some_and(|version| *version == ENCRYPTED || VERSIONS.contains(version));
        Verdict::matched_if(is_encrypted && segment.wire_len >= SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let packet = |start: &str| [hex(start), vec![7; 40]].concat();
        assert_named(&Exchange::udp(49432).client(packet("32ab9864 02")), labels::NINTENDO);
        assert_named(&Exchange::udp(49432).server(packet("32ab9864 8b")), labels::NINTENDO);
        for start in ["32ab9864 00", "32ab9864 01", "32ab9865 02"] {
            let exchange = Exchange::udp(49432).client(packet(start));
            assert_eq!(exchange.verdict_of::<Nintendo>(), Verdict::Excluded, "{start}");
        }
    }
}

//! PFCP: control of packet forwarding in mobile networks (3GPP TS 29.244). Version 1, type, length.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Pfcp;

impl Dissector for Pfcp {
    const META: Meta = Meta::udp(labels::PFCP).only_on_ports(&[8805]).specification("3GPP TS 29.244");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let [flags, kind, high, low, rest @ ..] = segment.payload else { return Verdict::Excluded };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let has_session = flags & 0x01 != 0;
        // Node messages have no session, session messages have one. Another message may follow.
        let is_kind = match kind {
            1..=15 => !has_session,
            50..=57 => has_session,
            _ => false,
        };
        let shortest = if has_session { 12 } else { 4 };
        Verdict::matched_if(flags & 0xf8 == 0x20 && is_kind && length >= shortest && length <= rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let heartbeat = "20 01 000c 000001 00 0060 0004 00000001";
        assert_named(&Exchange::udp(8805).client(hex(heartbeat)), labels::PFCP);
        let session = "21 32 000c 0000000000000001 000001 00";
        assert_named(&Exchange::udp(8805).client(hex(session)), labels::PFCP);
        for (what, by) in [("20 01", "40 01"), ("20 01", "21 01"), ("20 01", "20 32"), ("000c", "000d")] {
            let message = hex(&heartbeat.replacen(what, by, 1));
            assert_eq!(Exchange::udp(8805).client(message).verdict_of::<Pfcp>(), Verdict::Excluded);
        }
    }
}

//! VXLAN: Ethernet over UDP (RFC 7348). Eight bytes, most of them zero, and a frame.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const ETHERNET_HEADER: usize = 14;

pub(super) struct Vxlan;

impl Dissector for Vxlan {
    const META: Meta = Meta::udp(labels::VXLAN)
        .only_on_ports(&[4789, 8472])
        .starts_with(&[b"\x08\0\0\0"])
        .specification("RFC 7348");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_frame = matches!(segment.payload, [0x08, 0, 0, 0, _, _, _, 0, frame @ ..] if frame.len() >= ETHERNET_HEADER);
        Verdict::matched_if(is_frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let frame = "667a50aaff9a 1eea692a6fcf 0800 45";
        assert_named(&Exchange::udp(4789).client(hex(&format!("08000000 00045700 {frame}"))), labels::VXLAN);
        for header in ["08000000 00045701", "0c000000 00045700"] {
            let packet = Exchange::udp(4789).client(hex(&format!("{header} {frame}")));
            assert_eq!(packet.verdict_of::<Vxlan>(), Verdict::Excluded);
        }
    }
}

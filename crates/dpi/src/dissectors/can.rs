//! `Controller_Area_Network`: frames of a CAN bus in datagrams (CAN-ETH 1, as Wireshark's reference of display filters has its
//! fields; Tritium TRI82.007, CAN-Ethernet bridge). CAN-ETH begins with the number of the CAN standard, ISO 11898; each datagram of
//! Tritium's bridges with the bus identifier of its version, and is as long as one CAN frame makes it.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Can;

const CAN_ETH: &[u8] = b"ISO11898";
const CAN_ETH_PORT: u16 = 11898;
const TRITIUM_PORT: u16 = 4876;

impl Dissector for Can {
    const META: Meta = Meta::udp(labels::CONTROLLER_AREA_NETWORK)
        .ports(&[CAN_ETH_PORT, TRITIUM_PORT])
        .starts_with(&[CAN_ETH, b"\0Tritiu", b"\0Tri\xfd\xd6"])
        .specification("CAN-ETH 1; Tritium TRI82.007");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(is_can_eth(segment.payload) || is_tritium(segment.payload))
    }
}

/// The magic, the version, the number of CAN frames.
fn is_can_eth(datagram: &[u8]) -> bool {
    matches!(datagram.strip_prefix(CAN_ETH), Some([1, 1..=0xff, _, ..]))
}

/// Bus and client, each in eight bytes; then one CAN frame: 29 bits of identifier, flags, length, room for eight bytes.
fn is_tritium(datagram: &[u8]) -> bool {
    let [0, bus @ ..] = datagram else { return false };
    let is_known_bus = match bus {
        [b'T', b'r', b'i', b't', b'i', b'u', number, ..] => number >> 4 == b'm' >> 4,
        [b'T', b'r', b'i', 0xfd, 0xd6, ..] => true,
        _ => false,
    };
    is_known_bus && matches!(datagram.get(16..), Some([0..=0x1f, _, _, _, _, 0..=8, _, _, _, _, _, _, _, _]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised() {
        let can_eth = hex("49534f3131383938 01 01 00 23010000 08 0001020304050607 00 00");
        assert_named(&Exchange::udp(CAN_ETH_PORT).client(&can_eth), labels::CONTROLLER_AREA_NETWORK);
        for bus in ["54726974697560", "547269fdd60001"] {
            let frame = hex(&format!("00{bus} 00 0050c2a1b2c3 00 00000500 00 08 0001020304050607"));
            let exchange = Exchange::udp(TRITIUM_PORT).client(&frame);
            assert_named(&exchange, labels::CONTROLLER_AREA_NETWORK);
        }
    }

    #[test]
    fn others_are_refused() {
        for other in [
            hex("49534f3131383938 01 00 00"),
            hex("49534f3131383938 02 01 00"),
            hex("00547269746975 60 00 0050c2a1b2c3 00 00000500 00 09 0001020304050607"),
            hex("00547269746975 60 00 0050c2a1b2c3 00 00000500 00 08"),
        ] {
            assert_eq!(Exchange::udp(CAN_ETH_PORT).client(&other).verdict_of::<Can>(), Verdict::Excluded);
        }
    }
}

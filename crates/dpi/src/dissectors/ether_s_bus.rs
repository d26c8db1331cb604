//! Ether-S-Bus: controllers of Saia-Burgess (SAIA PCD S-Bus over UDP): the datagram's length, version, kind, sequence, and at the end a
//! CRC.

use crate::dissect::checksums::crc16;
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct EtherSBus;

impl Dissector for EtherSBus {
    const META: Meta = Meta::udp(labels::ETHER_S_BUS)
        .ports(&[5050])
        .starts_with(&[&[0, 0]])
        .specification("SAIA PCD S-Bus; captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(is_telegram(segment.payload))
    }
}

fn is_telegram(datagram: &[u8]) -> bool {
    let Some((checked, crc)) = datagram.split_last_chunk::<2>() else { return false };
    let mut reader = Reader::new(datagram);
    let length = reader.u32().unwrap_or(0);
    length as usize == datagram.len()
        && matches!(reader.rest(), [0 | 1, 0 | 1, _, _, 0..=2, _, ..])
        && u16::from_be_bytes(*crc) == crc16(0x1021, 0, checked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_length_and_crc() {
        let read = hex("0000000d 01 00 0001 00 0a 20 5318");
        assert_named(&Exchange::udp(5050).client(&read), labels::ETHER_S_BUS);
        Exchange::udp(5050).client(&read).assert_cuts_do_not_matter();
        let wrong = hex("0000000d 01 00 0001 00 0a 21 5318");
        assert_eq!(Exchange::udp(5050).client(wrong).verdict_of::<EtherSBus>(), Verdict::Excluded);
    }
}

//! CNP/IP: component networks (LonWorks) over UDP (EN 14908-4, ANSI/CTA-852, section 8): the datagram's length, version, kind.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct CnpIp;

const HEADER: usize = 20;

impl Dissector for CnpIp {
    const META: Meta = Meta::udp(labels::CNP_IP)
        .only_on_ports(&[1628, 1629])
        .specification("EN 14908-4, section 8");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(is_packet(segment).unwrap_or(false))
    }
}

/// Data, acknowledgements, and configuration of devices.
fn is_packet(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader: Reader<'_> = segment.reader();
    let (length, version, kind) = (reader.u16()?, reader.u8()?, reader.u8()?);
    let known = matches!(kind, 0x01 | 0x03 | 0x04 | 0x06..=0x08 | 0x60..=0x67 | 0x70..=0x73 | 0x7f);
    Ok(version == 1 && known && usize::from(length) == segment.wire_len && segment.wire_len >= HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let data = hex("001c 01 01 00000000 6b8b4567 00000001 00000000 0901a901aa012304");
        assert_named(&Exchange::udp(1628).client(&data), labels::CNP_IP);
        let wrong = hex("001d 01 01 00000000 6b8b4567 00000001 00000000 0901a901aa012304");
        assert_eq!(Exchange::udp(1628).client(wrong).verdict_of::<CnpIp>(), Verdict::Excluded);
    }
}

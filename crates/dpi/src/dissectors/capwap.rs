//! CAPWAP: control of wireless access points (RFC 5415). A preamble says whether DTLS follows; the plain header gives the beginning of
//! the control message.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

const CONTROL: u16 = 5246;
const DATA: u16 = 5247;

pub(super) struct Capwap;

impl Dissector for Capwap {
    const META: Meta = Meta::udp(labels::CAPWAP)
        .only_on_ports(&[CONTROL, DATA])
        .starts_with(&[b"\0", b"\x01\0\0\0"])
        .specification("RFC 5415");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment))
    }
}

fn is_message(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    if reader.u8()? == 0x01 {
        reader.skip(3)?;
        // Section 4.4: a record of DTLS.
        let [kind, major, minor] = reader.array()?;
        return Ok(matches!((kind, major, minor), (0x14..=0x17, 0xfe, 0xfd | 0xff)));
    }
    // Section 4.3: length of the header in fours, radio, binding (0 and 1: 802.11; EPC 3), flags, fragment.
    let header = usize::from(segment.payload.get(1).ok_or(Short)? >> 3) * 4;
    let has_reserved = segment.payload.get(3).ok_or(Short)? & 0x07 != 0;
    // Without the flag for fragments (section 4.3) the offset is zero.
    let is_fragment = segment.payload.get(3).ok_or(Short)? & 0x80 != 0;
    let offset = segment.payload.get(6..8).ok_or(Short)?;
    if header < 8 || has_reserved || !is_fragment && offset != [0, 0] {
        return Ok(false);
    }
    reader.skip(header - 1)?;
    if segment.has_port(DATA) {
        // An address of the radio or information of the binding makes the header longer.
        let [_, _, binding, flags, ..] = *segment.payload else { return Err(Short) };
        let is_binding = binding >> 1 & 0x1f <= 3;
        return Ok(!reader.is_empty() && is_binding && (header > 8) == (flags & 0x30 != 0));
    }
    // Section 4.5: the upper three bytes of the type are the enterprise.
    let (enterprise, kind) = (reader.u24()?, reader.u8()?);
    reader.skip(1)?;
    let length = usize::from(reader.u16()?);
    Ok(matches!(enterprise, 0 | 13_277) && (1..=0x1a).contains(&kind) && length >= 3 && length <= reader.len() + 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const DISCOVERY: &str = "00 10 02 00 0000 0000 00000001 00 000c 00 0014 0001 01 0027 0000";

    #[test]
    fn recognised_plain_and_encrypted() {
        assert_named(&Exchange::udp(5246).client(hex(DISCOVERY)), labels::CAPWAP);
        let encrypted = format!("01 000000 16 feff 0000 {} 0001 01", "00".repeat(6));
        assert_named(&Exchange::udp(5246).client(hex(&encrypted)), labels::CAPWAP);
        assert_named(&Exchange::udp(5247).client(hex("00 10 03 00 0000 0000 0801")), labels::CAPWAP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for (what, by) in [("00 10", "00 08"), ("02 00", "02 01"), ("00000001", "0000007f"), ("000c", "00ff")] {
            let message = hex(&DISCOVERY.replacen(what, by, 1));
            assert_eq!(Exchange::udp(5246).client(message).verdict_of::<Capwap>(), Verdict::Excluded, "{by}");
        }
    }
}

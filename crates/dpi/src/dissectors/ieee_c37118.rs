//! Synchrophasors (IEEE C37.118.2-2011, clause 6): 0xaa, frame type and version, size, and at the end a CRC.

use crate::dissect::checksums::crc16;
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct IeeeC37118;

impl Dissector for IeeeC37118 {
    const META: Meta = Meta::tcp_udp(labels::IEEE_C37118)
        .ports(&[4712, 4713])
        .starts_with(&[&[0xaa]])
        .specification("IEEE C37.118.2-2011, clause 6");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_frame(segment.payload) {
            Ok(is_frame) => Verdict::matched_if(is_frame),
            Err(Short) => segment.more(),
        }
    }
}

fn is_frame(bytes: &[u8]) -> Result<bool, Short> {
    let mut reader = Reader::new(bytes);
    let [_, kind]: [u8; 2] = reader.array()?;
    let size = usize::from(reader.u16()?);
    if !matches!(kind >> 4, 0..=5) || !matches!(kind & 0x0f, 1..=3) || !(16..=0x8000).contains(&size) {
        return Ok(false);
    }
    let frame = Reader::new(bytes).take(size)?;
    let Some((checked, crc)) = frame.split_last_chunk::<2>() else { return Ok(false) };
    Ok(u16::from_be_bytes(*crc) == crc16(0x1021, 0xffff, checked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_size_and_crc() {
        let command = hex("aa41 0012 00f1 00000000 00000000 0005 d7d0");
        let exchange = Exchange::tcp(4712).client(&command);
        assert_named(&exchange, labels::IEEE_C37118);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::udp(4713).client(&command), labels::IEEE_C37118);
        let wrong = hex("aa41 0012 00f1 00000000 00000000 0004 d7d0");
        assert_eq!(Exchange::tcp(4712).client(wrong).verdict_of::<IeeeC37118>(), Verdict::Excluded);
    }
}

//! DNP3: Distributed Network Protocol (IEEE 1815-2012, clause 9). Link frames begin with 0x05 0x64 and a header that a CRC ends.

use crate::dissect::checksums::crc16_reflected;
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Dnp3;

impl Dissector for Dnp3 {
    const META: Meta = Meta::tcp_udp(labels::DNP3)
        .ports(&[20000])
        .starts_with(&[&[0x05, 0x64]])
        .specification("IEEE 1815-2012, clause 9");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_link_header(&mut segment.reader()) {
            Ok(is_link_header) => Verdict::matched_if(is_link_header),
            Err(Short) => segment.more(),
        }
    }
}

fn is_link_header(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let header: [u8; 8] = reader.array()?;
    let crc = reader.u16_le()?;
    Ok(header[2] >= 5 && crc == !crc16_reflected(0xa6bc, 0, &header))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_the_crc_of_its_header() {
        let frame = hex("0564 08 c4 0400 0300 b4b8 c0d7007ace");
        assert_named(&Exchange::tcp(20000).client(&frame), labels::DNP3);
        assert_named(&Exchange::udp(20000).server(&frame), labels::DNP3);
        Exchange::tcp(20000).client(&frame).assert_cuts_do_not_matter();
        let wrong = hex("0564 08 c4 0400 0301 b4b8 c0d7007ace");
        assert_eq!(Exchange::tcp(20000).client(wrong).verdict_of::<Dnp3>(), Verdict::Excluded);
    }
}

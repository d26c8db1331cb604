//! EtherNet/IP: encapsulation of the Common Industrial Protocol (ODVA, The CIP Networks Library, volume 2, chapter 2): a header of
//! 24 bytes in little-endian order.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct EthernetIp;

const PORT: u16 = 44818;
const HEADER: usize = 24;

impl Dissector for EthernetIp {
    const META: Meta = Meta::tcp_udp(labels::ETHERNETIP)
        .ports(&[PORT])
        .specification("ODVA, The CIP Networks Library, volume 2, chapter 2");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_encapsulation(segment) {
            Ok(is_encapsulation) => Verdict::matched_if(is_encapsulation),
            Err(Short) => segment.more(),
        }
    }
}

fn is_encapsulation(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader: Reader<'_> = segment.reader();
    let (command, length) = (reader.u16_le()?, usize::from(reader.u16_le()?));
    if !matches!(command, 0x0004 | 0x0063..=0x0066 | 0x006f | 0x0070 | 0x0072 | 0x0073) {
        return Ok(false);
    }
    let session = reader.u32_le()?;
    let status = reader.u32_le()?;
    reader.skip(8)?;
    let options = reader.u32_le()?;
    let needs_session = matches!(command, 0x0066 | 0x006f | 0x0070);
    let behind = reader.rest().get(length..);
    let fits = segment.wire_len == HEADER + length
        // Several messages follow one another, or this one continues.
        || segment.is_tcp() && (segment.has_port(PORT) || behind.is_some_and(|next| matches!(next, [0x04 | 0x63..=0x73, 0, ..])));
    Ok(options == 0
        && matches!(status, 0..=3 | 0x64 | 0x65 | 0x69 | 0x6a)
        && (session != 0) >= needs_session
        && fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_over_both_transports() {
        let register = hex("6500 0400 00000000 00000000 0000000000000000 00000000 01000000");
        let exchange = Exchange::tcp(44818).client(&register);
        assert_named(&exchange, labels::ETHERNETIP);
        exchange.assert_cuts_do_not_matter();
        let identity = hex("6300 0000 00000000 00000000 0000000000000000 00000000");
        assert_named(&Exchange::udp(44818).client(identity), labels::ETHERNETIP);
    }

    #[test]
    fn refuses_its_neighbours() {
        let options = hex("6500 0400 00000000 00000000 0000000000000000 01000000 01000000");
        assert_eq!(Exchange::tcp(44818).client(options).verdict_of::<EthernetIp>(), Verdict::Excluded);
        let length = hex("6300 0100 00000000 00000000 0000000000000000 00000000");
        assert_eq!(Exchange::udp(44818).client(length).verdict_of::<EthernetIp>(), Verdict::Excluded);
    }
}

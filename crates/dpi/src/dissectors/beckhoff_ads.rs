//! ADS: Automation Device Specification of Beckhoff TwinCAT (Beckhoff Information System, AMS/TCP): two lengths that fit each other,
//! addresses, a command.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct BeckhoffAds;

const AMS_HEADER: u32 = 32;

impl Dissector for BeckhoffAds {
    const META: Meta = Meta::tcp(labels::BECKHOFFADS)
        .ports(&[48898])
        .starts_with(&[&[0, 0]])
        .specification("Beckhoff Information System, AMS/TCP packet and AMS header");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_packet(&mut segment.reader()) {
            Ok(is_packet) => Verdict::matched_if(is_packet),
            Err(Short) => Verdict::More,
        }
    }
}

fn is_packet(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let (reserved, length) = (reader.u16_le()?, reader.u32_le()?);
    if reserved != 0 || !(AMS_HEADER..1 << 20).contains(&length) {
        return Ok(false);
    }
    // Target and source: network id and port.
    reader.skip(16)?;
    let (command, flags, data) = (reader.u16_le()?, reader.u16_le()?, reader.u32_le()?);
    Ok(command <= 9 && matches!(flags & !0x40, 4 | 5) && data == length - AMS_HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_lengths_that_agree() {
        let state = hex("0000 20000000 050d75600101 1027 c0a801630101 0380 0400 0400 00000000 00000000 05000000");
        let exchange = Exchange::tcp(48898).client(&state);
        assert_named(&exchange, labels::BECKHOFFADS);
        exchange.assert_cuts_do_not_matter();
        let other = hex("0000 20000000 050d75600101 1027 c0a801630101 0380 0400 0400 01000000 00000000 05000000");
        assert_eq!(Exchange::tcp(48898).client(other).verdict_of::<BeckhoffAds>(), Verdict::Excluded);
    }
}

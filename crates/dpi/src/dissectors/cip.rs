//! CIP: the Common Industrial Protocol's implicit messages over UDP (ODVA, The CIP Networks Library, volume 2, section 2-6):
//! items in the Common Packet Format, a sequenced address and connected data.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Cip;

const SEQUENCED_ADDRESS: u16 = 0x8002;
const CONNECTED_DATA: u16 = 0x00b1;

impl Dissector for Cip {
    const META: Meta = Meta::udp(labels::CIP)
        .ports(&[2222])
        .starts_with(&[&[2, 0, 0x02, 0x80, 8, 0]])
        .specification("ODVA, The CIP Networks Library, volume 2, section 2-6");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(is_connected(&mut segment.reader()).unwrap_or(false))
    }
}

fn is_connected(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let (items, address, length) = (reader.u16_le()?, reader.u16_le()?, reader.u16_le()?);
    if (items, address, length) != (2, SEQUENCED_ADDRESS, 8) {
        return Ok(false);
    }
    reader.skip(8)?;
    Ok(reader.u16_le()? == CONNECTED_DATA && usize::from(reader.u16_le()?) == reader.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_items() {
        let message = hex("0200 0280 0800 787b3a00 e8cb5e04 b100 0400 03000102");
        assert_named(&Exchange::udp(2222).client(&message), labels::CIP);
        Exchange::udp(2222).client(&message).assert_cuts_do_not_matter();
        assert_eq!(Exchange::udp(2222).client(&message[..20]).verdict_of::<Cip>(), Verdict::Excluded);
    }
}

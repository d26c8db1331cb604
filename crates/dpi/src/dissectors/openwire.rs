//! `OpenWire`: `ActiveMQ`'s own protocol (activemq.apache.org, `OpenWire` 2). Both sides open with the format that they speak.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// The type of the command that opens.
const WIREFORMAT_INFO: u8 = 1;

pub(super) struct Openwire;

impl Dissector for Openwire {
    const META: Meta = Meta::tcp(labels::OPENWIRE)
        .ports(&[61616])
        .starts_with(&[b"\0\0"])
        .specification("activemq.apache.org, OpenWire version 2");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_wireformat(segment.reader()))
    }
}

fn is_wireformat(mut reader: Reader<'_>) -> Result<bool, Short> {
    let length = reader.u32()?;
    Ok(length < 0x1_0000 && reader.u8()? == WIREFORMAT_INFO && reader.take(8)? == b"ActiveMQ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_opening() {
        let exchange = Exchange::tcp(61616).server(b"\x00\x00\x00\xf0\x01ActiveMQ\x00\x00\x00\x0a");
        assert_named(&exchange, labels::OPENWIRE);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = Exchange::tcp(61616).client(b"\x00\x00\x00\xf0\x02ActiveMQ");
        assert_eq!(other.verdict_of::<Openwire>(), Verdict::Excluded);
    }
}

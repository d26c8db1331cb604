//! `NestLogSink`: Nest devices send logs in Weave messages over TCP (`OpenWeave`, message layer). Length, header, 64-bit node identifiers.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// The vendor's EUI-64 prefix, the low byte first.
const NEST: [u8; 3] = [0x30, 0xb4, 0x18];

pub(super) struct NestLogSink;

impl Dissector for NestLogSink {
    const META: Meta =
        Meta::tcp(labels::NESTLOGSINK).only_on_ports(&[11095]).specification("OpenWeave, message layer");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment.reader()))
    }
}

fn is_message(mut reader: Reader<'_>) -> Result<bool, Short> {
    let length = reader.u16_le()?;
    // Version 0 or 1, and whether source and destination are given.
    let header = reader.u16_le()?;
    reader.skip(4)?;
    let [_, _, _, _, _, source @ ..] = reader.array::<8>()?;
    let [_, _, _, _, _, destination @ ..] = reader.array::<8>()?;
    Ok(length >= 22 && header >> 12 <= 1 && source == NEST && destination == NEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_nodes() {
        let message = hex("1102 0013 08030000 0102030400 30b418 0400000002 30b418 110a");
        let exchange = Exchange::tcp(11095).client(&message);
        assert_named(&exchange, labels::NESTLOGSINK);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = Exchange::tcp(11095).client(hex("1102 0013 08030000 0102030400 30b417 0400000002 30b418"));
        assert_eq!(other.verdict_of::<NestLogSink>(), Verdict::Excluded);
    }
}

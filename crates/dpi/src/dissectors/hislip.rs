//! `HiSLIP`: High-Speed LAN Instrument Protocol (IVI-6.1). `HS`, type, control code, parameter, length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Hislip;

impl Dissector for Hislip {
    const META: Meta = Meta::tcp(labels::HISLIP)
        .ports(&[4880])
        .starts_with(&[b"HS"])
        .specification("IVI-6.1, section 2.2");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment.reader()))
    }
}

/// Types up to 127 are the standard's, the others the vendors'.
fn is_message(mut reader: Reader<'_>) -> Result<bool, Short> {
    if reader.take(2)? != b"HS" {
        return Ok(false);
    }
    let kind = reader.u8()?;
    reader.skip(5)?;
    Ok((kind <= 0x26 || kind >= 0x80) && reader.u64()? < 1 << 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let exchange = Exchange::tcp(4880).client(hex("4853 00 00 01005253 0000000000000007 68"));
        assert_named(&exchange, labels::HISLIP);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let text = Exchange::tcp(4880).client("HS is what this text begins with");
        assert_eq!(text.verdict_of::<Hislip>(), Verdict::Excluded);
    }
}

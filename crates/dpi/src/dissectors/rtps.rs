//! RTPS: Real-Time Publish-Subscribe, the wire protocol of DDS (OMG DDSI-RTPS 2.5). Each message opens with its name.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Rtps;

impl Dissector for Rtps {
    const META: Meta = Meta::tcp_udp(labels::RTPS)
        .ports(&[7400, 7401, 7410, 7411])
        .starts_with(&[b"RTPS", b"RTPX"])
        .specification("OMG DDSI-RTPS 2.5");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match header(&mut segment.reader()) {
            Ok(is_header) => Verdict::matched_if(is_header),
            Err(Short) => segment.more(),
        }
    }
}

/// Section 9.4.4: name, version, vendor, sender.
fn header(reader: &mut Reader<'_>) -> Result<bool, Short> {
    reader.skip(4)?;
    let (version, vendor) = (reader.array::<2>()?, reader.array::<2>()?);
    Ok(matches!(version, [1 | 2, 0..=9]) && vendor.first() == Some(&1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let message = [b"RTPS".to_vec(), hex("0203 0112 000000000000000000000000")].concat();
        assert_named(&Exchange::udp(9000).client(&message), labels::RTPS);
        let exchange = Exchange::tcp(9000).client(&message);
        assert_named(&exchange, labels::RTPS);
        exchange.assert_cuts_do_not_matter();
        assert_eq!(Exchange::udp(7400).client("RTPS is a name").verdict_of::<Rtps>(), Verdict::Excluded);
    }
}

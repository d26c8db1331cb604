//! `AliCloud`: transport of apps that run on Alibaba Cloud (from captures). Each message begins with a mark and a length.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const MARK: u32 = 0xbabe_face;
const LONGEST: u32 = 1 << 16;

pub(super) struct AliCloud;

impl Dissector for AliCloud {
    const META: Meta =
        Meta::tcp(labels::ALICLOUD).starts_with(&[b"\xce\xfa\xbe\xba"]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        match (reader.u32_le(), reader.u32_le()) {
            (Ok(MARK), Ok(length)) => Verdict::matched_if((1..LONGEST).contains(&length)),
            (Ok(_), Ok(_)) => Verdict::Excluded,
            _ => Verdict::More,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_mark_and_length() {
        let exchange = Exchange::tcp(8999).client(hex("cefabeba 80000000")).client([7; 128]);
        assert_named(&exchange, labels::ALICLOUD);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(8999).server(hex("cefabeba 30000000 0102")), labels::ALICLOUD);
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["cefabeba 00000000", "cefabeba 00000080", "cefabebb 80000000", "cefaedfe 0c000001"] {
            let exchange = Exchange::tcp(8999).client(hex(message));
            assert_eq!(exchange.verdict_of::<AliCloud>(), Verdict::Excluded, "{message}");
        }
    }
}

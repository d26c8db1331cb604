//! ZUG: datagrams of the Zug consensus protocol (from captures). They begin with a zero and the name.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Zug;

const NAME: &[u8] = b"\0zUG";

impl Dissector for Zug {
    const META: Meta = Meta::udp(labels::ZUG)
        .ports(&[19000])
        .starts_with(&[NAME])
        .max_segments(2)
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        // A type follows, then an identity and the signed data.
        let is_message = segment.payload.starts_with(NAME) && segment.payload.len() >= 16;
        Verdict::matched_if(is_message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_name() {
        assert_named(&Exchange::udp(19000).client([NAME, &[0x10; 40]].concat()), labels::ZUG);
        assert_eq!(Exchange::udp(19000).client(NAME).verdict_of::<Zug>(), Verdict::Excluded);
    }
}

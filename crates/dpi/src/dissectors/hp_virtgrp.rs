//! HP_VIRTGRP: messages pushed to devices (from captures). A type, the total length; type 0x16 is answered by 0x17.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

const GREETING: u8 = 0x16;
const ANSWER: u8 = 0x17;

const SHORTEST: u16 = 0x20;

pub(super) struct HpVirtgrp;

impl Dissector for HpVirtgrp {
    const META: Meta = Meta::tcp(labels::HP_VIRTGRP)
        .only_on_ports(&[5223])
        .starts_with(&[&[GREETING, 0], &[ANSWER, 0]])
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let mut read = || Ok((reader.u8()?, reader.u16()?, reader.u8()?));
        let Ok::<_, Short>((kind, length, zero)) = read() else { return Verdict::More };
        let is_long_enough = (SHORTEST..0x0400).contains(&length) && zero == 0 && matches!(kind, GREETING | ANSWER);
        if is_long_enough && segment.payload.len() < length.into() {
            return Verdict::More;
        }
        Verdict::matched_if(is_long_enough && segment.payload.len() == length.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_first_message() {
        let greeting = [&[GREETING, 0, 0x24, 0][..], &[0x5a; 0x20]].concat();
        let exchange = Exchange::tcp(5223).client(&greeting);
        assert_named(&exchange, labels::HP_VIRTGRP);
        exchange.assert_cuts_do_not_matter();
        let longer = Exchange::tcp(5223).client([&greeting[..], &[0]].concat());
        assert_eq!(longer.verdict_of::<HpVirtgrp>(), Verdict::Excluded);
    }
}

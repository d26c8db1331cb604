//! AVAST: requests of the antivirus of that name to its servers (from captures). `NOSA`, then the length of the whole message.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Avast;

impl Dissector for Avast {
    const META: Meta =
        Meta::tcp(labels::AVAST).ports(&[80, 443]).starts_with(&[b"NOSA"]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment))
    }
}

fn is_message(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let is_avast = reader.take(4)? == b"NOSA";
    let length = usize::from(reader.u16()?);
    if length > segment.payload.len() {
        return Err(Short);
    }
    Ok(is_avast && length >= 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_magic_and_length() {
        let exchange = Exchange::tcp(80).client(b"NOSA\x00\x10\x00\x01\x00\x00\x00\x02\x29BRE");
        assert_named(&exchange, labels::AVAST);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let short = Exchange::tcp(80).client(b"NOSA\x00\x02\x00\x00");
        assert_eq!(short.verdict_of::<Avast>(), Verdict::Excluded);
    }
}

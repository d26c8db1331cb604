//! `DingTalk`: connection of the app to its servers (from captures). A header of four bytes, then fields of type, length, value.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct DingTalk;

impl Dissector for DingTalk {
    const META: Meta = Meta::tcp(labels::DINGTALK).starts_with(&[&[0x10]]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_hello(&mut segment.reader()) {
            Ok(is_hello) => Verdict::matched_if(is_hello),
            Err(Short) => Verdict::More,
        }
    }
}

/// Kind, length of the fields, two bytes; the second field names the client's platform: "dk".
fn is_hello(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let [_, length, flags, _] = reader.array()?;
    if flags & 0x80 == 0 {
        return Ok(false);
    }
    let start = reader.rest().get(..9).ok_or(Short)?;
    if start != [0x01, 0x00, 0x01, 0x00, 0x02, 0x00, 0x02, b'd', b'k'] {
        return Ok(false);
    }
    let mut fields = Reader::new(reader.take(length.into())?);
    while !fields.is_empty() {
        if fields.skip(1).and_then(|()| fields.block16()).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_fields() {
        let exchange = Exchange::tcp(443).client(hex("100d8780 01000100 020002646b 03000101"));
        assert_named(&exchange, labels::DINGTALK);
        exchange.assert_cuts_do_not_matter();
        let other = Exchange::tcp(443).client(hex("100d8780 01000100 020002646b 03000201"));
        assert_eq!(other.verdict_of::<DingTalk>(), Verdict::Excluded);
    }
}

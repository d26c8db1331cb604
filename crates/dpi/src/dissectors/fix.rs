//! FIX: Financial Information eXchange (FIX Session Layer, section on the standard header). Fields of tag, `=`, value, SOH; three
//! of them come first in fixed order.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;


pub(super) struct Fix;

impl Dissector for Fix {
    const META: Meta = Meta::tcp(labels::FIX)
        .starts_with(&[b"8="])
        .specification("fixtrading.org, FIX Session Layer, standard header");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_header(segment.reader()))
    }
}

/// `BeginString`, `BodyLength`, `MsgType`. FIXCOMP carries the third compressed, and some venues a version of one letter.
fn is_header(mut reader: Reader<'_>) -> Result<bool, Short> {
    if reader.take(2)? != b"8=" {
        return Ok(false);
    }
    let Some(version) = value(&mut reader)? else { return Ok(false) };
    if version.is_empty() || !version.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'.') {
        return Ok(false);
    }
    if reader.take(2)? != b"9=" {
        return Ok(false);
    }
    let Some(length) = value(&mut reader)? else { return Ok(false) };
    let is_length = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
    Ok(is_length && (version.starts_with(b"FIX") || reader.take(3)? == b"35="))
}

/// Up to SOH; `None` if it is longer than any version or length.
fn value<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Short> {
    let rest = reader.rest();
    match rest.iter().take(12).position(|byte| *byte == 1) {
        Some(end) => {
            let value = reader.take(end)?;
            reader.skip(1)?;
            Ok(Some(value))
        }
        None if rest.len() < 12 => Err(Short),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_header() {
        for message in ["8=FIX.4.4\x019=65\x0135=A\x01", "8=FIXT.1.1\x019=62\x0135=A\x01", "8=O\x019=0075\x0135=G\x01\x02"] {
            let exchange = Exchange::tcp(4000).client(message);
            assert_named(&exchange, labels::FIX);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["8=FIX.4.4|9=65|35=A|", "8=x\x0110=65\x01", "8=O\x019=0075\x0136=G\x01", "8=O\x019=a\x0135="] {
            assert_eq!(Exchange::tcp(4000).client(message).verdict_of::<Fix>(), Verdict::Excluded, "{message}");
        }
    }
}

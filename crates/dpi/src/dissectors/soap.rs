//! SOAP and similar protocols: XML documents over TCP without HTTP (W3C SOAP 1.2; XML 1.0, section 2.8). A declaration and an element.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Soap;

impl Dissector for Soap {
    const META: Meta = Meta::tcp(labels::SOAP)
        .starts_with(&[b"<?xml version=", b"<soap:Envelope", b"<SOAP-ENV:Envelope", b"<s:Envelope"])
        .weak()
        .specification("W3C SOAP 1.2, XML 1.0");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        // A beginning that came in pieces is checked once it is complete.
        if !Self::META.may_start(segment.payload, segment.transport) {
            return Verdict::Excluded;
        }
        segment.matched_if(is_document(segment.payload))
    }
}

/// XMPP (RFC 6120) opens a stream, and files are documents of other kinds.
fn is_document(payload: &[u8]) -> Result<bool, Short> {
    let mut rest = payload.get(1..).ok_or(Short)?;
    if rest.first().ok_or(Short)? == &b'?' {
        rest = rest.get(memchr::memchr(b'<', rest).ok_or(Short)? + 1..).unwrap_or_default();
    }
    let name = rest.get(..memchr::memchr2(b' ', b'>', rest).ok_or(Short)?).unwrap_or_default();
    let is_other = name.starts_with(b"stream:") || [&b"!DOCTYPE"[..], b"html", b"svg"].contains(&name);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b":_-.\r\n\t/!".contains(byte);
    Ok(!name.is_empty() && !is_other && name.iter().all(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_declaration_and_element() {
        let exchange = Exchange::tcp(4000).client("<?xml version=\"1.0\"?>\r\n<Message id=\"1\"></Message>");
        assert_named(&exchange, labels::SOAP);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for document in ["<?xml version='1.0'?><stream:stream to='a'>", "<?xml version='1.0'?><html >", "<s:\x01 >"] {
            let exchange = Exchange::tcp(5222).client(document);
            assert_eq!(exchange.verdict_of::<Soap>(), Verdict::Excluded, "{document}");
        }
    }
}

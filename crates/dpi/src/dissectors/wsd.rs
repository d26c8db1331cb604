//! WSD: Web Services Dynamic Discovery (OASIS WS-Discovery 1.1; the draft of 2005). SOAP envelopes in datagrams.

use memchr::memmem;

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

/// The distinctive part of the namespaces of the standard and of the draft.
const NAMESPACES: [&[u8]; 2] = [b"/ws-dd/ns/discovery", b"/ws/2005/04/discovery"];

pub(super) struct Wsd;

impl Dissector for Wsd {
    const META: Meta = Meta::udp(labels::WSD)
        .ports(&[3702])
        .starts_with(&[b"<?xml", b"<soap", b"<SOAP", b"<s:E", b"<S:E", b"<env", b"<Envelope", b"\xef\xbb\xbf<"])
        .specification("OASIS WS-Discovery 1.1");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let has = |text: &[u8]| memmem::find(segment.payload, text).is_some();
        let is_discovery = NAMESPACES.into_iter().any(has);
        Verdict::matched_if(is_discovery || segment.has_port(3702) && has(b"Envelope"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_namespace_or_port() {
        let probe = "<?xml version=\"1.0\"?><soap:Envelope xmlns:wsd=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\">";
        assert_named(&Exchange::udp(40002).client(probe), labels::WSD);
        assert_named(&Exchange::udp(3702).client("<s:Envelope xmlns:s=\"a\">"), labels::WSD);
    }

    #[test]
    fn refuses_its_neighbours() {
        let xml = Exchange::udp(40002).client("<?xml version=\"1.0\"?><soap:Envelope>");
        assert_eq!(xml.verdict_of::<Wsd>(), Verdict::Excluded);
    }
}

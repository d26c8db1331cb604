//! SSDP: Simple Service Discovery Protocol (`UPnP` Device Architecture 2.0, section 1). HTTP/1.1 heads in datagrams.

use super::http::authority::without_port;
use super::http::head::{Head, Start};
use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Ssdp;

impl Dissector for Ssdp {
    const META: Meta = Meta::udp(labels::SSDP)
        .ports(&[1900])
        .starts_with(&[b"M-SEARCH * HTTP/1.", b"NOTIFY * HTTP/1.", b"HTTP/1."])
        .specification("UPnP Device Architecture 2.0, section 1");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let Ok(head) = Head::read(segment.payload) else { return Verdict::Excluded };
        if !matches!(head.start, Start::Request { target: b"*", .. } | Start::Response { status: b"200" }) {
            return Verdict::Excluded;
        }
        for (name, value) in head.fields() {
            if name.eq_ignore_ascii_case(b"Host") {
                found.server_name(without_port(value));
            } else if name.eq_ignore_ascii_case(b"Server") {
                found.field(Field::ServerSoftware, value);
            }
        }
        Verdict::DONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_heads() {
        let search = Exchange::udp(1900).client("M-SEARCH * HTTP/1.1\r\nHOST: [ff02::c]:1900\r\nMX: 1\r\n\r\n");
        assert_named(&search, labels::SSDP);
        assert_eq!(search.outcome().server_name(), "[ff02::c]");
        let answer = Exchange::udp(50000).client("HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nServer: Linux UPnP/1.0\r\n\r\n");
        assert_named(&answer, labels::SSDP);
        assert_eq!(answer.outcome().field(Field::ServerSoftware), "Linux UPnP/1.0");
        search.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["HTTP/1.1 404 No\r\n", "NOTIFY sip:a SIP/2.0\r\n", "GET / HTTP/1.1\r\n"] {
            assert_eq!(Exchange::udp(1900).client(line).verdict_of::<Ssdp>(), Verdict::Excluded, "{line}");
        }
    }
}

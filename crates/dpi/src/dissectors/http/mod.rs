//! HTTP: Hypertext Transfer Protocol 1.0 and 1.1 (RFC 9112). A line with method, target and version, or with version and status. After a
//! CONNECT request to a proxy, TLS is followed.

pub(super) mod application;
pub(super) mod authority;
pub(super) mod head;
mod ocsp;

use crate::dissect::{Dissector, Found, Meta, Segment, Then, Verdict};
use crate::dissectors::dialogue::Tunnel;
use crate::vocabulary::{Category, Label, labels};
use application::{Request, Response};
use authority::authority;
use head::{Head, NoHead, Start};

/// Number of payloads after which no head is awaited any more.
const MOST_PAYLOADS: u8 = 16;

pub(super) struct Http;

/// The findings about an exchange.
#[derive(Default)]
pub(crate) struct State {
    request: bool,
    response: bool,
    /// Whether it goes through a proxy.
    proxied: bool,
    payloads: u8,
    /// The last payload: its number, and which side sent it.
    last: Option<(u16, bool)>,
    /// The side whose head is incomplete, and what was known before it.
    before: Option<(bool, Label, Option<Category>)>,
    /// The content of a response that was seen before its request.
    by_response: Label,
    /// The protocol after CONNECT.
    tunnel: Tunnel,
}

impl Dissector for Http {
    const META: Meta = Meta::tcp(labels::HTTP)
        .ports(&[80, 8080, 8000, 8008, 8081, 8888, 3128, 631, 5985, 9200])
        .also(&[
            labels::HTTP_PROXY,
            labels::HTTP_CONNECT,
            labels::WEBDAV,
            labels::WEBSOCKET,
            labels::SOAP,
            labels::IPP,
            labels::JSON_RPC,
            labels::OCSP,
            labels::DOH_DOT,
            labels::HLS,
            labels::MPEGDASH,
            labels::ICECAST,
            labels::ELASTICSEARCH,
            labels::THRIFT,
            labels::OOKLA,
            labels::NTOP,
            labels::MS_RPCH,
        ])
        .specification("RFC 9110, RFC 9112, RFC 4918");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if let Some(verdict) = state.in_tunnel(segment, found) {
            return verdict;
        }
        state.count(segment);
        match Head::read(segment.payload) {
            Ok(head) => state.on_head(&head, segment, found),
            Err(NoHead::ShortRequest) => Verdict::Matched(Then::More),
            Err(NoHead::Short) if state.is_recognised() => Verdict::Matched(Then::More),
            Err(NoHead::Short) => Verdict::More,
            Err(NoHead::Other) if state.payloads >= MOST_PAYLOADS => Verdict::matched_if(state.is_recognised()),
            Err(NoHead::Other) if state.is_recognised() => Verdict::Matched(Then::Wait),
            // The capture may begin in the middle of a body.
            Err(NoHead::Other) => Verdict::Wait,
        }
    }
}

impl State {
    /// Counts a payload. One that comes again with more is still the same.
    fn count(&mut self, segment: &Segment<'_>) {
        let this = Some((segment.number, segment.from_source));
        if std::mem::replace(&mut self.last, this) != this {
            self.payloads = self.payloads.saturating_add(1);
        }
    }

    fn is_recognised(&self) -> bool {
        self.request || self.response
    }

    /// After CONNECT and the consent of the proxy, another protocol follows, usually TLS.
    fn in_tunnel(&mut self, segment: &Segment<'_>, found: &mut Found<'_>) -> Option<Verdict> {
        // The answer of the proxy may be seen late.
        let is_hello = matches!(segment.payload, [0x16, 0x03, _, _, _, 0x01, ..]);
        if is_hello && matches!(self.tunnel, Tunnel::AskedFor) {
            self.tunnel.open();
        }
        if !self.response && segment.payload.starts_with(b"HTTP/1.") {
            return None;
        }
        if matches!(self.tunnel, Tunnel::Open(_)) && segment.payload.starts_with(b"SSH-") {
            if !found.known_application().is_known() {
                found.application(labels::SSH);
            }
            return Some(Verdict::DONE);
        }
        self.tunnel.inspect(segment, found, labels::HTTP_CONNECT)
    }

    fn on_head(&mut self, head: &Head<'_>, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if let Some((_, application, category)) =
            self.before.take().filter(|(side, ..)| *side == segment.from_source)
        {
            // The head comes again with more fields, and all of them count.
            (found.labels.application, found.labels.category) = (application, category);
        }
        let known = (segment.from_source, found.labels.application, found.labels.category);
        let body = match head.start {
            Start::Request { method, target } => {
                self.request = true;
                // The request decides, even if the response was seen first.
                if found.known_application() == self.by_response {
                    found.application(Label::UNKNOWN);
                }
                let body = self.read_request(method, target, head, found);
                if !found.known_application().is_known() {
                    found.application(self.by_response);
                }
                body
            }
            Start::Response { status } => {
                self.response = true;
                let body = self.read_response(status, head, found);
                if !self.request {
                    self.by_response = found.known_application();
                }
                body
            }
        };
        if let Some(verdict) = body.and_then(|inner| self.in_tunnel_behind_head(inner, segment, found)) {
            return verdict;
        }
        let is_cut = segment.wire_len > segment.payload.len();
        let is_all = self.request && self.response && matches!(self.tunnel, Tunnel::Closed);
        match body {
            None if !is_cut => {
                self.before = Some(known);
                Verdict::Matched(Then::More)
            }
            _ if is_all || self.payloads >= MOST_PAYLOADS => Verdict::DONE,
            _ => Verdict::Matched(Then::Wait),
        }
    }

    /// Segments that were reordered come as one.
    fn in_tunnel_behind_head(
        &mut self,
        inner: &[u8],
        segment: &Segment<'_>,
        found: &mut Found<'_>,
    ) -> Option<Verdict> {
        if inner.is_empty() || matches!(self.tunnel, Tunnel::Closed) {
            return None;
        }
        let inner = Segment { payload: inner, wire_len: inner.len(), ..*segment };
        let verdict = self.in_tunnel(&inner, found)?;
        if verdict == Verdict::Matched(Then::More) {
            // The head also comes again.
            self.tunnel = Tunnel::AskedFor;
        }
        Some(verdict)
    }

    /// Returns the bytes after the head, once it is complete.
    fn read_request<'a>(
        &mut self,
        method: &[u8],
        target: &[u8],
        head: &Head<'a>,
        found: &mut Found<'_>,
    ) -> Option<&'a [u8]> {
        let mut request = Request { method, target, ..Request::default() };
        let mut fields = head.fields();
        for (name, value) in &mut fields {
            request.take(name, value);
        }
        request.body = fields.rest();
        self.name_carrier(&mut request, found);
        request.tell(found);
        fields.ended().then(|| fields.rest())
    }

    /// RFC 9112, section 3.2: the target of a request to a proxy contains the host.
    fn name_carrier(&mut self, request: &mut Request<'_>, found: &mut Found<'_>) {
        self.tunnel = Tunnel::Closed;
        if request.method == b"CONNECT" {
            self.tunnel = Tunnel::AskedFor;
            request.is_proxied = true;
            found.protocol(labels::HTTP_CONNECT);
            request.host = request.target;
        } else if let Some(authority) = authority(request.target) {
            request.is_proxied = true;
            found.protocol(labels::HTTP_PROXY);
            if request.host.is_empty() {
                request.host = authority;
            }
        }
        self.proxied |= request.is_proxied;
    }

    /// Returns the bytes after the head, once it is complete.
    fn read_response<'a>(&mut self, status: &[u8], head: &Head<'a>, found: &mut Found<'_>) -> Option<&'a [u8]> {
        let mut response = Response { status, is_proxied: self.proxied, ..Response::default() };
        let mut fields = head.fields();
        for (name, value) in &mut fields {
            response.take(name, value);
        }
        // The fields of a proxy's response describe the proxy, not its target.
        if matches!(self.tunnel, Tunnel::Closed) {
            response.tell(found);
        } else {
            response.keep_fields(found);
        }
        if fields.ended() && matches!(self.tunnel, Tunnel::AskedFor) && status.starts_with(b"2") {
            self.tunnel.open();
        }
        fields.ended().then(|| fields.rest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissectors::tls::tests::hello_record;
    use crate::metadata::Field;
    use crate::testing::{Exchange, assert_named};

    const REQUEST: &str =
        "GET /a HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (X11)\r\nHost: WWW.example.org:8080\r\nAccept: */*\r\n\r\n";
    const RESPONSE: &str = "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html>";

    fn exchange() -> Exchange {
        Exchange::tcp(8080).client(REQUEST).server(RESPONSE)
    }

    #[test]
    fn request_and_response_give_the_columns() {
        assert_named(&exchange(), labels::HTTP);
        let outcome = exchange().outcome();
        let metadata = &outcome.metadata;
        let columns = [&metadata.server_name, &metadata.user_agent, &metadata.content_type];
        assert_eq!(
            columns.map(|column| column.as_deref().unwrap_or_default()),
            ["www.example.org", "Mozilla/5.0 (X11)", "text/html"]
        );
        assert_eq!(outcome.field(Field::HttpMethod), "GET");
        assert_eq!(outcome.field(Field::HttpUrl), "WWW.example.org/a");
        assert_eq!(outcome.field(Field::HttpStatus), "200");
        assert_eq!(outcome.field(Field::HttpServer), "nginx");
        exchange().assert_cuts_do_not_matter();
    }

    #[test]
    fn the_request_decides_though_it_is_seen_late() {
        let request = "GET /x HTTP/1.1\r\nHost: www.facebook.com\r\n\r\n";
        let ask = "POST / HTTP/1.1\r\nHost: o.pki.goog\r\nContent-Type: application/ocsp-request\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(Exchange::tcp(80).client(ask).name(), "HTTP.OCSP");
        let response = "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n";
        let late = Exchange::tcp(80).server(response).client(request);
        assert_eq!(late.name(), "HTTP.Facebook");
        assert_eq!(Exchange::tcp(80).server(response).client(REQUEST).name(), "HTTP.OCSP");
        late.assert_cuts_do_not_matter();
    }

    #[test]
    fn the_host_decides_though_the_agent_comes_first() {
        let head = "GET / HTTP/1.1\r\nUser-Agent: Blizzard Web Client\r\nHost: www.facebook.com\r\n\r\n";
        let exchange = Exchange::tcp(80).client(head).server(RESPONSE);
        assert_eq!(exchange.name(), "HTTP.Facebook");
        exchange.assert_cuts_do_not_matter();
        let agent = Exchange::tcp(80).client(head.replace("facebook.com", "example.org"));
        assert_eq!(agent.name(), "HTTP.Blizzard");
        let in_bytes = |exchange: Exchange, byte| exchange.client([byte]);
        let bytes = REQUEST.bytes().fold(Exchange::tcp(80), in_bytes);
        let portal = bytes.server("HTTP/1.1 302 Found\r\nServer: ntopng 6.1\r\n\r\n");
        assert_eq!(portal.name(), "HTTP.ntop");
    }

    #[test]
    fn either_side_alone_and_the_middle_of_a_body_are_enough() {
        assert_named(&Exchange::tcp(4000).client(REQUEST), labels::HTTP);
        assert_named(&Exchange::tcp(4000).server(RESPONSE), labels::HTTP);
        assert_named(&Exchange::tcp(4000).client("GET /that-does-not-end-"), labels::HTTP);
        assert_named(&Exchange::tcp(4000).client([0x92, 0x7f, 0x30]).client(REQUEST), labels::HTTP);
        let later = Exchange::tcp(4000).server(RESPONSE).server([0x80; 9]).client(REQUEST);
        assert_eq!(later.outcome().server_name(), "www.example.org");
    }

    #[test]
    fn proxies_are_named_and_so_is_where_they_lead() {
        let get = Exchange::tcp(3128).client("GET http://example.org:81/a HTTP/1.0\r\n\r\n");
        assert_named(&get, labels::HTTP_PROXY);
        assert_eq!(get.outcome().server_name(), "example.org");
        assert_named(&Exchange::tcp(80).client("GET ftp://a.example/b HTTP/1.1\r\n\r\n"), labels::HTTP_PROXY);
        assert_named(&Exchange::tcp(80).client("GET /?u=http://a.example HTTP/1.1\r\n\r\n"), labels::HTTP);
        let connect = Exchange::tcp(3128).client("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n");
        assert_named(&connect, labels::HTTP_CONNECT);
        assert_eq!(connect.outcome().server_name(), "[2001:db8::1]");
    }

    const CONNECT: &str = "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\nUser-Agent: a/1\r\n\r\n";
    const ESTABLISHED: &str = "HTTP/1.1 200 Connection established\r\nContent-Type: text/html\r\n\r\n";

    #[test]
    fn what_a_proxy_connects_is_followed() {
        let hello = hello_record("cdn.example.org");
        let tunnel = Exchange::tcp(3128).client(CONNECT).server(ESTABLISHED).client(&hello);
        tunnel.assert_cuts_do_not_matter();
        let refused = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno";
        let again = Exchange::tcp(3128).client(CONNECT).server(refused).client(CONNECT).server(ESTABLISHED).client(&hello);
        let late = Exchange::tcp(3128).client(CONNECT).client(&hello).server(ESTABLISHED);
        let together = Exchange::tcp(3128).client([CONNECT.as_bytes(), &hello].concat()).server(ESTABLISHED);
        for exchange in [tunnel, again, late, together] {
            assert_named(&exchange, labels::HTTP_CONNECT);
            let outcome = exchange.outcome();
            assert_eq!(outcome.server_name(), "example.org");
            assert!(outcome.metadata.client_fingerprint.is_some_and(|ja4| ja4.starts_with("t13d0203h2_")));
            assert_eq!((outcome.metadata.user_agent, outcome.metadata.content_type), (None, None));
        }
        let tunnel = Exchange::tcp(3128).client("CONNECT 192.0.2.9:443 HTTP/1.1\r\n\r\n").server(ESTABLISHED);
        assert_eq!(tunnel.clone().client(hello_record("www.facebook.com")).name(), "HTTP_Connect.Facebook");
        assert_eq!(tunnel.clone().server("SSH-2.0-OpenSSH_9.6\r\n").name(), "HTTP_Connect.SSH");
        assert_named(&tunnel.client([0x5a; 40]), labels::HTTP_CONNECT);
    }

    #[test]
    fn rpc_over_http_shows_in_its_methods() {
        let head = "RPC_IN_DATA /rpc/rpcproxy.dll?a.example:593 HTTP/1.1\r\nAccept: application/rpc\r\nUser-Agent: MSRPC\r\n\r\n";
        let exchange = Exchange::tcp(80).client(head);
        assert_eq!(exchange.name(), "HTTP.MS-RPCH");
        exchange.assert_cuts_do_not_matter();
        let answer = "HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\n\r\n";
        assert_eq!(Exchange::tcp(80).server(answer).name(), "HTTP.MS-RPCH");
    }

    #[test]
    fn applications_show_in_methods_targets_and_types() {
        let name = |head: &str| Exchange::tcp(80).client(format!("{head}\r\n\r\n")).name();
        assert_eq!(name("PROPFIND /a HTTP/1.1"), "HTTP.WebDAV");
        assert_eq!(name("GET /a HTTP/1.1\r\nUpgrade: websocket"), "HTTP.WebSocket");
        assert_eq!(name("POST / HTTP/1.1\r\ncontent-type:application/ipp"), "HTTP.IPP");
        assert_eq!(name("POST / HTTP/1.1\r\nSOAPAction: \"a\""), "HTTP.SOAP");
        assert_eq!(name("GET /a/init.mp4 HTTP/1.1"), "HTTP.MpegDash");
        assert_eq!(name("GET /announce?info_hash=%aa HTTP/1.1"), "HTTP.BitTorrent");
        let json = "POST / HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{\"jsonrpc\":\"2.0\"";
        assert_eq!(name(json), "HTTP.JSON-RPC");
        let portal = exchange().server("HTTP/1.1 302 Found\r\nServer: ntopng 6.1\r\n\r\n");
        assert_eq!(portal.name(), "HTTP");
        let portal = Exchange::tcp(80).client(REQUEST).server("HTTP/1.1 302 Found\r\nServer: ntopng 6.1\r\n\r\n");
        assert_eq!(portal.name(), "HTTP.ntop");
    }

    #[test]
    fn what_is_moved_gives_the_category() {
        let category = |kind: &str| {
            let response = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n");
            Exchange::tcp(80).client(REQUEST).server(response).outcome().classification.category.name()
        };
        let kinds = ["text/html", "video/mp4", "application/octet-stream"];
        assert_eq!(kinds.map(category), ["Web", "Media", "Download"]);
    }

    #[test]
    fn patient_with_what_is_malformed() {
        let odd = "\r\nGET      /a|b\"  HTTP/1.1\nno field\r\n folded: x\r\nhOsT:a.example\r\n\r\n";
        assert_eq!(Exchange::tcp(80).client(odd).outcome().server_name(), "a.example");
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in [
            "OPTIONS sip:a@example.org SIP/2.0\r\n",
            "DESCRIBE rtsp://a/ RTSP/1.0\r\n",
            "PRI * HTTP/2.0\r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "get / HTTP/1.1\r\n",
        ] {
            assert_eq!(Exchange::tcp(80).client(line).verdict_of::<Http>(), Verdict::Wait, "{line}");
        }
    }
}

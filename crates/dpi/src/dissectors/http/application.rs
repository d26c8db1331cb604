//! The application of an HTTP message: by host, user agent, target, and content type.

use memchr::memmem;

use super::authority::without_port;
use super::ocsp;
use crate::dissect::Found;
use crate::metadata::Field;
use crate::vocabulary::{Category, Label, labels};

/// The relevant fields of a request.
#[derive(Default)]
pub(in crate::dissectors) struct Request<'a> {
    pub(in crate::dissectors) method: &'a [u8],
    pub(in crate::dissectors) target: &'a [u8],
    /// The host, with its port if there is one.
    pub(in crate::dissectors) host: &'a [u8],
    pub(in crate::dissectors) upgrade: &'a [u8],
    pub(in crate::dissectors) body: &'a [u8],
    pub(in crate::dissectors) is_proxied: bool,
    pub(in crate::dissectors) user_agent: &'a [u8],
    pub(in crate::dissectors) content_type: &'a [u8],
    pub(in crate::dissectors) is_soap: bool,
}

/// The relevant fields of a response.
#[derive(Default)]
pub(in crate::dissectors) struct Response<'a> {
    pub(in crate::dissectors) status: &'a [u8],
    pub(in crate::dissectors) is_proxied: bool,
    pub(in crate::dissectors) server: &'a [u8],
    pub(in crate::dissectors) content_type: &'a [u8],
    pub(in crate::dissectors) upgrade: &'a [u8],
    pub(in crate::dissectors) product: &'a [u8],
    pub(in crate::dissectors) is_radio: bool,
}

impl<'a> Request<'a> {
    /// Takes in a header field.
    pub(in crate::dissectors) fn take(&mut self, name: &[u8], value: &'a [u8]) {
        let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
        if is(b"Host") {
            self.host = value;
        } else if is(b"User-Agent") {
            self.user_agent = value;
        } else if is(b"Content-Type") {
            self.content_type = value;
        } else if is(b"Upgrade") {
            self.upgrade = value;
        } else if is(b"SOAPAction") {
            self.is_soap = true;
        }
    }

    /// Sets the columns and the application.
    pub(in crate::dissectors) fn tell(mut self, found: &mut Found<'_>) {
        self.host = without_port(self.host);
        if !self.host.is_empty() {
            found.host(self.host);
        }
        if !self.is_proxied && !self.user_agent.is_empty() {
            found.user_agent(self.user_agent);
        }
        self.keep_fields(found);
        self.name_application(found);
    }

    fn keep_fields(&self, found: &mut Found<'_>) {
        if !found.wants_fields() {
            return;
        }
        found.field(Field::HttpMethod, self.method);
        if self.target.starts_with(b"/") {
            found.field(Field::HttpUrl, [self.host, self.target].concat());
        } else {
            found.field(Field::HttpUrl, self.target);
        }
    }

    /// The host decides, then the user agent, then the target and the method.
    fn name_application(&self, found: &mut Found<'_>) {
        let is_soap = self.is_soap || starts_with(self.content_type, b"application/soap+xml");
        if is_soap {
            Self::name_soap(found);
        }
        // Whoever runs the responder: to ask for the status of a certificate is no use of its other services.
        if by_content_type(self.content_type) == labels::OCSP || ocsp::is_in_target(self.target) {
            found.application(labels::OCSP);
        }
        if found.known_application().is_known() {
            return;
        }
        if found.labels.category.is_none() {
            found.application(found.rules().user_agent(self.user_agent));
        }
        for name in [Self::by_method, Self::by_type, Self::by_target, Self::by_host] {
            if found.known_application().is_known() {
                return;
            }
            found.application(name(self));
        }
    }

    /// SOAP is only the protocol of the request: the host's application gives the category.
    fn name_soap(found: &mut Found<'_>) {
        let host = found.known_application();
        if host.is_known() && host != labels::SOAP && found.labels.category.is_none() {
            found.category(found.rules().category(host));
        }
        found.application(labels::SOAP);
    }

    /// RFC 4918, section 9; MS-RPCH, section 2.1.2.1.
    fn by_method(&self) -> Label {
        match self.method {
            b"RPC_IN_DATA" | b"RPC_OUT_DATA" => labels::MS_RPCH,
            b"PROPFIND" | b"PROPPATCH" | b"MKCOL" | b"COPY" | b"MOVE" | b"LOCK" | b"UNLOCK" => labels::WEBDAV,
            _ => Label::UNKNOWN,
        }
    }

    fn by_type(&self) -> Label {
        if self.upgrade.eq_ignore_ascii_case(b"websocket") {
            return labels::WEBSOCKET;
        }
        if self.content_type.is_empty() {
            return Label::UNKNOWN;
        }
        if starts_with(self.content_type, b"application/json") && is_json_rpc(self.body) {
            return labels::JSON_RPC;
        }
        by_content_type(self.content_type)
    }

    fn by_target(&self) -> Label {
        let path = self.target.split(|byte| *byte == b'?').next().unwrap_or_default();
        let has = |name: &[u8]| memmem::find(self.target, name).is_some();
        match self.target {
            target if [&b".mp4"[..], b".m4s", b".mpd"].iter().any(|end| target.ends_with(end)) => {
                labels::MPEGDASH
            }
            target if target.ends_with(b".m3u8") => labels::HLS,
            _ if path.starts_with(b"/uri-res/N2R") || path.starts_with(b"/gnutella/") => labels::GNUTELLA,
            _ if (path.ends_with(b"/announce") || path.ends_with(b"/scrape")) && has(b"info_hash=") => {
                labels::BITTORRENT
            }
            _ if path.starts_with(b"/speedtest/") => labels::OOKLA,
            _ => Label::UNKNOWN,
        }
    }

    /// Ookla's measurement servers are at providers all over the world; their names share this label.
    fn by_host(&self) -> Label {
        let is_speedtest = self.host.split(|byte| *byte == b'.').any(|label| label == b"speedtest");
        if is_speedtest { labels::OOKLA } else { Label::UNKNOWN }
    }
}

impl<'a> Response<'a> {
    /// Takes in a header field.
    pub(in crate::dissectors) fn take(&mut self, name: &[u8], value: &'a [u8]) {
        let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
        if is(b"Content-Type") {
            self.content_type = media_type(value);
        } else if is(b"Server") {
            self.server = value;
        } else if is(b"Upgrade") && self.status == b"101" {
            self.upgrade = value;
        } else if is(b"X-elastic-product") {
            self.product = value;
        } else if is(b"icy-name") || is(b"icy-br") {
            self.is_radio = true;
        }
    }

    /// Sets the columns and the application.
    pub(in crate::dissectors) fn tell(&self, found: &mut Found<'_>) {
        self.keep_fields(found);
        if !self.is_proxied && !self.content_type.is_empty() {
            found.content_type(self.content_type);
        }
        self.name_application(found);
    }

    pub(super) fn keep_fields(&self, found: &mut Found<'_>) {
        found.field(Field::HttpStatus, self.status);
        if !self.server.is_empty() {
            found.field(Field::HttpServer, self.server);
        }
    }

    fn name_application(&self, found: &mut Found<'_>) {
        if starts_with(self.server, b"ntopng ") {
            // It answers for any host, to redirect to its portal.
            found.application(labels::NTOP);
            found.category(Category::NETWORK);
            return;
        }
        if !found.known_application().is_known() {
            found.application(self.application());
        }
        if let Some(category) = self.category(found) {
            found.category(category);
        }
    }

    fn application(&self) -> Label {
        if self.upgrade.eq_ignore_ascii_case(b"websocket") {
            return labels::WEBSOCKET;
        }
        if self.product == b"Elasticsearch" {
            return labels::ELASTICSEARCH;
        }
        if self.is_radio {
            return labels::ICECAST;
        }
        by_content_type(self.content_type)
    }

    /// The content type gives the category, except for software updates.
    fn category(&self, found: &Found<'_>) -> Option<Category> {
        let of_application = found.rules().category(found.known_application());
        if of_application.name() == "SoftwareUpdate" {
            return None;
        }
        if starts_with(self.content_type, b"video/") || starts_with(self.content_type, b"audio/") {
            return Some(Category::MEDIA);
        }
        let is_download = DOWNLOADS.iter().any(|name| self.content_type.eq_ignore_ascii_case(name));
        is_download.then_some(Category::DOWNLOAD)
    }
}

/// Media types of programs, and of content that a client can only save.
const DOWNLOADS: [&[u8]; 7] = [
    b"application/octet-stream",
    b"application/x-octet-stream",
    b"application/x-msdownload",
    b"application/x-dosexec",
    b"application/x-msdos-program",
    b"application/x-executable",
    b"application/vnd.android.package-archive",
];

/// IANA, Media Types; RFC 8216, section 4; RFC 6960, appendix A; RFC 8484, section 6; JSON-RPC over HTTP, section 3;
/// gRPC over HTTP2; MS-RPCH, section 2.1.2.1.
const CONTENT_TYPES: [(&[u8], Label); 15] = [
    (b"application/grpc", labels::GRPC),
    (b"application/ipp", labels::IPP),
    (b"application/json-rpc", labels::JSON_RPC),
    (b"application/jsonrequest", labels::JSON_RPC),
    (b"application/ocsp-request", labels::OCSP),
    (b"application/ocsp-response", labels::OCSP),
    (b"application/vnd.apple.mpegurl", labels::HLS),
    (b"application/x-mpegurl", labels::HLS),
    (b"audio/mpegurl", labels::HLS),
    (b"application/dash+xml", labels::MPEGDASH),
    (b"application/dns-message", labels::DOH_DOT),
    (b"application/x-thrift", labels::THRIFT),
    (b"application/vnd.apache.thrift.binary", labels::THRIFT),
    (b"application/soap+xml", labels::SOAP),
    (b"application/rpc", labels::MS_RPCH),
];

fn by_content_type(content_type: &[u8]) -> Label {
    // The encoding of its messages may follow.
    if starts_with(content_type, b"application/grpc+") {
        return labels::GRPC;
    }
    let matched = CONTENT_TYPES.iter().find(|(name, _)| {
        let rest = content_type.get(name.len()..).and_then(|rest| rest.first());
        starts_with(content_type, name) && matches!(rest, None | Some(b';' | b' '))
    });
    matched.map_or(Label::UNKNOWN, |(_, label)| *label)
}

/// JSON-RPC 2.0, section 4: clients write the identifying member near the beginning.
fn is_json_rpc(body: &[u8]) -> bool {
    body.starts_with(b"{") && memmem::find(body.get(..512).unwrap_or(body), b"\"jsonrpc\"").is_some()
}

/// RFC 9110, section 8.3.1: a media type without its parameters.
fn media_type(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end()
}

fn starts_with(value: &[u8], name: &[u8]) -> bool {
    value.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

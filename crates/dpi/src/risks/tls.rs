//! Risks of the hellos and alerts of TLS, DTLS and QUIC.

use crate::dissect::Found;
use crate::vocabulary::Risk;

/// What a client's hello says.
pub(crate) struct Hello<'a, A> {
    pub(crate) server_name: Option<&'a [u8]>,
    pub(crate) alpn: A,
    /// The extension of encrypted SNI, a draft that was given up.
    pub(crate) has_esni: bool,
    pub(crate) is_encrypted: bool,
    pub(crate) is_whole: bool,
}

impl<'a, A: Iterator<Item = &'a [u8]> + Clone> Hello<'a, A> {
    /// Judges the hello.
    pub(crate) fn judge(self, found: &mut Found<'_>) {
        if !found.wants_risks() {
            return;
        }
        let mut offered = self.alpn.clone();
        if let Some(protocol) = offered.find(|name| !is_common(name)) {
            found.risk(Risk::TLS_UNCOMMON_ALPN, protocol);
        }
        if let Some(name) = self.server_name {
            if name.iter().any(|byte| !matches!(byte, 0x20..=0x7e)) {
                found.risk(Risk::TLS_SUSPICIOUS_EXTENSION, name);
            }
            if self.has_esni {
                found.risk(Risk::TLS_SUSPICIOUS_ESNI_USAGE, name);
            }
        } else if self.is_whole && !self.is_encrypted {
            found.risk(Risk::TLS_MISSING_SNI, "");
            if let Some(http) = self.alpn.clone().find(|name| matches!(*name, b"h2" | b"h3")) {
                found.risk(Risk::TLS_ALPN_SNI_MISMATCH, http);
            }
        }
    }
}

/// IANA, TLS ALPN Protocol IDs; random ones (RFC 8701); drafts of HTTP/2, HTTP/3 and SPDY; Apple's and Meta's own.
fn is_common(name: &[u8]) -> bool {
    const REGISTERED: [&str; 36] = [
        "http/0.9",
        "http/1.0",
        "http/1.1",
        "h2",
        "h2c",
        "h3",
        "stun.turn",
        "stun.nat-discovery",
        "webrtc",
        "c-webrtc",
        "ftp",
        "imap",
        "pop3",
        "managesieve",
        "coap",
        "co",
        "xmpp-client",
        "xmpp-server",
        "acme-tls/1",
        "mqtt",
        "dot",
        "ntske/1",
        "sunrpc",
        "smb",
        "irc",
        "nntp",
        "nnsp",
        "doq",
        "sip/2",
        "tds/8.0",
        "dicom",
        "postgresql",
        "radius/1.0",
        "radius/1.1",
        "hq",
        "grpc-exp",
    ];
    const BEGINNINGS: [&str; 9] = ["h2-", "h3-", "hq-", "spdy/", "apns-", "h1q-", "h2-fb", "doq-", "xmpp"];
    let is_random = matches!(name, [a, b] if a == b && a & 0x0f == 0x0a);
    is_random
        || REGISTERED.iter().any(|known| name == known.as_bytes())
        || BEGINNINGS.iter().any(|begin| name.starts_with(begin.as_bytes()))
}

/// Judges a server's choice of version and cipher suite.
pub(crate) fn chosen(version: u16, cipher: u16, found: &mut Found<'_>) {
    let obsolete = match version {
        0x0002 => "SSLv2",
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLSv1.1",
        0x0100 => "DTLSv0.9",
        0xfeff => "DTLSv1.0",
        _ => "",
    };
    if !obsolete.is_empty() {
        found.risk(Risk::TLS_OBSOLETE_VERSION, obsolete);
    }
    if is_weak(cipher) {
        found.risk(Risk::TLS_WEAK_CIPHER, format!("{cipher:04x}"));
    }
}

/// IANA, TLS Cipher Suites: NULL, anonymous, export, RC2, RC4, DES and 3DES.
fn is_weak(cipher: u16) -> bool {
    matches!(
        cipher,
        0x0000..=0x001b
            | 0x001e..=0x002e
            | 0x0034
            | 0x003a
            | 0x003b
            | 0x0046
            | 0x0060..=0x0066
            | 0x006c
            | 0x006d
            | 0x0089
            | 0x008a
            | 0x008b
            | 0x008e
            | 0x008f
            | 0x0092
            | 0x0093
            | 0x009b
            | 0x00a6
            | 0x00a7
            | 0x00b0
            | 0x00b1
            | 0x00b4
            | 0x00b5
            | 0x00b8
            | 0x00b9
            | 0xc001..=0xc003
            | 0xc006..=0xc008
            | 0xc00b..=0xc00d
            | 0xc010..=0xc012
            | 0xc015..=0xc01c
            | 0xc033
            | 0xc034
            | 0xc039..=0xc03b
    )
}

/// Notes a fatal alert (RFC 8446, section 6).
pub(crate) fn fatal_alert(description: u8, found: &mut Found<'_>) {
    found.risk(Risk::TLS_FATAL_ALERT, description.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_that_are_registered_are_common() {
        for common in [&b"h2"[..], b"http/1.1", b"h3-29", b"\x0a\x0a", b"\xfa\xfa", b"mqtt"] {
            assert!(is_common(common));
        }
        for uncommon in [&b"made-up"[..], b"\x0a\x1a", b"http/1.2"] {
            assert!(!is_common(uncommon));
        }
    }

    #[test]
    fn suites_are_judged_by_their_algorithms() {
        for weak in [0x0004, 0x0005, 0x000a, 0x0000, 0x0018, 0xc011, 0xc012, 0x0009] {
            assert!(is_weak(weak), "{weak:04x}");
        }
        for strong in [
            0x1301, 0x1302, 0x1303, 0xc02f, 0xc030, 0xcca8, 0x009c, 0x002f, 0x0035, 0xc013, 0xc014, 0x003c,
            0xc009, 0x0033, 0x0039, 0x0067, 0x006b,
        ] {
            assert!(!is_weak(strong), "{strong:04x}");
        }
    }
}

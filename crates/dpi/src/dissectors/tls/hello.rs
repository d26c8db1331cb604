//! The hello messages of TLS, DTLS and QUIC (RFC 8446, section 4.1; RFC 9147, section 5.3), which are unencrypted in every
//! version.

use std::net::IpAddr;

use crate::dissect::{Reader, Short};

/// Extension `server_name` (RFC 6066, section 3).
pub(crate) const SERVER_NAME: u16 = 0x0000;
/// Extension `application_layer_protocol_negotiation` (RFC 7301).
pub(crate) const ALPN: u16 = 0x0010;

const SUPPORTED_GROUPS: u16 = 0x000a;
const EC_POINT_FORMATS: u16 = 0x000b;
const SIGNATURE_ALGORITHMS: u16 = 0x000d;
const SUPPORTED_VERSIONS: u16 = 0x002b;
const QUIC_TRANSPORT_PARAMETERS: u16 = 0x0039;
const QUIC_TRANSPORT_PARAMETERS_OF_DRAFTS: u16 = 0xffa5;
const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;
const ENCRYPTED_SERVER_NAME: u16 = 0xffce;

/// Carrier of a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// Records over a stream.
    Tls,
    /// Records over datagrams.
    Dtls,
    /// CRYPTO frames.
    Quic,
}

/// The offer of a client. Lists are unchanged, including GREASE.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientHello<'a> {
    /// `legacy_version`; in DTLS it is a complement: 0xfeff, 0xfefd, or 0x0100 of `OpenSSL` before 0.9.8f.
    pub(crate) version: u16,
    pub(crate) ciphers: Codes<'a>,
    pub(crate) extensions: Extensions<'a>,
    pub(crate) server_name: Option<&'a [u8]>,
    pub(crate) alpn: Names<'a>,
    pub(crate) groups: Codes<'a>,
    pub(crate) point_formats: &'a [u8],
    pub(crate) signature_algorithms: Codes<'a>,
    pub(crate) supported_versions: Codes<'a>,
    /// RFC 9001, section 8.2; from draft 27 on: pairs of identifier and value with lengths of variable size.
    pub(crate) quic_transport_parameters: Option<&'a [u8]>,
    /// Whether the name that counts is encrypted (ECH, ESNI).
    pub(crate) is_encrypted: bool,
    /// Whether it is complete.
    pub(crate) is_whole: bool,
}

/// The choice of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerHello<'a> {
    /// `legacy_version`.
    pub(crate) version: u16,
    pub(crate) cipher: u16,
    pub(crate) extensions: Extensions<'a>,
    pub(crate) alpn: Option<&'a [u8]>,
    /// The effective version, from TLS 1.3 on.
    pub(crate) selected_version: Option<u16>,
}

impl<'a> ClientHello<'a> {
    /// Reads the body of the handshake message, after type and length. A body that is cut off after the ciphers is read as far as
    /// it goes.
    pub(crate) fn parse(handshake_body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(handshake_body);
        let mut hello = Self::first_part(&mut reader).ok()??;
        let (extensions, all_there) = Extensions::read(&mut reader);
        hello.extensions = extensions;
        hello.is_whole &= all_there;
        for (code, body) in extensions.iter() {
            // A malformed extension gives no information, but counts for the fingerprints.
            let _: Result<(), Short> = hello.take_in(code, Reader::new(body));
        }
        Some(hello)
    }

    fn first_part(reader: &mut Reader<'a>) -> Result<Option<Self>, Short> {
        let version = reader.u16()?;
        if !is_version(version) {
            return Ok(None);
        }
        reader.skip(32)?;
        let session_id = reader.block8()?;
        if is_dtls(version) {
            reader.block8()?;
        }
        let ciphers = reader.block16()?.rest();
        // Some lists end in half a cipher.
        if session_id.len() > 32 || ciphers.len() < 2 {
            return Ok(None);
        }
        // Compression methods: a capture may end before them.
        let is_whole = reader.block8().is_ok();
        let hello = Self { version, ciphers: Codes(ciphers), is_whole, ..Self::default() };
        Ok(Some(hello))
    }

    fn take_in(&mut self, code: u16, mut body: Reader<'a>) -> Result<(), Short> {
        match code {
            SERVER_NAME if self.server_name.is_none() => self.server_name = server_name(body)?,
            ALPN => self.alpn = Names(body.block16()?.rest()),
            SUPPORTED_GROUPS => self.groups = Codes(body.block16()?.rest()),
            EC_POINT_FORMATS => self.point_formats = body.block8()?.rest(),
            SIGNATURE_ALGORITHMS => self.signature_algorithms = Codes(body.block16()?.rest()),
            SUPPORTED_VERSIONS => self.supported_versions = Codes(body.block8()?.rest()),
            QUIC_TRANSPORT_PARAMETERS | QUIC_TRANSPORT_PARAMETERS_OF_DRAFTS => {
                self.quic_transport_parameters = Some(body.rest());
            }
            ENCRYPTED_CLIENT_HELLO | ENCRYPTED_SERVER_NAME => self.is_encrypted = true,
            _ => {}
        }
        Ok(())
    }

    /// The requested host name; some clients send an address instead.
    pub(crate) fn host(&self) -> Option<&'a [u8]> {
        self.server_name.filter(|name| !std::str::from_utf8(name).is_ok_and(|name| name.parse::<IpAddr>().is_ok()))
    }

    /// The newest offered version.
    pub(crate) fn newest_version(&self) -> u16 {
        let offered = self.supported_versions.iter().filter(|code| !is_grease(*code));
        let newest = if is_dtls(self.version) { offered.min() } else { offered.max() };
        newest.unwrap_or(self.version)
    }
}

impl<'a> ServerHello<'a> {
    /// Reads the body of the handshake message, after type and length.
    pub(crate) fn parse(handshake_body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(handshake_body);
        let mut hello = Self::first_part(&mut reader).ok()??;
        hello.extensions = Extensions::read(&mut reader).0;
        for (code, body) in hello.extensions.iter() {
            let mut body = Reader::new(body);
            match code {
                ALPN => hello.alpn = body.block16().ok().and_then(|names| Names(names.rest()).iter().next()),
                SUPPORTED_VERSIONS => hello.selected_version = body.u16().ok(),
                _ => {}
            }
        }
        Some(hello)
    }

    fn first_part(reader: &mut Reader<'a>) -> Result<Option<Self>, Short> {
        let version = reader.u16()?;
        reader.skip(32)?;
        let session_id = reader.block8()?;
        let cipher = reader.u16()?;
        reader.skip(1)?;
        let is_one = is_version(version) && session_id.len() <= 32;
        Ok(is_one.then(|| Self { version, cipher, ..Self::default() }))
    }
}

/// Random values that clients add so that servers stay tolerant (RFC 8701): 0x0a0a, 0x1a1a, ... 0xfafa.
pub(crate) fn is_grease(code: u16) -> bool {
    let [high, low] = code.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// Whether a hello says that it is DTLS.
fn is_dtls(version: u16) -> bool {
    version >> 8 == 0xfe || version == 0x0100
}

/// Whether bytes may be the beginning of a hello.
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    match *bytes {
        [high, low, ..] => is_version(u16::from_be_bytes([high, low])),
        [high] => matches!(high, 0x03 | 0xfe | 0x01 | 0x7f),
        [] => true,
    }
}

/// Whether the version of a hello exists: SSL 3.0, TLS and its drafts, DTLS.
fn is_version(version: u16) -> bool {
    matches!(version, 0x0300..=0x0304 | 0x7f00..=0x7fff) || is_dtls(version)
}

/// The first name of a list; host names are the only type.
fn server_name(mut body: Reader<'_>) -> Result<Option<&[u8]>, Short> {
    let mut names = body.block16()?;
    let kind = names.u8()?;
    let name = names.block16()?.rest();
    Ok((kind == 0 && !name.is_empty()).then_some(name))
}

/// A list of two-byte numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Codes<'a>(&'a [u8]);

impl<'a> Codes<'a> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = u16> + use<'a> {
        let mut reader = Reader::new(self.0);
        std::iter::from_fn(move || reader.u16().ok())
    }
}

/// A list of names of ALPN, each after its length.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Names<'a>(&'a [u8]);

impl<'a> Names<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut reader = Reader::new(self.0);
        std::iter::from_fn(move || reader.block8().ok().map(|name| name.rest()))
    }
}

/// The extensions of a hello, in their order: type and body.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extensions<'a>(&'a [u8]);

impl<'a> Extensions<'a> {
    /// The extensions at the end of a message, which may have none. Also returns whether they are complete.
    fn read(reader: &mut Reader<'a>) -> (Self, bool) {
        let Ok(length) = reader.u16() else { return (Self::default(), reader.is_empty()) };
        let bytes = reader.rest();
        match bytes.get(..length.into()) {
            Some(whole) => (Self(whole), true),
            None => (Self(bytes), false),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let mut reader = Reader::new(self.0);
        std::iter::from_fn(move || Some((reader.u16().ok()?, reader.block16().ok()?.rest())))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn with_length(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
    }

    fn extensions(list: &[(u16, &[u8])]) -> Vec<u8> {
        if list.is_empty() {
            return Vec::new();
        }
        let each = list.iter().map(|(code, body)| [&code.to_be_bytes(), &with_length(body)[..]].concat());
        with_length(&each.collect::<Vec<_>>().concat())
    }

    /// The body of a client hello.
    pub(crate) fn client(version: u16, ciphers: &[u16], list: &[(u16, &[u8])]) -> Vec<u8> {
        let ciphers: Vec<u8> = ciphers.iter().flat_map(|code| code.to_be_bytes()).collect();
        let cookie: &[u8] = if is_dtls(version) { &[2, 0xc0, 0x0c] } else { &[] };
        let head = [&version.to_be_bytes(), &[7; 32][..], &[0], cookie].concat();
        [head, with_length(&ciphers), vec![1, 0], extensions(list)].concat()
    }

    /// The body of a server hello.
    pub(crate) fn server(version: u16, cipher: u16, list: &[(u16, &[u8])]) -> Vec<u8> {
        let head = [&version.to_be_bytes(), &[9; 32][..], &[0], &cipher.to_be_bytes(), &[0]].concat();
        [head, extensions(list)].concat()
    }

    #[test]
    fn a_client_hello_is_read_whole() {
        let list: [(u16, &[u8]); 5] = [
            (SERVER_NAME, b"\0\x0e\0\0\x0bexample.com"),
            (ALPN, b"\0\x0c\x02h2\x08http/1.1"),
            (SUPPORTED_VERSIONS, b"\x06\x7a\x7a\x03\x04\x03\x03"),
            (QUIC_TRANSPORT_PARAMETERS, b"\x01\x01\x05"),
            (ENCRYPTED_CLIENT_HELLO, b"\0"),
        ];
        let body = client(0x0303, &[0x1301, 0x1302], &list);
        let hello = ClientHello::parse(&body).expect("a hello");
        assert_eq!(hello.server_name, Some(&b"example.com"[..]));
        assert_eq!(hello.alpn.iter().collect::<Vec<_>>(), [&b"h2"[..], b"http/1.1"]);
        assert_eq!(hello.quic_transport_parameters, Some(&b"\x01\x01\x05"[..]));
        assert_eq!((hello.newest_version(), hello.is_encrypted, hello.is_whole), (0x0304, true, true));
        assert_eq!(hello.ciphers.iter().collect::<Vec<_>>(), [0x1301, 0x1302]);
        assert_eq!(hello.extensions.iter().count(), 5);
        for at in 0..body.len() {
            let cut = ClientHello::parse(&body[..at]);
            assert!(cut.is_none_or(|hello| hello.is_whole == (at == 43)), "cut at {at}");
        }
    }

    #[test]
    fn dtls_has_a_cookie_and_counts_versions_down() {
        let body = client(0xfefd, &[0xc02b], &[(SUPPORTED_VERSIONS, b"\x04\xfe\xfc\xfe\xfd")]);
        let hello = ClientHello::parse(&body).expect("a hello");
        assert_eq!((hello.newest_version(), hello.ciphers.iter().next()), (0xfefc, Some(0xc02b)));
    }

    #[test]
    fn what_is_no_hello() {
        for wrong in [client(0x0505, &[1], &[]), client(0x0303, &[], &[]), b"\x03\x03".to_vec()] {
            assert!(ClientHello::parse(&wrong).is_none());
        }
        assert!(ServerHello::parse(&server(0x0505, 1, &[])).is_none());
    }

    #[test]
    fn a_server_hello_is_read_whole() {
        let body = server(0x0303, 0x1301, &[(SUPPORTED_VERSIONS, b"\x03\x04"), (ALPN, b"\0\x03\x02h2")]);
        let hello = ServerHello::parse(&body).expect("a hello");
        assert_eq!((hello.cipher, hello.selected_version), (0x1301, Some(0x0304)));
        assert_eq!(hello.alpn, Some(&b"h2"[..]));
    }
}

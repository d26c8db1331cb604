//! TLS: Transport Layer Security, SSL 2.0 to TLS 1.3 (RFC 8446, RFC 5246, RFC 6101). Records of handshake, alert, data.

pub(crate) mod hello;

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::fingerprint::{ja3, ja4};
use crate::labels;
use crate::metadata::Field;
use crate::reader::{Reader, Short};
use hello::ClientHello;

pub(crate) struct Tls;

impl Dissector for Tls {
    const META: Meta = Meta::tcp(labels::TLS).ports(&[443]).starts_with(&[b"\x16\x03"]).specification("RFC 8446");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        match handshake(&mut segment.reader()) {
            Ok(body) => {
                let hello = ClientHello::parse(body);
                if let Some(hello) = &hello {
                    client_hello(found, hello, Carrier::Tls);
                }
                Verdict::matched_if(hello.is_some())
            }
            Err(Short) => Verdict::More,
        }
    }
}

fn handshake<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Short> {
    reader.skip(3)?;
    let mut record = reader.block16()?;
    record.u8()?;
    Ok(record.block24()?.rest())
}

/// What carries a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// Records over a stream.
    Tls,
    /// Records over datagrams.
    Dtls,
    /// CRYPTO frames.
    Quic,
}

/// Puts what a client hello says where it belongs: server name, application by it or else by ALPN, fingerprints.
pub(crate) fn client_hello(found: &mut Found<'_>, hello: &ClientHello<'_>, carrier: Carrier) {
    if let Some(name) = hello.server_name {
        found.host(name);
    }
    if !found.known_application().is_known() {
        let owners = hello.alpn.iter().map(|protocol| found.rules().alpn(protocol));
        if let Some(application) = owners.into_iter().find(|label| label.is_known()) {
            found.application(application);
        }
    }
    if hello.is_whole {
        found.client_fingerprint(&ja4::of_client(hello, carrier));
    }
    if found.wants_fields() {
        client_fields(found, hello);
    }
}

fn client_fields(found: &mut Found<'_>, hello: &ClientHello<'_>) {
    if hello.is_whole {
        found.field(Field::Ja3, ja3::of_client(hello));
    }
    if let Some(offered) = hello.alpn.iter().map(<[u8]>::to_vec).reduce(|all, next| [all, next].join(&b',')) {
        found.field(Field::AlpnOffered, offered);
    }
    found.field(Field::TlsVersion, version_name(hello.newest_version()));
}

/// What a version is called; one that has no name goes by its number.
pub(crate) fn version_name(version: u16) -> String {
    let name = match version {
        0x0002 => "SSLv2",
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLSv1.1",
        0x0303 => "TLSv1.2",
        0x0304 => "TLSv1.3",
        0x0100 => "DTLSv0.9",
        0xfeff => "DTLSv1.0",
        0xfefd => "DTLSv1.2",
        0xfefc => "DTLSv1.3",
        _ => return format!("{version:04x}"),
    };
    name.into()
}

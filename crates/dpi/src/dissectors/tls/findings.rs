//! Stores the findings from hello messages.

use super::hello::{Carrier, ClientHello, ENCRYPTED_SERVER_NAME, ServerHello};
use super::{ja3, ja4};
use crate::dissect::Found;
use crate::metadata::Field;
use crate::risks;

/// Stores the findings from a client hello: server name, application (by that name, or else by ALPN), fingerprints.
pub(crate) fn client_hello(found: &mut Found<'_>, hello: &ClientHello<'_>, carrier: Carrier) {
    if let Some(name) = hello.server_name {
        found.host(name);
    }
    if !found.known_application().is_known() {
        let rules = found.rules();
        let owners = hello.alpn.iter().map(|protocol| rules.alpn(protocol));
        found.application(owners.into_iter().find(|label| label.is_known()).unwrap_or_default());
    }
    risks::tls::Hello {
        server_name: hello.server_name,
        alpn: hello.alpn.iter(),
        has_esni: hello.extensions.iter().any(|(code, _)| code == ENCRYPTED_SERVER_NAME),
        is_encrypted: hello.is_encrypted,
        is_whole: hello.is_whole,
    }
    .judge(found);
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
}

/// Stores the findings from a server hello.
pub(crate) fn server_hello(found: &mut Found<'_>, hello: &ServerHello<'_>) {
    found.server_fingerprint(&ja3::of_server(hello));
    risks::tls::chosen(hello.selected_version.unwrap_or(hello.version), hello.cipher, found);
    if let Some(protocol) = hello.alpn {
        if !found.known_application().is_known() {
            found.application(found.rules().alpn(protocol));
        }
        found.field(Field::AlpnChosen, protocol);
    }
    if found.wants_fields() {
        found.field(Field::TlsVersion, version_name(hello.selected_version.unwrap_or(hello.version)));
        found.field(Field::TlsCipher, format!("{:04x}", hello.cipher));
    }
}

/// Name of a version; a version without a name has its number.
fn version_name(version: u16) -> String {
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

//! Certificates of servers: their owners and names (RFC 5280).

use x509_parser::prelude::{AttributeTypeAndValue, FromDer, GeneralName, X509Certificate, X509Name};

use crate::dissect::{Found, Reader, Short};
use crate::metadata::Field;
use crate::vocabulary::{Risk, labels};

/// Greatest number of names of a certificate that are inspected.
const MOST_NAMES: usize = 64;

/// The server's own certificate, the first of a Certificate message's body (RFC 5246, section 7.4.2).
///
/// # Errors
/// If it is incomplete.
pub(super) fn first_of(mut body: Reader<'_>) -> Result<&[u8], Short> {
    body.skip(3)?;
    Ok(body.block24()?.rest())
}

/// Whether a part of a body may belong to a Certificate message: the first certificate is a sequence within the
/// list.
pub(super) fn may_begin(body: &[u8]) -> bool {
    let mut reader = Reader::new(body);
    match (reader.u24(), reader.u24()) {
        (Ok(list), Ok(first)) => first + 3 <= list && reader.u8().map_or(true, |tag| tag == 0x30),
        _ => true,
    }
}

/// Stores the findings from a certificate. Returns whether it is a certificate.
pub(super) fn certificate(found: &mut Found<'_>, der: &[u8]) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return false };
    if !found.known_application().is_known() {
        application(found, &certificate);
    }
    if found.wants_fields() {
        fields(found, &certificate);
    }
    if found.wants_risks() {
        risks(found, &certificate);
    }
    true
}

/// The application by the names of the certificate, else by its owner.
fn application(found: &mut Found<'_>, certificate: &X509Certificate<'_>) {
    let subject = certificate.subject();
    for name in common_names(subject).chain(dns_names(certificate)) {
        if found.application_of_host(name.strip_prefix("*.").unwrap_or(name).as_bytes()) {
            return;
        }
    }
    let rules = found.rules();
    let mut owners = organizations(subject).chain(common_names(subject)).map(|name| rules.certificate(name));
    let owner = owners.find(|label| label.is_known()).unwrap_or_default();
    found.application(if is_of_tor(certificate) { labels::TOR } else { owner });
}

/// Tor relays invent a certificate with only two random names: `www.RANDOM.net` by `www.RANDOM.com`
/// (tor-spec, section 2.2).
fn is_of_tor(certificate: &X509Certificate<'_>) -> bool {
    let only_name = |name: &X509Name<'_>, end: &str| {
        name.iter_attributes().count() == 1 && common_names(name).any(|name| is_random_name(name, end))
    };
    only_name(certificate.subject(), ".net") && only_name(certificate.issuer(), ".com")
}

/// Whether a name is `www.`, letters and digits of base32, and an end.
pub(super) fn is_random_name(name: &str, end: &str) -> bool {
    let label = name.strip_prefix("www.").and_then(|name| name.strip_suffix(end));
    let is_base32 = |byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
    label.is_some_and(|label| (4..=25).contains(&label.len()) && label.bytes().all(is_base32))
}

/// Whether a name looks random: digits among letters, or many unpronounceable letters in a row.
pub(super) fn looks_random(name: &str) -> bool {
    let label = name.split('.').nth(1).unwrap_or_default().as_bytes();
    let has_digit = label.windows(3).any(|three| {
        matches!(three, [a, digit, b] if digit.is_ascii_digit() && a.is_ascii_alphabetic() && b.is_ascii_alphabetic())
    });
    let longest = label.split(|byte| b"aeiouy".contains(byte)).map(<[u8]>::len).max();
    label.len() >= 8 && has_digit && longest >= Some(5)
}

/// Hands over what risks need to know.
fn risks(found: &mut Found<'_>, certificate: &X509Certificate<'_>) {
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    if subject.as_raw() == issuer.as_raw() {
        found.risk(Risk::TLS_SELFSIGNED_CERTIFICATE, subject.to_string());
    }
    let mut names: Vec<_> = dns_names(certificate).collect();
    // Clients no longer look there, but who asks for such a name is no attacker.
    names.extend(common_names(subject));
    // Of a longer list, nobody knows whether a name is missing.
    let is_all = names.len() < MOST_NAMES;
    let names = if is_all { names.join(",").to_lowercase() } else { String::new() };
    let validity = certificate.validity();
    found.certified([validity.not_before.timestamp(), validity.not_after.timestamp()], names);
}

fn fields(found: &mut Found<'_>, certificate: &X509Certificate<'_>) {
    found.field(Field::CertificateSubject, certificate.subject().to_string());
    found.field(Field::CertificateIssuer, certificate.issuer().to_string());
    let names: Vec<&str> = dns_names(certificate).collect();
    if !names.is_empty() {
        found.field(Field::CertificateNames, names.join(","));
    }
    let validity = certificate.validity();
    found.field(Field::CertificateNotBefore, validity.not_before.timestamp().to_string());
    found.field(Field::CertificateNotAfter, validity.not_after.timestamp().to_string());
}

fn common_names<'a>(name: &'a X509Name<'_>) -> impl Iterator<Item = &'a str> {
    name.iter_common_name().filter_map(string)
}

fn organizations<'a>(name: &'a X509Name<'_>) -> impl Iterator<Item = &'a str> {
    name.iter_organization().filter_map(string)
}

/// The text of an attribute: there are several string types; old ones have their own character set.
fn string<'a>(attribute: &'a AttributeTypeAndValue<'_>) -> Option<&'a str> {
    std::str::from_utf8(attribute.attr_value().data).ok()
}

fn dns_names<'a>(certificate: &'a X509Certificate<'_>) -> impl Iterator<Item = &'a str> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let names = extension.into_iter().flat_map(|extension| &extension.value.general_names);
    names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        })
        .take(MOST_NAMES)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::knowledge::{Networks, Rules};
    use crate::verdict::Labels;
    use crate::vocabulary::Label;

    fn tlv(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
        let content = parts.concat();
        [&[tag, 0x82], &(content.len() as u16).to_be_bytes()[..], &content].concat()
    }

    /// A name of organisation ("" for none) and common name.
    fn name(organization: &str, common_name: &str) -> Vec<u8> {
        let attribute = |kind: u8, text: &str| {
            let kind = tlv(0x06, &[vec![0x55, 0x04, kind]]);
            tlv(0x31, &[tlv(0x30, &[kind, tlv(0x0c, &[text.into()])])])
        };
        let organization = if organization.is_empty() { Vec::new() } else { attribute(0x0a, organization) };
        tlv(0x30, &[organization, attribute(0x03, common_name)])
    }

    /// A certificate: issuer, owner and hosts.
    pub(crate) fn made_up(issuer: &str, organization: &str, common_name: &str, hosts: &[&str]) -> Vec<u8> {
        let algorithm = tlv(0x30, &[tlv(0x06, &[vec![0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]])]);
        let validity = ["240102030405Z", "340102030405Z"].map(|time| tlv(0x17, &[time.into()]));
        let key = tlv(0x30, &[algorithm.clone(), tlv(0x03, &[vec![0, 1, 2, 3]])]);
        let names: Vec<_> = hosts.iter().map(|host| tlv(0x82, &[(*host).into()])).collect();
        let extension = [tlv(0x06, &[vec![0x55, 0x1d, 0x11]]), tlv(0x04, &[tlv(0x30, &names)])];
        let body = [
            tlv(0xa0, &[tlv(0x02, &[vec![2]])]),
            tlv(0x02, &[vec![7]]),
            algorithm.clone(),
            name("", issuer),
            tlv(0x30, &validity),
            name(organization, common_name),
            key,
            tlv(0xa3, &[tlv(0x30, &[tlv(0x30, &extension)])]),
        ];
        tlv(0x30, &[tlv(0x30, &body), algorithm, tlv(0x03, &[vec![0; 9]])])
    }

    fn application_of(der: &[u8]) -> Label {
        let mut rules = Rules::default();
        let toml = "[Waze]\nhosts = [\"waze.com\"]\n[Google]\ncertificates = [\"Google Inc\"]\n[Facebook]\nhosts = [\"fb.com\"]";
        rules.add(toml, "test").expect("rules");
        let networks = Networks::builtin();
        let mut found = Found::new(&rules, &networks, false, Labels::default());
        assert!(certificate(&mut found, der));
        found.known_application()
    }

    #[test]
    fn names_tell_the_application_and_else_the_owner() {
        for (der, label) in [
            (made_up("CA", "Google Inc", "*.waze.com", &[]), labels::WAZE),
            (made_up("CA", "", "Example", &["example.com", "www.fb.com"]), labels::FACEBOOK),
            (made_up("CA", "Google Inc", "example.com", &["example.com"]), labels::GOOGLE),
            (made_up("www.wohgpas45j6ucw.com", "", "www.7d43ah2kikrabj.net", &[]), labels::TOR),
            (made_up("www.wohgpas45j6ucw.com", "", "www.example.org", &[]), Label::UNKNOWN),
        ] {
            assert_eq!(application_of(&der), label);
        }
    }

    #[test]
    fn all_else_is_kept_for_who_asks() {
        let (rules, networks) = (Rules::default(), Networks::builtin());
        let mut found = Found::new(&rules, &networks, true, Labels::default());
        assert!(certificate(&mut found, &made_up("CA", "Example", "example.com", &["a.example", "b.example"])));
        let metadata = found.metadata.expect("some");
        let values: Vec<_> = metadata.fields().map(|(_, value)| value).collect();
        assert_eq!(values, ["O=Example, CN=example.com", "CN=CA", "a.example,b.example", "1704164645", "2019783845"]);
        assert!(!certificate(&mut Found::new(&rules, &networks, true, Labels::default()), b"\x30\x03abc"));
    }
}

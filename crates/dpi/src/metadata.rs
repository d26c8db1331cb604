//! Metadata that inspection reads: names, fingerprints, and other values that a protocol sends in the
//! clear.

use std::fmt;

use crate::vocabulary::Risk;

/// Longest value that is kept, in bytes. A longer one is cut.
const LONGEST_VALUE: usize = 1024;

/// Longest evidence of a risk that is kept, in bytes.
const LONGEST_EVIDENCE: usize = 256;

/// Most values of one flow that are kept besides the columns.
const MOST_VALUES: usize = 64;

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// A kind of metadata besides the columns, by the name it has in the nested `l7` column.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Field {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Field {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The names of all fields, in the same order.
            pub const NAMES: &[&str] = &[$($name,)+];

            /// Name of the field.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Description of the field, in a sentence.
            pub fn doc(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc,)+).trim_ascii(),)+
                }
            }
        }
    };
}

fields! {
    /// JA3 of the TLS client hello: MD5 in hexadecimal (Salesforce, 2017).
    Ja3 = "ja3",
    /// Application protocols that the TLS client offers (RFC 7301), comma-separated.
    AlpnOffered = "alpn_offered",
    /// Application protocol that the TLS server chose (RFC 7301).
    AlpnChosen = "alpn_chosen",
    /// TLS version that was agreed on.
    TlsVersion = "tls_version",
    /// Cipher suite that the TLS server chose: four hexadecimal digits (IANA).
    TlsCipher = "tls_cipher",
    /// Subject of the server's certificate (RFC 5280).
    CertificateSubject = "certificate_subject",
    /// Issuer of the server's certificate (RFC 5280).
    CertificateIssuer = "certificate_issuer",
    /// Names that the server's certificate is for (RFC 5280, section 4.2.1.6), comma-separated.
    CertificateNames = "certificate_names",
    /// Beginning of the validity of the server's certificate: seconds since 1970.
    CertificateNotBefore = "certificate_not_before",
    /// End of the validity of the server's certificate: seconds since 1970.
    CertificateNotAfter = "certificate_not_after",
    /// QUIC version, eight hexadecimal digits.
    QuicVersion = "quic_version",
    /// HTTP request method.
    HttpMethod = "http_method",
    /// HTTP request target, with the host if it is known.
    HttpUrl = "http_url",
    /// HTTP status code of the first response.
    HttpStatus = "http_status",
    /// HTTP Server header.
    HttpServer = "http_server",
    /// DNS: type of the first question, as a number (IANA).
    DnsQueryType = "dns_query_type",
    /// DNS: response code (IANA).
    DnsResponseCode = "dns_response_code",
    /// DNS: addresses answered, comma-separated.
    DnsAnswers = "dns_answers",
    /// Identification or banner of the client's software.
    ClientSoftware = "client_software",
    /// Identification or banner of the server's software.
    ServerSoftware = "server_software",
    /// Name of the user who signs in.
    User = "user",
    /// Name of a file that is transferred.
    File = "file",
    /// Name of the host or device as it announces itself.
    Host = "host",
    /// What was seen of each of the flow's risks, with `risks`: name and evidence, with semicolons in between.
    RiskEvidence = "risk_evidence",
}

/// The metadata of one flow.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Server name (TLS, DTLS, QUIC), host (HTTP), question (DNS), or the name that a host announces.
    pub server_name: Option<Box<str>>,
    /// JA4, HASSH of the client, DHCP options.
    pub client_fingerprint: Option<Box<str>>,
    /// JA3S, HASSH of the server.
    pub server_fingerprint: Option<Box<str>>,
    /// User agent.
    pub user_agent: Option<Box<str>>,
    /// Content type.
    pub content_type: Option<Box<str>>,
    /// Other values, in the order in which they were found.
    fields: Vec<(Field, Box<str>)>,
    /// Risks that dissectors raised, each with its evidence.
    risks: Vec<(Risk, Box<str>)>,
    /// The server's certificate, if risks are judged.
    pub(crate) certified: Option<Box<Certified>>,
}

/// What risks need to know of the server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certified {
    /// Beginning and end of its validity, seconds since 1970.
    pub(crate) validity: [i64; 2],
    /// The names that it is for, in lower case, comma-separated.
    pub(crate) names: Box<str>,
}

impl Metadata {
    /// The value of a field, if there is one.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.fields.iter().find(|(kept, _)| *kept == field).map(|(_, value)| &**value)
    }

    /// The fields that have a value, in the order in which they were found.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &str)> {
        self.fields.iter().map(|(field, value)| (*field, &**value))
    }

    /// The risks that payloads show, each with its evidence, in the order in which they were found.
    pub fn risks(&self) -> impl Iterator<Item = (Risk, &str)> {
        self.risks.iter().map(|(risk, evidence)| (*risk, &**evidence))
    }

    /// Keeps a risk, with its first evidence.
    pub(crate) fn raise(&mut self, risk: Risk, evidence: &[u8]) {
        if self.risks.iter().all(|(known, _)| *known != risk) {
            let evidence = evidence.get(..LONGEST_EVIDENCE).unwrap_or(evidence);
            self.risks.push((risk, text(evidence)));
        }
    }

    /// Whether there is no metadata.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Bytes of memory that the metadata takes, including what it points to.
    pub(crate) fn memory(&self) -> usize {
        let Self {
            server_name,
            client_fingerprint,
            server_fingerprint,
            user_agent,
            content_type,
            fields,
            risks,
            certified,
        } = self;
        let columns = [server_name, client_fingerprint, server_fingerprint, user_agent, content_type];
        let texts = columns.into_iter().flatten().chain(fields.iter().map(|(_, text)| text));
        let texts: usize = texts.map(|text| text.len()).sum();
        let evidence: usize = risks.iter().map(|(_, text)| text.len()).sum();
        let certified = certified.as_ref().map_or(0, |own| size_of::<Certified>() + own.names.len());
        let lists = fields.capacity() * size_of::<(Field, Box<str>)>()
            + risks.capacity() * size_of::<(Risk, Box<str>)>();
        size_of::<Self>() + lists + texts + evidence + certified
    }

    /// Keeps the first value of a field.
    pub(crate) fn keep(&mut self, field: Field, value: &[u8]) {
        if self.fields.len() < MOST_VALUES && self.get(field).is_none() {
            self.fields.push((field, text(value)));
        }
    }

    /// Takes over values that `other` has and this one lacks.
    pub(crate) fn merge(&mut self, other: Self) {
        let Self {
            server_name,
            client_fingerprint,
            server_fingerprint,
            user_agent,
            content_type,
            fields,
            risks,
            certified,
        } = other;
        for (mine, theirs) in [
            (&mut self.server_name, server_name),
            (&mut self.client_fingerprint, client_fingerprint),
            (&mut self.server_fingerprint, server_fingerprint),
            (&mut self.user_agent, user_agent),
            (&mut self.content_type, content_type),
        ] {
            if mine.is_none() {
                *mine = theirs;
            }
        }
        risks.into_iter().for_each(|(risk, evidence)| self.raise(risk, evidence.as_bytes()));
        self.certified = self.certified.take().or(certified);
        if self.fields.is_empty() {
            self.fields = fields;
        } else {
            fields.into_iter().for_each(|(field, value)| self.keep(field, value.as_bytes()));
        }
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in [
            ("server_name", &self.server_name),
            ("client_fingerprint", &self.client_fingerprint),
            ("server_fingerprint", &self.server_fingerprint),
            ("user_agent", &self.user_agent),
            ("content_type", &self.content_type),
        ] {
            if let Some(value) = value {
                map.entry(&name, value);
            }
        }
        map.entries(self.fields().map(|(field, value)| (field.name(), value))).finish()
    }
}

/// Bytes as text. Bytes that are not UTF-8 become the replacement character, and control characters
/// are removed.
pub(crate) fn text(bytes: &[u8]) -> Box<str> {
    let cut = bytes.get(..LONGEST_VALUE).unwrap_or(bytes);
    let text = String::from_utf8_lossy(cut);
    if text.contains(char::is_control) {
        return text.chars().filter(|c| !c.is_control()).collect::<String>().into();
    }
    text.into()
}

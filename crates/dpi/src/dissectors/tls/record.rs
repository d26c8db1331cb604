//! Records of TLS (RFC 8446, section 5.1) and the hello of SSL 2.0, with which older clients opened TLS (RFC 5246, appendix E.2).

use crate::dissect::{Reader, Short};

/// Bytes before a record's fragment.
pub(super) const HEADER: usize = 5;
/// Longest fragment: RFC 5246 allows 2048 bytes beyond the plain text's 2^14.
const LONGEST_FRAGMENT: usize = (1 << 14) + 2048;

/// Content types (IANA, TLS `ContentType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    ChangeCipherSpec,
    Alert,
    Handshake,
    ApplicationData,
}

/// The available part of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) content: Content,
    /// Length of the whole fragment.
    pub(super) length: usize,
    pub(super) fragment: &'a [u8],
    pub(super) is_whole: bool,
}

/// The beginning of some bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Read<'a> {
    Record(Record<'a>),
    /// Too few bytes to decide.
    Short,
    Malformed,
}

impl<'a> Record<'a> {
    /// Reads the next record.
    pub(super) fn read(reader: &mut Reader<'a>) -> Read<'a> {
        let Ok(header) = reader.array::<HEADER>() else {
            return if may_begin(reader.rest()) { Read::Short } else { Read::Malformed };
        };
        let [_, _, _, high, low] = header;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let Some(content) = content(&header).filter(|content| may_be_as_long(*content, length)) else {
            return Read::Malformed;
        };
        let is_whole = reader.len() >= length;
        let fragment = reader.take(length.min(reader.len())).unwrap_or_default();
        Read::Record(Self { content, length, fragment, is_whole })
    }

    /// Whether it is complete, and followed by nothing or by another record.
    pub(super) fn is_followed_by(&self, mut following: Reader<'_>) -> bool {
        self.is_whole && (following.is_empty() || !matches!(Record::read(&mut following), Read::Malformed))
    }
}

/// Whether bytes that are too few for a header can be its beginning.
fn may_begin(bytes: &[u8]) -> bool {
    matches!(bytes, [] | [0x14..=0x17] | [0x14..=0x17, 0x03] | [0x14..=0x17, 0x03, 0x00..=0x04, ..])
}

fn content(header: &[u8; HEADER]) -> Option<Content> {
    match header {
        [0x14, 0x03, 0x00..=0x04, ..] => Some(Content::ChangeCipherSpec),
        [0x15, 0x03, 0x00..=0x04, ..] => Some(Content::Alert),
        [0x16, 0x03, 0x00..=0x04, ..] => Some(Content::Handshake),
        [0x17, 0x03, 0x00..=0x04, ..] => Some(Content::ApplicationData),
        _ => None,
    }
}

/// Alerts have two bytes, or these and the overhead of encryption.
fn may_be_as_long(content: Content, length: usize) -> bool {
    match content {
        Content::ChangeCipherSpec => length == 1,
        Content::Alert => length == 2 || (16..=256).contains(&length),
        Content::Handshake | Content::ApplicationData => (1..=LONGEST_FRAGMENT).contains(&length),
    }
}

/// Whether the bytes are exactly one client hello of SSL 2.0 that offers at most the given version.
///
/// # Errors
/// If it is incomplete.
pub(super) fn is_sslv2_client_hello(mut reader: Reader<'_>) -> Result<bool, Short> {
    let length = usize::from(reader.u16()? & 0x7fff);
    let (kind, version) = (reader.u8()?, reader.u16()?);
    let (ciphers, session_id, challenge) = (reader.u16()?, reader.u16()?, reader.u16()?);
    let whole = 9 + usize::from(ciphers) + usize::from(session_id) + usize::from(challenge);
    let fits = kind == 1
        && matches!(version, 0x0002 | 0x0300..=0x0303)
        && ciphers > 0
        && ciphers % 3 == 0
        && matches!(session_id, 0 | 16)
        && matches!(challenge, 16..=32)
        && whole == length;
    let rest = whole - 9;
    if fits && reader.len() < rest { Err(Short) } else { Ok(fits && reader.len() == rest) }
}

/// Whether the bytes begin with a server hello of SSL 2.0.
///
/// # Errors
/// If the bytes end too early to decide.
pub(super) fn is_sslv2_server_hello(mut reader: Reader<'_>) -> Result<bool, Short> {
    let length = usize::from(reader.u16()? & 0x7fff);
    let (kind, hit, certificate_type, version) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u16()?);
    let lengths = [reader.u16()?, reader.u16()?, reader.u16()?].map(usize::from);
    let whole = 11 + lengths.iter().sum::<usize>();
    Ok(kind == 4 && hit <= 1 && certificate_type <= 1 && version == 0x0002 && whole == length)
}

//! Headers of QUIC packets: the part that all versions share (RFC 8999), and the long headers of RFC 9000, section 17.2.

use crate::dissect::{Reader, Short};

/// Greatest length of a connection ID in the known versions (RFC 9000, section 17.2).
const LONGEST_CONNECTION_ID: usize = 20;
/// One side may have no connection ID; if both are shorter than this, packets are zeros rather than QUIC.
const SHORTEST_CONNECTION_IDS: usize = 4;
/// Shortest connection ID that a client may choose for its first packet (RFC 9000, section 7.2).
const SHORTEST_FIRST_CONNECTION_ID: usize = 8;
/// A datagram with a client's first packet is no shorter (RFC 9000, section 14.1).
const SHORTEST_FIRST_DATAGRAM: usize = 1200;
/// Packet number and payload hold at least the sample of header protection (RFC 9001, section 5.4.2).
const SHORTEST_PROTECTED: usize = 20;
/// A Retry ends in a tag (RFC 9000, section 17.2.5); so do the packets of the first drafts.
const SHORTEST_RETRY: usize = 16;

/// A version of QUIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version(pub(super) u32);

impl Version {
    /// The value in the place of the version in a Version Negotiation packet.
    const NEGOTIATION: Self = Self(0);

    /// RFC 9000, RFC 9369 and its drafts, drafts of RFC 9000, mvfst, picoquic, quant, `MsQuic`, Google.
    pub(super) fn is_known(self) -> bool {
        matches!(
            self.0,
            0x0000_0001
                | 0x6b33_43cf
                | 0x709a_50c4
                | 0xff00_0001..=0xff00_0022
                | 0xff01_0000..=0xff01_000f
                | 0xff02_0000..=0xff02_000f
                | 0xface_b000..=0xface_b0ff
                | 0x5043_5130..=0x5043_5131
                | 0x4547_4700..=0x4547_47ff
                | 0xabcd_0000..=0xabcd_00ff
        ) || self.is_google()
    }

    /// `?a?a?a?a`: clients offer these to see that servers answer with versions that they have (RFC 9000, section 15).
    pub(super) fn is_reserved(self) -> bool {
        self.0 & 0x0f0f_0f0f == 0x0a0a_0a0a
    }

    /// `Q` for Google's own handshake, `T` for TLS, and three digits.
    pub(super) fn is_google(self) -> bool {
        let [letter, zero, tens, ones] = self.0.to_be_bytes();
        matches!(letter, b'Q' | b'T') && zero == b'0' && tens.is_ascii_digit() && ones.is_ascii_digit()
    }

    /// Google's versions before Q050 have different headers.
    pub(super) fn has_google_header(self) -> bool {
        self.is_google() && self.0 & 0xffff < 0x3530
    }

    /// RFC 9369, section 3.2, numbers the packet types differently.
    fn has_types_of_version_2(self) -> bool {
        matches!(self.0, 0x6b33_43cf | 0x709a_50c4 | 0xff02_0000..=0xff02_000f)
    }

    /// Drafts before 22 write the lengths of both connection IDs into one byte.
    fn has_joint_lengths(self) -> bool {
        matches!(self.0, 0xff00_0001..=0xff00_0015)
    }
}

/// Type of a packet with a long header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
    VersionNegotiation,
}

/// A packet with a long header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) kind: Kind,
    pub(super) version: Version,
    pub(super) destination: &'a [u8],
    /// From its first byte to its last.
    pub(super) bytes: &'a [u8],
    /// Place of the packet number in `bytes`.
    pub(super) number_at: usize,
}

impl<'a> Packet<'a> {
    /// Reads the first packet, and returns the bytes after it. `missing` bytes of the datagram were not captured.
    pub(super) fn read(bytes: &'a [u8], missing: usize) -> Option<(Self, &'a [u8])> {
        let mut reader = Reader::new(bytes);
        let first = reader.u8().ok().filter(|first| first & 0x80 != 0)?;
        let version = Version(reader.u32().ok()?);
        let (destination, source) = connection_ids(&mut reader, version).ok()?;
        let packet = |kind, bytes, number_at| Self { kind, version, destination, bytes, number_at };
        if destination.len().max(source.len()) > LONGEST_CONNECTION_ID || destination.len() + source.len() < SHORTEST_CONNECTION_IDS {
            return None;
        }
        if version == Version::NEGOTIATION {
            return versions(reader.rest()).then_some((packet(Kind::VersionNegotiation, bytes, 0), &[][..]));
        }
        let kind = kind(first, version);
        if version.has_joint_lengths() || kind == Kind::Retry {
            let long_enough = reader.len() >= SHORTEST_RETRY;
            return (version.is_known() && long_enough).then_some((packet(kind, bytes, 0), &[][..]));
        }
        if kind == Kind::Initial {
            let token = variable(&mut reader).ok()?;
            reader.skip(usize::try_from(token).ok()?).ok()?;
        }
        let protected = usize::try_from(variable(&mut reader).ok()?).ok()?;
        let number_at = bytes.len() - reader.len();
        let (packet_bytes, behind) = bytes.split_at(bytes.len().min(number_at.saturating_add(protected)));
        if protected < SHORTEST_PROTECTED || protected > reader.len() + missing {
            return None;
        }
        let whole = number_at + protected == bytes.len() + missing;
        let looks_first = first & 0xf0 == 0xc0
            && destination.len() >= SHORTEST_FIRST_CONNECTION_ID
            && (bytes.len() + missing >= SHORTEST_FIRST_DATAGRAM || version.is_reserved())
            && whole;
        (version.is_known() || looks_first).then_some((packet(kind, packet_bytes, number_at), behind))
    }
}

/// The connection IDs of receiver and sender.
fn connection_ids<'a>(reader: &mut Reader<'a>, version: Version) -> Result<(&'a [u8], &'a [u8]), Short> {
    if !version.has_joint_lengths() {
        return Ok((reader.block8()?.rest(), reader.block8()?.rest()));
    }
    let lengths = reader.u8()?;
    let length = |code: u8| if code == 0 { 0 } else { usize::from(code) + 3 };
    Ok((reader.take(length(lengths >> 4))?, reader.take(length(lengths & 0x0f))?))
}

fn kind(first: u8, version: Version) -> Kind {
    const KINDS: [Kind; 4] = [Kind::Initial, Kind::ZeroRtt, Kind::Handshake, Kind::Retry];
    let code = usize::from(first >> 4 & 0x03);
    let code = if version.has_types_of_version_2() { (code + 3) % 4 } else { code };
    KINDS.get(code).copied().unwrap_or(Kind::Retry)
}

/// Whether a datagram asks for the versions of a server: a reserved version, the shortest size that gets an answer, and nothing else that
/// has to make sense (RFC 8999, section 5.1; RFC 9000, section 6.1).
pub(super) fn is_probe(datagram: &[u8], missing: usize) -> bool {
    let mut reader = Reader::new(datagram);
    let (Ok(first), Ok(version)) = (reader.u8(), reader.u32()) else { return false };
    let Ok((destination, source)) = connection_ids(&mut reader, Version(version)) else { return false };
    first & 0xc0 == 0xc0
        && Version(version).is_reserved()
        && (SHORTEST_FIRST_CONNECTION_ID..=LONGEST_CONNECTION_ID).contains(&destination.len())
        && source.len() <= LONGEST_CONNECTION_ID
        && datagram.len() + missing >= SHORTEST_FIRST_DATAGRAM
}

/// Whether this is a list of versions with at least one that is known or reserved.
fn versions(list: &[u8]) -> bool {
    let (versions, rest) = list.as_chunks::<4>();
    let mut versions = versions.iter().map(|version| Version(u32::from_be_bytes(*version)));
    rest.is_empty()
        && versions.clone().all(|version| version != Version::NEGOTIATION)
        && versions.any(|version| version.is_known() || version.is_reserved())
}

/// A number of one, two, four or eight bytes (RFC 9000, section 16).
pub(super) fn variable(reader: &mut Reader<'_>) -> Result<u64, Short> {
    let first = reader.u8()?;
    let mut value = u64::from(first & 0x3f);
    for _ in 1..1_u8 << (first >> 6) {
        value = value << 8 | u64::from(reader.u8()?);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    #[test]
    fn numbers_of_variable_length() {
        let read = |digits| variable(&mut Reader::new(&hex(digits)));
        // RFC 9000, appendix A.1.
        assert_eq!(read("c2197c5eff14e88c"), Ok(151_288_809_941_952_652));
        assert_eq!(read("9d7f3e7d"), Ok(494_878_333));
        assert_eq!((read("7bbd"), read("4025"), read("25")), (Ok(15_293), Ok(37), Ok(37)));
        assert_eq!((read("7b"), read("")), (Err(Short), Err(Short)));
    }

    #[test]
    fn types_of_both_numberings() {
        let kinds = |version| [0xc0, 0xd0, 0xe0, 0xf0].map(|first| kind(first, Version(version)));
        assert_eq!(kinds(1), [Kind::Initial, Kind::ZeroRtt, Kind::Handshake, Kind::Retry]);
        assert_eq!(kinds(0x6b33_43cf), [Kind::Retry, Kind::Initial, Kind::ZeroRtt, Kind::Handshake]);
    }
}

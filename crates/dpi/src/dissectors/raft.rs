//! Raft: consensus messages of the library of that name over TCP (raft.readthedocs.io; wire format from captures). 64-bit words,
//! the low byte first.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Greatest plausible length of a message header.
const LONGEST_HEADER: u64 = 1 << 20;

pub(super) struct Raft;

impl Dissector for Raft {
    const META: Meta = Meta::tcp(labels::RAFT)
        .starts_with(&[
            b"\x01\0\0\0\0\0\0\0",
            b"\x02\0\0\0\0\0\0\0",
            b"\x03\0\0\0\0\0\0\0",
            b"\x04\0\0\0\0\0\0\0",
            b"\x05\0\0\0\0\0\0\0",
            b"\x06\0\0\0\0\0\0\0",
        ])
        .specification("raft.readthedocs.io");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_message(segment.reader()) {
            Ok(true) => Verdict::DONE,
            _ => segment.matched_if(is_handshake(segment.reader())),
        }
    }
}

/// Version, identifier of the server, its address, filled up with zeros to whole words.
fn is_handshake(mut reader: Reader<'_>) -> Result<bool, Short> {
    let (version, _) = (word(&mut reader)?, word(&mut reader)?);
    let length = word(&mut reader)?;
    if version != 1 || !(8..=256).contains(&length) || length % 8 != 0 {
        return Ok(false);
    }
    let address = reader.take(length as usize)?;
    let end = address.iter().position(|byte| *byte == 0).unwrap_or(address.len());
    let (name, filling) = address.split_at(end);
    Ok(name.contains(&b':') && name.iter().all(u8::is_ascii_graphic) && filling.iter().all(|byte| *byte == 0))
}

/// Type and length of the header, then the header: a term first.
fn is_message(mut reader: Reader<'_>) -> Result<bool, Short> {
    let (kind, length) = (word(&mut reader)?, word(&mut reader)?);
    let term = word(&mut reader)?;
    let is_header = (16..=LONGEST_HEADER).contains(&length) && length % 8 == 0 && term < 1 << 32;
    Ok(is_header && (1..=6).contains(&kind) && reader.len() as u64 + 8 == length)
}

fn word(reader: &mut Reader<'_>) -> Result<u64, Short> {
    reader.array().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_handshake_and_by_message() {
        let words = hex("0100000000000000 0200000000000000 1000000000000000");
        let handshake = Exchange::tcp(9001).client([&words[..], b"192.0.2.1:9002\0\0"].concat());
        assert_named(&handshake, labels::RAFT);
        handshake.assert_cuts_do_not_matter();
        let vote = hex("0400000000000000 1800000000000000 0600000000000000 0100000000000000 0100000000000000");
        assert_named(&Exchange::tcp(9001).client(vote), labels::RAFT);
    }

    #[test]
    fn refuses_its_neighbours() {
        let words = hex("0100000000000000 0200000000000000 1000000000000000");
        let other = Exchange::tcp(9001).client([&words[..], &[9; 16]].concat());
        assert_eq!(other.verdict_of::<Raft>(), Verdict::Excluded);
    }
}

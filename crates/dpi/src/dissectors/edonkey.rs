//! eDonkey: eDonkey2000 and eMule, clients with each other and with servers (Kulbak and Bickson, "The eMule Protocol
//! Specification", 2005), and Kademlia (Kad 2). A TCP message has its exact length after the protocol byte.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct EDonkey;

const EDONKEY: u8 = 0xe3;
const EMULE: u8 = 0xc5;
const COMPRESSED: u8 = 0xd4;
const KAD: u8 = 0xe4;

/// Greatest plausible length of a TCP message: a part of a file and its header.
const LONGEST: u32 = 300_000;

/// The target of a Kad request, which the answer repeats.
type Target = [u8; 16];

impl Dissector for EDonkey {
    const META: Meta = Meta::tcp_udp(labels::EDONKEY)
        .ports(&[4661, 4662, 4665, 4672])
        .starts_with(&[&[EDONKEY], &[EMULE], &[COMPRESSED], &[KAD]])
        .max_segments(4)
        .specification("Y. Kulbak, D. Bickson: The eMule Protocol Specification (2005)");

    type State = Option<Target>;

    fn inspect(state: &mut Option<Target>, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let verdict = if segment.is_tcp() { messages(segment) } else { datagram(state, segment) };
        verdict.unwrap_or(Verdict::Excluded)
    }
}

/// Consecutive messages, each with protocol, length and opcode.
fn messages(segment: &Segment<'_>) -> Result<Verdict, Short> {
    let mut reader = segment.reader();
    for _ in 0..16 {
        if reader.len() < 6 {
            return Ok(if matches!(reader.rest(), [] | [EDONKEY | EMULE | COMPRESSED, ..]) { Verdict::More } else { Verdict::Excluded });
        }
        let (protocol, length) = (reader.u8()?, reader.u32_le()?);
        let opcode = reader.u8()?;
        let is_sound = is_tcp_opcode(protocol, opcode) && (1..=LONGEST).contains(&length);
        if !is_sound {
            return Ok(Verdict::Excluded);
        }
        let rest = length as usize - 1;
        if reader.len() == rest {
            return Ok(Verdict::matched_if(opens(opcode, rest) || segment.number > 0 || rest > 20));
        }
        if reader.len() < rest {
            // The rest of a long message is not awaited.
            return Ok(if rest > 0x4000 { Verdict::Excluded } else { Verdict::More });
        }
        reader.skip(rest)?;
    }
    Ok(Verdict::DONE)
}

/// Short messages that are enough evidence if they may come first.
fn opens(opcode: u8, rest: usize) -> bool {
    matches!((opcode, rest), (0x01 | 0x4c, 16..) | (0x14 | 0x40, _) | (0x38, 2..) | (0x34, 8))
}

fn is_tcp_opcode(protocol: u8, opcode: u8) -> bool {
    match protocol {
        EDONKEY | COMPRESSED => matches!(opcode, 0x01 | 0x05 | 0x14..=0x24 | 0x32..=0xa8),
        EMULE => matches!(opcode, 0x01 | 0x02 | 0x40..=0x62 | 0x81..=0xaa | 0xb1),
        _ => false,
    }
}

fn datagram(state: &mut Option<Target>, segment: &Segment<'_>) -> Result<Verdict, Short> {
    let mut reader = segment.reader();
    let (protocol, opcode) = (reader.u8()?, reader.u8()?);
    match protocol {
        KAD => kad(state, opcode, &mut reader),
        // Only messages with a specific form: requests for a server's state and description, and for files.
        EDONKEY if segment.has_port(4665) || segment.has_port(4672) => {
            let is_sound = match opcode {
                0x96 => reader.len() == 4,
                0x97 => reader.len() >= 12,
                0x9a => !reader.is_empty() && reader.len().is_multiple_of(16),
                0xa2 | 0xa3 => reader.is_empty() || reader.len() >= 4,
                _ => false,
            };
            Ok(Verdict::matched_if(is_sound))
        }
        EMULE if segment.has_port(4672) => {
            let is_sound = match opcode {
                0x90 => reader.len() >= 16,
                0x91 => reader.len() >= 2,
                0x92 | 0x93 => reader.is_empty(),
                _ => false,
            };
            Ok(Verdict::matched_if(is_sound))
        }
        _ => Ok(Verdict::Excluded),
    }
}

/// Kad 2: contacts are number (16), address (4), two ports, and version.
fn kad(state: &mut Option<Target>, opcode: u8, reader: &mut Reader<'_>) -> Result<Verdict, Short> {
    const CONTACT: usize = 25;
    const NEWEST_VERSION: u8 = 0x0b;
    let is_sound = match opcode {
        // Bootstrap response: own number, port, version, contacts.
        0x09 => {
            reader.skip(16 + 2)?;
            let version = reader.u8()?;
            let contacts = usize::from(reader.u16_le()?);
            version <= NEWEST_VERSION && contacts > 0 && reader.len() == CONTACT * contacts
        }
        // Hello and its response: own number, port, version, tags.
        0x11 | 0x19 => {
            reader.skip(16 + 2)?;
            let (version, tags) = (reader.u8()?, reader.u8()?);
            (1..=NEWEST_VERSION).contains(&version) && are_tags(reader, tags).unwrap_or(false)
        }
        // Request: number of contacts, target, receiver.
        0x21 => {
            let wanted = reader.u8()?;
            let target = reader.array::<16>()?;
            if !matches!(wanted, 2 | 4 | 11) || reader.len() != 16 {
                return Ok(Verdict::Excluded);
            }
            *state = Some(target);
            return Ok(Verdict::Wait);
        }
        // Response: target, contacts.
        0x29 => {
            let target = reader.array::<16>()?;
            let contacts = usize::from(reader.u8()?);
            let has_length = contacts <= 32 && reader.len() == CONTACT * contacts;
            has_length && (contacts > 0 || *state == Some(target))
        }
        _ => false,
    };
    Ok(Verdict::matched_if(is_sound))
}

/// Tags with a name of one byte and a type of fixed length.
fn are_tags(reader: &mut Reader<'_>, count: u8) -> Result<bool, Short> {
    for _ in 0..count {
        let kind = reader.u8()?;
        let name = reader.u16_le()?;
        reader.skip(name.into())?;
        let size = match kind {
            0x03 | 0x04 => 4,
            0x08 => 2,
            0x09 => 1,
            0x0b => 8,
            _ => return Ok(false),
        };
        reader.skip(size)?;
    }
    Ok(reader.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn hello(opcode: &str) -> Vec<u8> {
        let body = hex(&format!("{opcode} 2b42cd5b940ed779c20ab755fe256f97 7d4967e3 8a4d 01000000 03 0100 11 3c000000"));
        [&[EDONKEY][..], &(body.len() as u32).to_le_bytes(), &body].concat()
    }

    #[test]
    fn recognised_by_its_messages() {
        let exchange = Exchange::tcp(7551).client(hello("01")).server([hello("4c"), hello("4c")].concat());
        assert_named(&exchange, labels::EDONKEY);
        exchange.assert_cuts_do_not_matter();
        let mut other = hello("01");
        other[1] += 1;
        assert_eq!(Exchange::tcp(4662).client(&other).verdict_of::<EDonkey>(), Verdict::More);
        other[4] = 9;
        assert_eq!(Exchange::tcp(4662).client(&other).verdict_of::<EDonkey>(), Verdict::Excluded);
    }

    #[test]
    fn recognised_by_what_its_datagrams_have_to_be() {
        let target = "00112233445566778899aabbccddeeff";
        let request = hex(&format!("e4 21 02 {target} a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"));
        let response = hex(&format!("e4 29 {target} 00"));
        assert_named(&Exchange::udp(5555).client(&request).server(response), labels::EDONKEY);
        let hello = format!("e4 11 {target} 3612 08 01 09 0100 fe 03");
        assert_named(&Exchange::udp(5555).client(hex(&hello)), labels::EDONKEY);
        for other in [hello.replace("08 01", "0c 01"), format!("e4 29 {target} 01 a5"), format!("e4 21 03 {target} {target}")] {
            assert_eq!(Exchange::udp(5555).client(hex(&other)).verdict_of::<EDonkey>(), Verdict::Excluded, "{other}");
        }
        assert_named(&Exchange::udp(4665).client(hex("e3 96 a55aaa55")), labels::EDONKEY);
        assert_eq!(Exchange::udp(4666).client(hex("e3 96 a55aaa55")).verdict_of::<EDonkey>(), Verdict::Excluded);
    }
}

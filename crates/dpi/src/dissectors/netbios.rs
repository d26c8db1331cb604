//! NetBIOS: names and datagrams of NetBIOS over UDP (RFC 1001, RFC 1002). A name is sixteen bytes, written as 32 letters from A
//! to P; the datagrams carry SMB mail slots.

use super::dns_message::Message;
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const NAME_SERVICE: u16 = 137;
const DATAGRAM_SERVICE: u16 = 138;

const SMB1: &[u8] = b"\xffSMB";

pub(super) struct Netbios;

impl Dissector for Netbios {
    const META: Meta = Meta::udp(labels::NETBIOS)
        .also(&[labels::SMBV1])
        .only_on_ports(&[NAME_SERVICE, DATAGRAM_SERVICE])
        .specification("RFC 1002");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(
            segment.has_port(NAME_SERVICE) && name_service(segment.payload, found)
                || segment.has_port(DATAGRAM_SERVICE) && datagram(segment, found).is_ok(),
        )
    }
}

/// RFC 1002, section 4.2. Record types: address, name server, null, NetBIOS name, node status.
fn name_service(payload: &[u8], found: &mut Found<'_>) -> bool {
    let Ok(message) = Message::read(payload) else { return false };
    let is_known = matches!(message.kind, 0x01 | 0x02 | 0x0a | 0x20 | 0x21) && message.class == 1;
    let Some(name) = Name::decode(message.name.as_bytes()).filter(|_| is_known) else { return false };
    name.tell(found);
    true
}

/// RFC 1002, section 4.4.
fn datagram(segment: &Segment<'_>, found: &mut Found<'_>) -> Result<(), Short> {
    let mut reader = segment.reader();
    let (kind, flags) = (reader.u8()?, reader.u8()?);
    reader.skip(8)?;
    if flags & 0xf0 != 0 {
        return Err(Short);
    }
    match kind {
        // Direct to one name, to a group, to all.
        0x10..=0x12 => {
            let length = usize::from(reader.u16()?);
            reader.skip(2)?;
            let source = read_name(&mut reader)?;
            read_name(&mut reader)?;
            if length + 14 > segment.wire_len {
                return Err(Short);
            }
            source.tell(found);
            if reader.rest().starts_with(SMB1) {
                found.application(labels::SMBV1);
            }
            Ok(())
        }
        // An error.
        0x13 => matches!(reader.u8()?, 0x82..=0x84).then_some(()).ok_or(Short),
        // Query of a distribution server, and its answers.
        0x14..=0x16 => read_name(&mut reader).map(|name| name.tell(found)),
        _ => Err(Short),
    }
}

/// Section 4.1: labels to an empty one, the first of them the encoded name.
fn read_name(reader: &mut Reader<'_>) -> Result<Name, Short> {
    let name = Name::decode(reader.block8()?.rest()).ok_or(Short)?;
    while !reader.block8()?.is_empty() {}
    Ok(name)
}

/// A decoded name; the last of the sixteen bytes is the kind of service.
struct Name([u8; 16]);

impl Name {
    /// RFC 1001, section 14.1: each half of a byte is a letter.
    fn decode(encoded: &[u8]) -> Option<Self> {
        let mut name = [0; 16];
        let letters: &[u8; 32] = encoded.first_chunk()?;
        if !letters.iter().all(|letter| matches!(letter, b'A'..=b'P')) {
            return None;
        }
        for (byte, pair) in name.iter_mut().zip(letters.chunks_exact(2)) {
            if let [high, low] = pair {
                *byte = (high - b'A') << 4 | (low - b'A');
            }
        }
        Some(Self(name))
    }

    fn tell(&self, found: &mut Found<'_>) {
        let [name @ .., _] = &self.0;
        let is_filler = |byte: &u8| matches!(byte, 0..=b' ');
        let end = name.iter().rposition(|byte| !is_filler(byte)).map_or(0, |last| last + 1);
        let name = name.get(..end).unwrap_or(name);
        found.server_name(name);
        found.field(Field::Host, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, hex};

    /// `GUNNAR`, its nine fillers, and the kind of service.
    fn name() -> String {
        let letters = b"GUNNAR         \0".iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| b'A' + half);
        format!("20 {} 00", letters.map(|letter| format!("{letter:02x}")).collect::<String>())
    }

    #[test]
    fn recognised_by_its_names() {
        let query = Exchange::udp(137).client(hex(&format!("1234 0110 0001 0000 0000 0000 {} 0020 0001", name())));
        let outcome = query.outcome();
        assert_eq!((&*outcome.name, outcome.server_name()), ("NetBIOS", "gunnar"));
        query.assert_cuts_do_not_matter();
    }

    #[test]
    fn datagrams_carry_smb() {
        let datagram = format!("1102 0001 c0000201 008a 0048 0000 {0} {0} ff534d42", name());
        let outcome = Exchange::udp(138).client(hex(&datagram)).outcome();
        assert_eq!((&*outcome.name, outcome.server_name()), ("NetBIOS.SMBv1", "gunnar"));
        let other = Exchange::udp(138).client(hex(&datagram.replace("ff534d42", "00000000")));
        assert_eq!(other.name(), "NetBIOS");
    }

    #[test]
    fn refuses_its_neighbours() {
        let query = hex(&format!("1234 0110 0001 0000 0000 0000 {} 0020 0001", name().replace("4548", "7548")));
        assert_eq!(Exchange::udp(137).client(query).verdict_of::<Netbios>(), Verdict::Excluded);
        let unknown = hex(&format!("1702 0001 c0000201 008a 0044 0000 {0} {0}", name()));
        assert_eq!(Exchange::udp(138).client(unknown).verdict_of::<Netbios>(), Verdict::Excluded);
    }
}

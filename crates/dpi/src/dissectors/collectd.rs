//! collectd: statistics of systems (collectd's binary protocol). Parts with type and length, the host's name first; a signed or
//! encrypted part may hold them.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const HOST: u16 = 0x0000;
const SIGNATURE: u16 = 0x0200;
const ENCRYPTION: u16 = 0x0210;

pub(super) struct Collectd;

impl Dissector for Collectd {
    const META: Meta = Meta::udp(labels::COLLECTD)
        .ports(&[25826])
        .starts_with(&[b"\0\0\0", b"\x02\0\0", b"\x02\x10"])
        .specification("collectd, Binary protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(parts(segment, found).is_ok())
    }
}

fn parts(segment: &Segment<'_>, found: &mut Found<'_>) -> Result<(), Short> {
    let mut reader = segment.reader();
    if segment.payload.starts_with(&SIGNATURE.to_be_bytes()) {
        let (_, signature) = part(&mut reader)?;
        // A digest, then the user.
        found.field(Field::User, signature.get(32..).ok_or(Short)?);
    } else if segment.payload.starts_with(&ENCRYPTION.to_be_bytes()) {
        return encrypted(segment, found);
    }
    let (kind, host) = part(&mut reader)?;
    let Some((0, host)) = host.split_last().filter(|_| kind == HOST) else { return Err(Short) };
    if host.is_empty() || !host.iter().all(u8::is_ascii_graphic) {
        return Err(Short);
    }
    part(&mut reader)?;
    found.server_name(host);
    Ok(())
}

/// Length of the user's name, the name, initial vector, digest, ciphertext to the end.
fn encrypted(segment: &Segment<'_>, found: &mut Found<'_>) -> Result<(), Short> {
    let mut reader = segment.reader();
    reader.skip(2)?;
    let length = usize::from(reader.u16()?);
    let user = reader.block16()?.rest();
    if length != segment.wire_len || user.is_empty() || !user.iter().all(u8::is_ascii_graphic) {
        return Err(Short);
    }
    found.field(Field::User, user);
    reader.skip(16 + 20)
}

/// Type and contents. Known types: strings and numbers of a value, values, messages (0x0100, 0x0101).
fn part<'a>(reader: &mut Reader<'a>) -> Result<(u16, &'a [u8]), Short> {
    let kind = reader.u16()?;
    let length = usize::from(reader.u16()?).checked_sub(4).ok_or(Short)?;
    if !matches!(kind, 0x0000..=0x0009 | 0x0100 | 0x0101 | SIGNATURE) {
        return Err(Short);
    }
    Ok((kind, reader.take(length)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, hex};

    const PARTS: &str = "0000 0008 61622e00 0008 000c 18aa874808818df4 0002 0007 637000";

    #[test]
    fn recognised_by_its_parts() {
        let outcome = Exchange::udp(25826).client(hex(PARTS)).outcome();
        assert_eq!((&*outcome.name, outcome.server_name()), ("collectd", "ab."));
        let signed = format!("0200 0026 {} 7573 {PARTS}", "5a".repeat(32));
        assert_eq!(Exchange::udp(25826).client(hex(&signed)).outcome().field(Field::User), "us");
        let encrypted = format!("0210 0030 0002 7573 {}", "a5".repeat(40));
        assert_eq!(Exchange::udp(2000).client(hex(&encrypted)).name(), "collectd");
    }

    #[test]
    fn refuses_its_neighbours() {
        for (what, by) in [("0008 61", "ffff 61"), ("0008 000c", "0008 00ff"), ("0008 000c", "00aa 000c"), ("61622e00", "6162 2e01")] {
            let parts = hex(&PARTS.replacen(what, by, 1));
            assert_eq!(Exchange::udp(25826).client(parts).verdict_of::<Collectd>(), Verdict::Excluded);
        }
    }
}

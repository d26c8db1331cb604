//! TNS: Transparent Network Substrate of Oracle's databases (from captures and Oracle's documents of its net services). Packets
//! of a length, a type, two checksums; descriptors are text in parentheses.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Oracle;

const PORT: u16 = 1521;
const CONNECT: u8 = 1;
const ACCEPT: u8 = 2;
const REFUSE: u8 = 4;
const REDIRECT: u8 = 5;
const DATA: u8 = 6;
const RESEND: u8 = 11;
const MARKER: u8 = 12;

impl Dissector for Oracle {
    const META: Meta = Meta::tcp(labels::ORACLE).ports(&[PORT, 1526]).specification("Oracle Net Services; from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match packet(&mut segment.reader(), segment) {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => Verdict::More,
        }
    }
}

/// Since version 315 the length also takes the place of the checksum in packets after the answer.
fn packet(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    let [first, second, third, fourth] = reader.array()?;
    let short = usize::from(u16::from_be_bytes([first, second]));
    let is_long = short == 0;
    let length = if is_long { usize::from(u16::from_be_bytes([third, fourth])) } else { short };
    if length < 8 || segment.payload.len() > length || !is_long && [third, fourth] != [0, 0] {
        return Ok(false);
    }
    let (kind, flags, checksum) = (reader.u8()?, reader.u8()?, reader.u16()?);
    if checksum != 0 || flags & 0x03 != 0 {
        return Ok(false);
    }
    let is_whole = segment.payload.len() == length && segment.has_port(PORT);
    match kind {
        CONNECT | ACCEPT => {
            let (version, compatible) = (reader.u16()?, if kind == CONNECT { reader.u16()? } else { 300 });
            Ok((300..=330).contains(&version) && (200..=version).contains(&compatible))
        }
        REFUSE | REDIRECT => Ok(memchr::memmem::find(reader.take(length - 8)?, b"(").is_some()),
        // The answer of a server, eight bytes, to a client that has to repeat its request.
        RESEND => Ok(length == 8 && is_whole),
        MARKER => Ok(length == 11 && is_whole),
        DATA => Ok(is_whole && length > 10),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_either_side() {
        let refuse = [&hex("0020 0000 04 00 0000 2200 0014")[..], b"(DESCRIPTION=(ERR=1)"].concat();
        for exchange in [
            Exchange::tcp(1522).client(hex("0014 0000 01 00 0000 013b 012c 0c41 2000 ffff 7f08")),
            Exchange::tcp(1522).server(hex("0010 0000 02 00 0000 013b 0c41 0000 0000")),
            Exchange::tcp(1522).server(refuse),
            Exchange::tcp(1521).server(hex("0008 0000 0b 00 0000")),
            Exchange::tcp(1521).client(hex("0000 000d 06 20 0000 0000 de ad be")),
        ] {
            assert_named(&exchange, labels::ORACLE);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in [
            "0014 0001 01 00 0000 013b 012c 0c41 2000 ffff 7f08",
            "0014 0000 01 00 0000 0001 012c 0c41 2000 ffff 7f08",
            "0014 0000 07 00 0000 013b 012c 0c41 2000 ffff 7f08",
            "0008 0000 0b 00 0000 00",
        ] {
            assert_eq!(Exchange::tcp(1521).client(hex(payload)).verdict_of::<Oracle>(), Verdict::Excluded, "{payload}");
        }
    }
}

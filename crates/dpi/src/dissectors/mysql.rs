//! MySQL and MariaDB: the client/server protocol (dev.mysql.com, "Client/Server Protocol"). Packets of a length and a number;
//! the server greets first.

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::labels;
use crate::lines::is_text;
use crate::metadata::Field;
use crate::reader::{Reader, Short};

pub(super) struct Mysql;

/// Longest greeting or login that is believed.
const LONGEST_PACKET: usize = 4096;

impl Dissector for Mysql {
    const META: Meta = Meta::tcp(labels::MYSQL)
        .ports(&[3306, 3307])
        .specification("dev.mysql.com: Connection Phase, HandshakeV9, HandshakeV10, HandshakeResponse41");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        // The high byte of the length is zero, and the number 0 or 1.
        if !matches!(segment.payload, [] | [_] | [_, _] | [_, _, 0] | [_, _, 0, 0 | 1, ..]) {
            return Verdict::Excluded;
        }
        match packet(&mut segment.reader(), found) {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => Verdict::More,
        }
    }
}

fn packet(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<bool, Short> {
    let [low, high, _, number] = reader.array()?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    if !(8..LONGEST_PACKET).contains(&length) || reader.len() > length {
        return Ok(false);
    }
    if number == 1 {
        return login(&mut Reader::new(reader.take(length)?));
    }
    match reader.u8()? {
        0x0a => greeting(reader, length, true, found),
        0x09 => greeting(reader, length, false, found),
        0xff => refusal(&mut Reader::new(reader.take(length - 1)?)),
        _ => Ok(false),
    }
}

/// Version, thread, half of a challenge; since version 10 a zero and what the server can do.
fn greeting(reader: &mut Reader<'_>, length: usize, is_v10: bool, found: &mut Found<'_>) -> Result<bool, Short> {
    if reader.rest().first().is_some_and(|byte| !byte.is_ascii_graphic()) {
        return Ok(false);
    }
    let mut body = Reader::new(reader.take(length - 1)?);
    let Some(end) = memchr::memchr(0, body.rest()) else { return Ok(false) };
    let version = body.take(end)?;
    let is_version = version.len() >= 3 && version.first().is_some_and(u8::is_ascii_digit) && version.is_ascii();
    if !is_version || !is_text(version) || body.len() < 1 + 4 + 8 + 1 {
        return Ok(false);
    }
    body.skip(1 + 4 + 8)?;
    found.field(Field::ServerSoftware, version);
    Ok(body.u8()? == 0 || !is_v10)
}

/// `Host '192.0.2.1' is not allowed to connect`, and what else stands before a greeting.
fn refusal(body: &mut Reader<'_>) -> Result<bool, Short> {
    let code = body.u16_le()?;
    Ok((1000..5000).contains(&code) && body.len() > 8 && is_text(body.rest()))
}

/// What the client can do, its longest packet, a character set, and 23 bytes that are zero (the last four tell more with
/// MariaDB).
fn login(body: &mut Reader<'_>) -> Result<bool, Short> {
    const PROTOCOL_41: u32 = 0x0200;
    let (capabilities, longest, _charset) = (body.u32_le()?, body.u32_le()?, body.u8()?);
    let reserved = body.take(19);
    let is_reserved = reserved.is_ok_and(|bytes| bytes.iter().all(|byte| *byte == 0));
    Ok(is_reserved && capabilities & PROTOCOL_41 != 0 && longest <= 1 << 30)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn framed(number: u8, body: &[u8]) -> Vec<u8> {
        [&[body.len() as u8, 0, 0, number], body].concat()
    }

    fn greeting() -> Vec<u8> {
        framed(0, b"\x0a8.0.36\0\x07\0\0\0challeng\0\xff\xf7\x21\x02\0\x0f\x80\x15")
    }

    fn login() -> Vec<u8> {
        let mut body = hex("85a6ff01 00000001 21");
        body.extend([0; 23]);
        body.extend(b"me\0");
        framed(1, &body)
    }

    #[test]
    fn recognised_by_either_side() {
        for exchange in [
            Exchange::tcp(3300).server(greeting()),
            Exchange::tcp(3300).client(login()),
            Exchange::tcp(3300).server(framed(0, b"\xff\x6a\x04Host '192.0.2.1' is not allowed")),
            Exchange::tcp(3300).server(framed(0, b"\x093.20.1\0\x07\0\0\0challeng\0")),
        ] {
            assert_named(&exchange, labels::MYSQL);
            exchange.assert_cuts_do_not_matter();
        }
        assert_eq!(Exchange::tcp(3306).server(greeting()).outcome().field(Field::ServerSoftware), "8.0.36");
    }

    #[test]
    fn refuses_its_neighbours() {
        let mut longer = greeting();
        longer.push(0);
        let no_version = framed(0, b"\x0aeight\0\x07\0\0\0challeng\0\xff\xf7");
        for payload in [longer, no_version, framed(1, &[7; 40]), framed(2, &[0; 40])] {
            assert_eq!(Exchange::tcp(3306).server(&payload).verdict_of::<Mysql>(), Verdict::Excluded, "{payload:?}");
        }
    }
}

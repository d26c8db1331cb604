//! TDS: Tabular Data Stream of Microsoft SQL Server and Sybase (MS-TDS), and the resolution of its instances over UDP (MC-SQLR).
//! Packets have a header of eight bytes; the content depends on the type.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Tds;

const PORT: u16 = 1433;
const RESOLUTION_PORT: u16 = 1434;
const HEADER: usize = 8;

/// Greatest size of a packet that SQL Server grants (its option `network packet size`).
const LONGEST: usize = 0x7fff;

impl Dissector for Tds {
    const META: Meta = Meta::tcp_udp(labels::MSSQL_TDS)
        .ports(&[PORT, RESOLUTION_PORT])
        .starts_with(&[
            b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x07", b"\x08", b"\x0e", b"\x0f", b"\x10", b"\x11", b"\x12",
        ])
        .specification("MS-TDS, section 2.2; MC-SQLR, section 2.2");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.is_udp() {
            return Verdict::matched_if(resolution(&mut reader, segment, found) == Ok(true));
        }
        match packet(&mut reader, segment) {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => Verdict::More,
        }
    }
}

/// Section 2.2.3.1: type, status, length, process, number, window.
fn packet(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    let (kind, status) = (reader.u8()?, reader.u8()?);
    if status & 0xe0 != 0 {
        return Ok(false);
    }
    let length = usize::from(reader.u16()?);
    let (_process, _number, window) = (reader.u16()?, reader.u8()?, reader.u8()?);
    let is_end = status & 1 != 0;
    let fits = (HEADER + 1..=LONGEST).contains(&length) && (segment.payload.len() <= length || !is_end);
    if !fits || window != 0 {
        return Ok(false);
    }
    // Enough bytes to decide, whatever the type.
    if segment.payload.len() < length.min(64) {
        return Err(Short);
    }
    let body = length - HEADER;
    Ok(content(reader, kind, body, segment).unwrap_or(false))
}

fn content(reader: &mut Reader<'_>, kind: u8, body: usize, segment: &Segment<'_>) -> Result<bool, Short> {
    match kind {
        0x01 => Ok(has_headers(*reader) || is_utf16(reader.rest())),
        0x03 => Ok(has_headers(*reader) || names_procedure(reader)?),
        0x0e => Ok(has_headers(*reader)),
        0x04 => {
            let mut answer = *reader;
            Ok(tokens(&mut answer, body)? || prelogin(reader, body)?)
        }
        0x10 => login(reader, body),
        0x12 => prelogin(reader, body),
        // Sybase: a login of fixed size in parts of 512 bytes.
        0x02 => Ok(body + HEADER == 512 && segment.has_port(PORT)),
        0x06 => Ok(body == 0),
        0x0f => Ok(segment.has_port(PORT)),
        _ => Ok(false),
    }
}

/// Section 2.2.5.3: the length of all headers, then of the first one and its type, 1 to 3.
fn has_headers(mut reader: Reader<'_>) -> bool {
    let (Ok(all), Ok(first), Ok(kind)) = (reader.u32_le(), reader.u32_le(), reader.u16_le()) else { return false };
    (first..256).contains(&all) && first >= 6 && (1..=3).contains(&kind) && all >= first + 4
}

/// A name after its length in characters, or a number after 0xffff.
fn names_procedure(reader: &mut Reader<'_>) -> Result<bool, Short> {
    match reader.u16_le()? {
        0xffff => Ok((1..=15).contains(&reader.u16_le()?)),
        characters @ 1..=523 => {
            let name = reader.take(usize::from(characters) * 2)?;
            Ok(is_utf16(name) && name.chunks_exact(2).all(|unit| !matches!(unit, [..b' ', 0])))
        }
        _ => Ok(false),
    }
}

/// Most of the first characters are ASCII.
fn is_utf16(text: &[u8]) -> bool {
    let units = text.get(..64).unwrap_or(text).chunks_exact(2);
    let count = units.len();
    let is_ascii = |unit: &[u8]| matches!(unit, [b'\t'..=b'~', 0]);
    count >= 4 && units.filter(|unit| is_ascii(unit)).count() * 4 >= count * 3
}

/// Section 2.2.7: the first token of an answer, with a matching length if it has one.
fn tokens(reader: &mut Reader<'_>, body: usize) -> Result<bool, Short> {
    match reader.u8()? {
        // DONE, DONEPROC, DONEINPROC: a status of which some bits are used, a command, a count.
        0xfd..=0xff => Ok(body >= 9 && reader.u16_le()? & 0xfec8 == 0),
        // ENVCHANGE, INFO, ERROR, LOGINACK, ORDER.
        token @ (0xe3 | 0xab | 0xaa | 0xad | 0xa9) => {
            let length = usize::from(reader.u16_le()?);
            let least = if token == 0xe3 { 3 } else { 4 };
            Ok(length >= least && length + 3 <= body)
        }
        // RETURNSTATUS.
        0x79 => Ok(body >= 5),
        // COLMETADATA: number of columns.
        0x81 => Ok(matches!(reader.u16_le()?, 1..=4096 | 0xffff)),
        // FEATUREEXTACK, FEDAUTHINFO, SSPI, RETURNVALUE.
        0xae => Ok((1..=0x0a).contains(&reader.u8()?)),
        0xed => Ok(usize::from(reader.u16_le()?) + 3 <= body),
        _ => Ok(false),
    }
}

/// Section 2.2.6.4: its own length, and a version.
fn login(reader: &mut Reader<'_>, body: usize) -> Result<bool, Short> {
    let (length, version) = (reader.u32_le()? as usize, reader.u32_le()?);
    Ok((94..=body.max(94)).contains(&length) && matches!(version >> 24, 0x70..=0x74 | 0x08) )
}

/// Section 2.2.6.5: options, each with place and length, up to 0xff; the version is the first of them. In its answer, too.
fn prelogin(reader: &mut Reader<'_>, body: usize) -> Result<bool, Short> {
    let (option, offset, length) = (reader.u8()?, reader.u16()?, reader.u16()?);
    let is_version = option == 0 && length == 6;
    // The data after the answer may be wrapped TLS.
    let is_tls = option == 0x16 && offset >> 8 == 0x03;
    Ok(is_version && (6..body).contains(&usize::from(offset)) || is_tls)
}

/// MC-SQLR, sections 2.2.1 to 2.2.6.
fn resolution(reader: &mut Reader<'_>, segment: &Segment<'_>, found: &mut Found<'_>) -> Result<bool, Short> {
    let is_request = segment.dst_port == RESOLUTION_PORT;
    match reader.u8()? {
        0x02 | 0x03 => Ok(is_request && reader.is_empty()),
        // An instance, or the port of its administrator's connection: a name with a zero after it.
        0x04 => Ok(is_request && matches!(reader.rest(), [name @ .., 0] if (1..=32).contains(&name.len()) && is_name(name))),
        0x0f => Ok(is_request && matches!(reader.rest(), [1, name @ .., 0] if is_name(name))),
        0x05 => {
            let length = usize::from(reader.u16_le()?);
            let answer = reader.rest();
            let is_port = length == 6 && answer.first() == Some(&1);
            let Some(named) = answer.strip_prefix(b"ServerName;") else {
                return Ok(is_port && answer.len() == 3 && segment.src_port == RESOLUTION_PORT);
            };
            if let Some(host) = named.split(|byte| *byte == b';').next() {
                found.field(Field::Host, host);
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

fn is_name(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_graphic() || *byte >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 1, 0, body.len() as u8 + 8, 0, 0, 1, 0], body].concat()
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn recognised_by_packets_of_every_type() {
        for body in [
            packet(0x12, &hex("00 000b 0006 01 0011 0001 ff 0f00082100000000")),
            packet(0x10, &[&hex("60000000 04000074")[..], &[0; 88]].concat()),
            packet(0x01, &utf16("select 1")),
            packet(0x01, &[&hex("16000000 12000000 0200 0000000000000000 01000000")[..], &utf16("select 1")].concat()),
            packet(0x03, &hex("ffff 0a00 0000")),
            packet(0x03, &[&hex("0400")[..], &utf16("proc"), &[0, 0]].concat()),
            packet(0x04, &hex("00 000b 0006 01 0011 0001 ff 0f00082100000000")),
            packet(0x04, &hex("fd 0000 d500 00000000")),
            packet(0x04, &hex("e3 0300 01 00 00 ab 0000")),
        ] {
            let exchange = Exchange::tcp(14330).client(&body);
            assert_named(&exchange, labels::MSSQL_TDS);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn recognised_by_the_resolution_of_instances() {
        for exchange in [
            Exchange::udp(1434).client(b"\x02"),
            Exchange::udp(1434).client(b"\x04INST1\0"),
            Exchange::udp(4434).server(b"\x05\x20\x00ServerName;DB1;InstanceName;I"),
        ] {
            assert_named(&exchange, labels::MSSQL_TDS);
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        let mut longer = packet(0x01, &utf16("select 1"));
        longer.push(0);
        for payload in [longer, packet(0x04, &hex("00 0000 d500 00000000")), packet(0x12, &hex("01 000b 0006")), packet(0x06, &[0])] {
            assert_eq!(Exchange::tcp(1433).client(&payload).verdict_of::<Tds>(), Verdict::Excluded, "{payload:?}");
        }
        assert_eq!(Exchange::udp(1435).client(b"\x02").verdict_of::<Tds>(), Verdict::Excluded);
    }
}

//! Memcached: its protocols of text and of bytes (github.com/memcached, "protocol.txt", "binary protocol"), over TCP, and
//! after a header of eight bytes over UDP.

use crate::dissect::lines::{is_text, number};
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Memcached;

const PORT: u16 = 11211;
const LONGEST_LINE: usize = 1024;

impl Dissector for Memcached {
    const META: Meta = Meta::tcp_udp(labels::MEMCACHED).ports(&[PORT]).specification("memcached: protocol.txt");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.is_udp() {
            return Verdict::matched_if(datagram(&mut reader, segment) == Ok(true));
        }
        match message(&mut reader, segment) {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => Verdict::More,
        }
    }
}

/// A request id, the number and count of datagrams, and two zero bytes.
fn datagram(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    let (_request, number, count, reserved) = (reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?);
    if number >= count || reserved != 0 {
        return Ok(false);
    }
    // Only the first datagram of an answer begins with a line.
    Ok(message(reader, segment)? || number > 0 && segment.src_port == PORT)
}

fn message(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    match reader.rest().first() {
        Some(0x80 | 0x81) => binary(reader, segment.has_port(PORT)),
        Some(b'A'..=b'Z' | b'a'..=b'z') => {
            let beginning = reader.rest().get(..8).unwrap_or(reader.rest());
            if !is_text(beginning.trim_ascii_end()) || !begins_with_word(beginning) {
                return Ok(false);
            }
            match reader.line() {
                Ok(line) => Ok(is_line(line, segment.has_port(PORT))),
                Err(Short) if reader.len() > LONGEST_LINE => Ok(false),
                Err(Short) => Err(Short),
            }
        }
        Some(_) => Ok(false),
        None => Err(Short),
    }
}

const COMMANDS: &[&str] = &[
    "get", "gets", "gat", "gats", "set", "add", "replace", "append", "prepend", "cas", "delete", "incr", "decr", "touch", "stats",
    "flush_all", "version", "verbosity", "quit", "VALUE", "STORED", "NOT_STORED", "EXISTS", "NOT_FOUND", "END", "DELETED",
    "TOUCHED", "STAT", "VERSION", "OK", "ERROR", "CLIENT_ERROR", "SERVER_ERROR",
];

/// A cheap check before the end of a line is awaited: the first eight bytes may begin a command.
fn begins_with_word(beginning: &[u8]) -> bool {
    let end = beginning.iter().position(|byte| matches!(byte, b' ' | b'\r' | b'\n'));
    let word = beginning.get(..end.unwrap_or(beginning.len())).unwrap_or_default();
    let fits = |command: &&str| match end {
        Some(_) => command.as_bytes() == word,
        None => command.as_bytes().starts_with(word),
    };
    COMMANDS.iter().any(fits)
}

/// A command or a reply, by its first word and the number of further words. Words that other protocols also have count only on the port.
fn is_line(line: &[u8], is_on_port: bool) -> bool {
    if !is_text(line) {
        return false;
    }
    let words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).count();
    let nth = |n: usize| line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).nth(n).unwrap_or_default();
    let are_numbers = |mut places: std::ops::Range<usize>| places.all(|place| number(nth(place)).is_some());
    match nth(0) {
        b"set" | b"add" | b"replace" | b"append" | b"prepend" => matches!(words, 5 | 6) && are_numbers(2..5),
        b"cas" => matches!(words, 6 | 7) && are_numbers(2..5),
        b"VALUE" => matches!(words, 4 | 5) && are_numbers(2..words.min(4)),
        b"incr" | b"decr" | b"touch" => matches!(words, 3 | 4) && are_numbers(2..3),
        b"flush_all" | b"STORED" | b"NOT_STORED" | b"CLIENT_ERROR" | b"SERVER_ERROR" | b"TOUCHED" => words < 16,
        b"stats" => words <= 3 && (is_on_port || words == 1 || matches!(nth(1), b"items" | b"slabs" | b"settings" | b"sizes")),
        b"STAT" => words == 3 && (is_on_port || matches!(nth(1), b"pid" | b"version" | b"items:1:number" | b"uptime")),
        b"get" | b"gets" | b"gat" | b"gats" | b"delete" => words >= 2 && is_on_port,
        b"version" | b"quit" | b"END" | b"OK" | b"ERROR" | b"DELETED" | b"EXISTS" | b"NOT_FOUND" => words == 1 && is_on_port,
        b"VERSION" | b"verbosity" => words >= 2 && is_on_port,
        _ => false,
    }
}

/// A magic, an operation, lengths of key, extras and all.
fn binary(reader: &mut Reader<'_>, is_own_port: bool) -> Result<bool, Short> {
    const LONGEST_BODY: u32 = 32 << 20;
    let (magic, operation) = (reader.u8()?, reader.u8()?);
    let (key, extras, kind, status) = (reader.u16()?, reader.u8()?, reader.u8()?, reader.u16()?);
    let body = reader.u32()?;
    reader.skip(12)?;
    let is_request = magic == 0x80;
    let is_status = is_request || matches!(status, 0..=8 | 0x20..=0x24 | 0x81..=0x86);
    // Without a key: quit, flush, no operation, version, statistics, verbosity, SASL.
    let is_keyless = matches!(operation, 0x07 | 0x08 | 0x0a | 0x0b | 0x10 | 0x17 | 0x18 | 0x1b | 0x20) && body <= 8;
    let has_key = (1..=250).contains(&key);
    let fits = u32::from(key) + u32::from(extras) <= body && body < LONGEST_BODY && reader.len() <= body as usize;
    let is_known = kind == 0 && if is_request { has_extras(operation, extras) } else { matches!(extras, 0 | 4) };
    if !(fits && is_known && is_status && (has_key || is_keyless || !is_request)) {
        return Ok(false);
    }
    if is_own_port {
        return Ok(true);
    }
    // On other ports it must be one complete message, and the key of a request must be a word.
    let body = reader.take(body.min(1 << 14) as usize)?;
    let key = body.get(extras.into()..).and_then(|rest| rest.get(..key.into())).unwrap_or_default();
    Ok(reader.is_empty() && if is_request { status == 0 && key.iter().all(u8::is_ascii_graphic) } else { operation <= 0x24 && key.is_empty() })
}

/// Length of the fixed arguments of an operation ("Command Opcodes" and their arguments).
fn has_extras(operation: u8, extras: u8) -> bool {
    match operation {
        0x01..=0x03 | 0x11..=0x13 => extras == 8,
        0x05 | 0x06 | 0x15 | 0x16 => extras == 20,
        0x08 | 0x18 => matches!(extras, 0 | 4),
        0x1b..=0x1e | 0x23 | 0x24 => extras == 4,
        0x00 | 0x04 | 0x07 | 0x09..=0x10 | 0x14 | 0x17 | 0x19 | 0x1a | 0x20..=0x22 | 0x30..=0x48 => extras == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_lines_and_bytes() {
        let udp = |text: &str| [&hex("0001 0000 0001 0000")[..], text.as_bytes()].concat();
        for exchange in [
            Exchange::tcp(11299).client("set key 0 900 5\r\nhello\r\n"),
            Exchange::tcp(11299).server("VALUE key 0 5\r\nhello\r\nEND\r\n"),
            Exchange::tcp(11299).client("stats\r\n"),
            Exchange::tcp(11211).client("get key\r\n"),
            Exchange::tcp(11211).server("END\r\n"),
            Exchange::tcp(11299).client([&hex("80 00 0003 00 00 0000 00000003 00000000 0000000000000000")[..], b"key"].concat()),
            Exchange::udp(11211).client(udp("get key\r\n")),
            Exchange::udp(11299).client(udp("stats\r\n")),
        ] {
            assert_named(&exchange, labels::MEMCACHED);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for text in ["set key a b c\r\n", "getting\r\n", "SET key 0 0 5\r\n", "VALUE x\r\n", "END OF FILE\r\n"] {
            assert_eq!(Exchange::tcp(11211).client(text).verdict_of::<Memcached>(), Verdict::Excluded, "{text}");
        }
        // To add a value takes flags and an expiry; keys are words.
        for (head, key) in [("80 02 0003 00", "key"), ("80 00 0003 00", "k\0y")] {
            let message = [&hex(head)[..], &hex("00 0000 00000003 00000000 0000000000000000"), key.as_bytes()].concat();
            assert_eq!(Exchange::tcp(7000).client(message).verdict_of::<Memcached>(), Verdict::Excluded, "{head}");
        }
        assert_eq!(Exchange::tcp(7000).client("get key\r\n").verdict_of::<Memcached>(), Verdict::Excluded);
    }
}

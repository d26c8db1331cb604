//! RESP: the protocol of Redis (redis.io, "Redis serialization protocol specification", versions 2 and 3). Commands are arrays
//! of strings, each after its length.

use crate::dissect::lines::{is_one_of, is_text, number};
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Resp;

/// Greatest length of a simple string or error whose end is awaited.
const LONGEST_LINE: usize = 512;

impl Dissector for Resp {
    const META: Meta = Meta::tcp(labels::RESP)
        .ports(&[6379, 26379])
        .starts_with(&[
            b"*", b"$", b"+PONG\r\n", b"-NOAUTH ", b"-ERR ", b"-WRONGTYPE ", b"-MOVED ", b"-ASK ", b"-LOADING ",
            b"-DENIED ", b"-READONLY ", b"-MASTERDOWN ", b"-WRONGPASS ", b"PING\r\n", b"INFO\r\n", b"%", b"~", b">",
        ])
        .specification("redis.io: RESP2, RESP3");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if !Self::META.may_start(segment.payload, segment.transport) {
            return Verdict::Excluded;
        }
        match judge(&mut segment.reader(), segment) {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => Verdict::More,
        }
    }
}

fn judge(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    let is_on_port = segment.has_port(6379) || segment.has_port(26379);
    match segment.payload.first() {
        Some(b'*' | b'%' | b'~' | b'>') => aggregate(reader),
        Some(b'$') => Ok(bulk_string(reader)?.is_some_and(|string| is_on_port || string.len() > 8)),
        Some(b'-' | b'+') => {
            let line = line(reader)?;
            let is_own = [b"-ERR ".as_slice(), b"+PONG"].iter().all(|shared| !line.starts_with(shared));
            Ok(is_text(line) && !line.is_empty() && (is_own || is_on_port))
        }
        _ => Ok(is_on_port && is_one_of(line(reader)?, &["PING", "INFO"])),
    }
}

/// The number of elements, then the first one.
fn aggregate(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let kind = reader.u8()?;
    let Some(count) = number(line(reader)?) else { return Ok(false) };
    if count == 0 || count > 1 << 20 {
        return Ok(false);
    }
    let Some(next) = reader.rest().first() else { return Err(Short) };
    match next {
        b'$' => Ok(bulk_string(reader)?.is_some()),
        // A nested answer: arrays in arrays, integers, simple strings.
        b'*' | b':' | b'+' | b'%' | b'~' if kind != b'>' => {
            let inner = line(reader)?;
            let rest = inner.get(1..).unwrap_or_default();
            Ok(matches!(next, b'+') && is_text(rest) && !rest.is_empty() || number(rest).is_some())
        }
        _ => Ok(false),
    }
}

/// `$length`, and a string of that length with its end. Returns the available part of the string.
fn bulk_string<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Short> {
    const LONGEST_TO_CHECK: usize = 64;
    if reader.u8()? != b'$' {
        return Ok(None);
    }
    let Some(length) = number(line(reader)?).map(|length| length as usize) else { return Ok(None) };
    if length > LONGEST_TO_CHECK && reader.len() < length + 2 {
        return Ok(Some(reader.rest()));
    }
    let string = reader.take(length)?;
    Ok((reader.array()? == *b"\r\n").then_some(string))
}

/// A line that ends with `\r\n`.
fn line<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Short> {
    match reader.line() {
        Err(Short) if reader.len() > LONGEST_LINE => Ok(&[]),
        line => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_commands_and_answers() {
        for exchange in [
            Exchange::tcp(7000).client("*1\r\n$4\r\nPING\r\n"),
            Exchange::tcp(7000).client("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"),
            Exchange::tcp(7000).server("-NOAUTH Authentication required.\r\n"),
            Exchange::tcp(7000).server("*2\r\n*1\r\n$3\r\nfoo\r\n"),
            Exchange::tcp(7000).server("%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n"),
            Exchange::tcp(6379).server("$5\r\nhello\r\n"),
            Exchange::tcp(6379).server("+PONG\r\n"),
        ] {
            assert_named(&exchange, labels::RESP);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for text in ["* OK IMAP\r\n", "*0\r\n$4\r\nPING\r\n", "*1\r\n$4\r\nPINGPONG", "$x\r\n", "*1\r\nPING\r\n"] {
            assert_eq!(Exchange::tcp(6379).client(text).verdict_of::<Resp>(), Verdict::Excluded, "{text}");
        }
        assert_eq!(Exchange::tcp(110).server("-ERR no\r\n").verdict_of::<Resp>(), Verdict::Excluded);
    }
}

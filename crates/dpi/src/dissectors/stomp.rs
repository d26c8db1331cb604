//! STOMP: Simple Text Oriented Messaging Protocol (stomp.github.io, 1.0 to 1.2). A command, header lines, an empty line, a body,
//! a zero byte.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Stomp;

impl Dissector for Stomp {
    const META: Meta = Meta::tcp(labels::STOMP)
        .ports(&[61613])
        .starts_with(&[
            b"STOMP\n", b"STOMP\r\n", b"CONNECT\n", b"CONNECT\r\n", b"CONNECTED\n", b"CONNECTED\r\n", b"SEND\n",
            b"SUBSCRIBE\n", b"MESSAGE\n", b"RECEIPT\n", b"ERROR\n",
        ])
        .specification("stomp.github.io, 1.0, 1.1, 1.2");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_frame(segment.reader()))
    }
}

fn is_frame(mut reader: Reader<'_>) -> Result<bool, Short> {
    let known = known_headers(reader.line()?);
    loop {
        let line = reader.line()?;
        if line.is_empty() {
            return Ok(false);
        }
        let Some(colon) = memchr::memchr(b':', line) else { return Ok(false) };
        if known.contains(&line.split_at(colon).0) {
            return Ok(true);
        }
    }
}

/// Headers of which a frame with the command has at least one.
fn known_headers(command: &[u8]) -> &'static [&'static [u8]] {
    match command {
        b"STOMP" | b"CONNECT" => &[b"accept-version", b"host", b"login", b"heart-beat"],
        b"CONNECTED" => &[b"version", b"session", b"heart-beat"],
        b"SEND" => &[b"destination"],
        b"SUBSCRIBE" => &[b"destination", b"id"],
        b"MESSAGE" => &[b"destination", b"message-id", b"subscription"],
        b"RECEIPT" => &[b"receipt-id"],
        b"ERROR" => &[b"message", b"receipt-id"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_on_either_side() {
        let client = Exchange::tcp(61613).client("CONNECT\nlogin:a\naccept-version:1.2\n\n\0");
        assert_named(&client, labels::STOMP);
        client.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(61613).server("CONNECTED\r\nx:y\r\nversion:1.2\r\n\r\n\0"), labels::STOMP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for frame in ["CONNECT\nno header\n", "ERROR\nx:y\n\n"] {
            assert_eq!(Exchange::tcp(61613).client(frame).verdict_of::<Stomp>(), Verdict::Excluded, "{frame}");
        }
    }
}

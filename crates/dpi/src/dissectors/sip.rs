//! SIP: Session Initiation Protocol (RFC 3261 and its extensions, RFC 5626). A request or status line, headers, often a session
//! description.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::dissectors::sdp;
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Sip;

const LONGEST_LINE: usize = 2048;
const MOST_HEADERS: usize = 64;
/// Keep-alive messages: RFC 5626, section 3.5.1, and those that telephones were seen to send.
const KEEP_ALIVES: [&[u8]; 5] = [b"\r\n\r\n", b"\r\n", b"\0\0\0\0", b"hello", b"jaK\0"];

impl Dissector for Sip {
    const META: Meta = Meta::tcp_udp(labels::SIP)
        .ports(&[5060, 5061])
        .starts_with(&[
            b"SIP/2.0 ",
            b"ACK ",
            b"BYE ",
            b"CANCEL ",
            b"INFO ",
            b"INVITE ",
            b"MESSAGE ",
            b"NOTIFY ",
            b"OPTIONS ",
            b"PRACK ",
            b"PUBLISH ",
            b"REFER ",
            b"REGISTER ",
            b"SUBSCRIBE ",
            b"UPDATE ",
            b"\r\n",
            b"\0\0\0\0",
            b"hello",
            b"jaK\0",
        ])
        .specification("RFC 3261");

    /// Whether a message was seen.
    type State = bool;

    fn inspect(is_recognised: &mut bool, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let is_usual = segment.has_port(5060) || segment.has_port(5061);
        if *is_recognised || is_usual && KEEP_ALIVES.contains(&segment.payload) {
            message(segment, found);
            *is_recognised = true;
            return Verdict::Matched(Then::Wait);
        }
        let text = segment.payload.trim_ascii_start();
        if text.first().is_none_or(|first| !first.is_ascii_uppercase()) {
            return Verdict::Excluded;
        }
        let mut reader = Reader::new(text);
        match reader.line() {
            Ok(line) if is_start_line(line) => {
                message(segment, found);
                *is_recognised = true;
                Verdict::Matched(Then::Wait)
            }
            Err(Short) if reader.len() < LONGEST_LINE => segment.more(),
            _ => Verdict::Excluded,
        }
    }
}

/// RFC 3261, section 7: `SIP/2.0 200 OK`, or `INVITE sip:bob@example.com SIP/2.0`.
fn is_start_line(line: &[u8]) -> bool {
    if let Some(status) = line.strip_prefix(b"SIP/2.0 ") {
        return matches!(status, [b'1'..=b'6', b'0'..=b'9', b'0'..=b'9', ..]);
    }
    line.ends_with(b" SIP/2.0") && line.iter().filter(|byte| **byte == b' ').count() >= 2
}

fn message(segment: &Segment<'_>, found: &mut Found<'_>) {
    let mut reader = segment.reader();
    for _ in 0..MOST_HEADERS {
        match reader.line() {
            Ok([]) => return sdp::teach(reader.rest(), found),
            Ok(line) => header(line, segment, found),
            Err(Short) => return,
        }
    }
}

fn header(line: &[u8], segment: &Segment<'_>, found: &mut Found<'_>) {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
    let (name, value) = line.split_at(colon);
    let is_software = name.eq_ignore_ascii_case(b"User-Agent") || name.eq_ignore_ascii_case(b"Server");
    if let (true, Some(value)) = (is_software, value.get(1..)) {
        let field = if segment.from_source { Field::ClientSoftware } else { Field::ServerSoftware };
        found.field(field, value.trim_ascii());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::About;
    use crate::testing::{Exchange, assert_named};

    const INVITE: &str = "INVITE sip:bob@example.com SIP/2.0\r\nUser-Agent: x/1\r\nContent-Length: 60\r\n\r\n\
        v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 49170 RTP/AVP 0\r\nm=image 49172 udptl t38\r\n";

    #[test]
    fn requests_and_responses() {
        for exchange in [
            Exchange::udp(5060).client(INVITE),
            Exchange::tcp(7000).client("OPTIONS sip:x SIP/2.0\r\nVia: y\r\n\r\n").server("SIP/2.0 200 OK\r\n\r\n"),
            Exchange::udp(7000).server("SIP/2.0 100 Trying\r\n\r\n"),
            Exchange::udp(5060).client("hello"),
        ] {
            assert_named(&exchange, labels::SIP);
        }
        Exchange::tcp(5060).client(INVITE).assert_cuts_do_not_matter();
    }

    #[test]
    fn descriptions_teach_where_media_goes() {
        let outcome = Exchange::udp(5060).client(INVITE).outcome();
        let endpoints: Vec<_> = outcome.lessons.iter().map(|lesson| lesson.about).collect();
        let media = std::net::SocketAddr::from(([192, 0, 2, 9], 49170));
        assert_eq!(endpoints, [About::Endpoint(crate::flow::Transport::Udp, media)]);
        assert_eq!(outcome.field(Field::ClientSoftware), "x/1");
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["OPTIONS rtsp://x RTSP/1.0\r\n", "NOTIFY * HTTP/1.1\r\n", "SIP/2.0 x\r\n", "hello"] {
            assert_eq!(Exchange::udp(7000).client(line).verdict_of::<Sip>(), Verdict::Excluded, "{line}");
        }
    }
}

//! RTSP: Real-Time Streaming Protocol (RFC 2326, 7826). Request and status lines as in HTTP; media in between, each packet
//! after a dollar sign.

use std::net::SocketAddr;

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Then, Verdict};
use crate::dissectors::sdp;
use crate::flow::Transport;
use crate::lessons::About;
use crate::metadata::Field;
use crate::vocabulary::{Label, labels};

pub(super) struct Rtsp;

const LONGEST_LINE: usize = 4096;
const MOST_HEADERS: usize = 64;
const MOST_PARAMETERS: usize = 32;

impl Dissector for Rtsp {
    const META: Meta = Meta::tcp_udp(labels::RTSP)
        .ports(&[554, 8554, 5554, 7070])
        .starts_with(&[
            b"RTSP/",
            b"ANNOUNCE ",
            b"DESCRIBE ",
            b"GET_PARAMETER ",
            b"OPTIONS ",
            b"PAUSE ",
            b"PLAY ",
            b"PLAY_NOTIFY ",
            b"RECORD ",
            b"REDIRECT ",
            b"SETUP ",
            b"SET_PARAMETER ",
            b"TEARDOWN ",
            b"$",
        ])
        .specification("RFC 2326, 7826");

    /// Whether a message was seen.
    type State = bool;

    fn inspect(is_recognised: &mut bool, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if *is_recognised {
            message(segment, found);
            return Verdict::Matched(if segment.number < 8 { Then::Wait } else { Then::Done });
        }
        if let [b'$', channel, ..] = segment.payload {
            return interleaved(*channel, segment);
        }
        let mut reader = segment.reader();
        match reader.line() {
            Ok(line) if is_start_line(line) => {
                *is_recognised = true;
                message(segment, found);
                Verdict::Matched(Then::Wait)
            }
            Err(Short) if reader.len() < LONGEST_LINE => segment.more(),
            _ => Verdict::Excluded,
        }
    }
}

/// RFC 7826, section 7 and 8: `RTSP/1.0 200 OK`, or `PLAY rtsp://example.com/ RTSP/1.0`.
fn is_start_line(line: &[u8]) -> bool {
    if let Some(rest) = line.strip_prefix(b"RTSP/") {
        return matches!(rest, [b'1' | b'2', b'.', b'0', b' ', b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', ..]);
    }
    line.ends_with(b" RTSP/1.0") || line.ends_with(b" RTSP/2.0")
}

/// RFC 2326, section 10.12: dollar, channel, length, then RTP or RTCP. The beginning was not seen.
fn interleaved(channel: u8, segment: &Segment<'_>) -> Verdict {
    let mut reader = segment.reader();
    if channel > 7 || !(segment.has_port(554) || segment.has_port(8554)) || segment.is_udp() {
        return Verdict::Excluded;
    }
    let packet = reader.skip(2).and_then(|()| reader.block16());
    match packet {
        Ok(packet) => Verdict::matched_if(packet.rest().first().is_some_and(|first| first & 0xc0 == 0x80)),
        Err(Short) => Verdict::More,
    }
}

fn message(segment: &Segment<'_>, found: &mut Found<'_>) {
    let mut reader = segment.reader();
    for _ in 0..MOST_HEADERS {
        match reader.line() {
            Ok([]) => return sdp::teach(reader.rest(), found),
            Ok(line) => {
                if let Some(agent) = line.strip_prefix(b"User-Agent: ") {
                    found.field(Field::ClientSoftware, agent);
                } else if let Some(server) = line.strip_prefix(b"Server: ") {
                    found.field(Field::ServerSoftware, server);
                } else if let Some(transport) = line.strip_prefix(b"Transport: ") {
                    teach(transport, segment, found);
                }
            }
            Err(Short) => return,
        }
    }
}

/// RFC 2326, section 12.39: `RTP/AVP;unicast;client_port=4588-4589;server_port=6256-6257`. Each side may give its receiving endpoint;
/// before media, clients send arbitrary packets to open a path through a NAT.
fn teach(transport: &[u8], segment: &Segment<'_>, found: &mut Found<'_>) {
    let is_response = segment.payload.starts_with(b"RTSP/");
    let (client, server) = if is_response { (segment.dst, segment.src) } else { (segment.src, segment.dst) };
    for parameter in transport.split(|byte| matches!(byte, b';' | b',')).take(MOST_PARAMETERS) {
        let (host, ports) = match (parameter.strip_prefix(b"client_port="), parameter.strip_prefix(b"server_port=")) {
            (Some(ports), _) => (client, ports),
            (_, Some(ports)) => (server, ports),
            _ => continue,
        };
        let first = ports.split(|byte| *byte == b'-').next().and_then(|port| std::str::from_utf8(port).ok());
        if let Some(port) = first.and_then(|port| port.parse().ok()).filter(|port| *port != 0) {
            let endpoint = About::Endpoint(Transport::Udp, SocketAddr::new(host, port));
            found.teach(endpoint, labels::RTP, Label::UNKNOWN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn requests_responses_and_media() {
        let exchange = Exchange::tcp(9000)
            .client("DESCRIBE rtsp://192.0.2.2/a RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: x\r\n\r\n")
            .server("RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: y\r\n\r\n");
        assert_named(&exchange, labels::RTSP);
        exchange.assert_cuts_do_not_matter();
        let outcome = exchange.outcome();
        assert_eq!((outcome.field(Field::ClientSoftware), outcome.field(Field::ServerSoftware)), ("x", "y"));
        assert_named(&Exchange::tcp(9000).server("RTSP/2.0 404 Not Found\r\n\r\n"), labels::RTSP);
        assert_named(&Exchange::tcp(554).server(hex("2400 0004 80600001")), labels::RTSP);
    }

    #[test]
    fn media_go_where_a_transport_says() {
        let exchange = Exchange::tcp(554)
            .client("SETUP rtsp://192.0.2.2/a RTSP/1.0\r\nTransport: RTP/AVP;unicast;client_port=4588-4589\r\n\r\n")
            .server("RTSP/1.0 200 OK\r\nTransport: RTP/AVP;unicast;client_port=4588-4589;server_port=6256-6257\r\n\r\n");
        let lessons: Vec<_> = exchange.outcome().lessons.iter().map(|lesson| (lesson.about, lesson.protocol)).collect();
        let ports: Vec<_> = lessons
            .iter()
            .map(|(about, protocol)| match about {
                About::Endpoint(Transport::Udp, endpoint) => (endpoint.port(), *protocol),
                _ => unreachable!("{about:?}"),
            })
            .collect();
        assert_eq!(ports, [(4588, labels::RTP), (4588, labels::RTP), (6256, labels::RTP)]);
        for transport in ["RTP/AVP/TCP;interleaved=0-1", "RTP/AVP;client_port=x", "RTP/AVP;server_port=0-1", ";;"] {
            let exchange = Exchange::tcp(554).client(format!("SETUP a RTSP/1.0\r\nTransport: {transport}\r\n\r\n"));
            assert!(exchange.outcome().lessons.is_empty(), "{transport}");
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["OPTIONS / HTTP/1.1\r\n", "PLAY sip:x SIP/2.0\r\n", "RTSP/9.9 200 OK\r\n", "$ab\r\n"] {
            assert_eq!(Exchange::tcp(554).client(line).verdict_of::<Rtsp>(), Verdict::Excluded, "{line}");
        }
    }
}

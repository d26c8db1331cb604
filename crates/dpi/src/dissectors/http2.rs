//! HTTP2: HTTP/2 in the clear, with prior knowledge (RFC 9113, section 3.4). The client's preface, or the settings that a server
//! opens with; then the fields of the first request and its response (RFC 7541), which may say that it is gRPC.

use super::hpack::{Decoder, Field};
use super::http::application::{Request, Response};
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::vocabulary::labels;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frame types (section 6).
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;

/// Flags of frames that carry fields (sections 6.2, 6.10).
const END_HEADERS: u8 = 0x04;
const PADDED: u8 = 0x08;
const PRIORITY: u8 = 0x20;

/// Greatest size of fields whose end is awaited.
const LONGEST_WAIT: usize = 24 * 1024;

pub(super) struct Http2;

/// The state of a connection.
#[derive(Default)]
pub(crate) struct State {
    is_recognised: bool,
    /// By direction, that from the source first.
    sides: [Side; 2],
}

/// One direction of it.
#[derive(Default)]
struct Side {
    /// Whether its preface was passed, or it has none.
    is_begun: bool,
    /// Nothing more is needed from it.
    is_over: bool,
    /// Number of bytes of the next payload that were read already, or do not matter.
    passes: usize,
    decoder: Decoder,
}

impl Dissector for Http2 {
    const META: Meta = Meta::tcp(labels::HTTP2)
        .ports(&[80, 8080, 50051])
        .starts_with(&[PREFACE, &[0, 0]])
        .also(&[labels::GRPC])
        .specification("RFC 9113; RFC 7541; gRPC over HTTP2");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if !state.is_recognised {
            let is_client = segment.payload.starts_with(b"P");
            let reader = segment.reader();
            match if is_client { is_preface(reader) } else { opens_with_settings(reader) } {
                Ok(true) => state.is_recognised = true,
                Ok(false) => return Verdict::Excluded,
                Err(Short) => return Verdict::More,
            }
        }
        let [source, destination] = &mut state.sides;
        let (side, other) = if segment.from_source { (source, destination) } else { (destination, source) };
        let then = side.read(segment, found);
        let is_all = side.is_over && other.is_over;
        Verdict::Matched(if is_all { Then::Done } else { then })
    }

    fn memory(state: &State) -> usize {
        state.sides.iter().map(|side| side.decoder.memory()).sum()
    }
}

impl Side {
    fn read(&mut self, segment: &Segment<'_>, found: &mut Found<'_>) -> Then {
        let payload = segment.payload;
        if !self.is_begun {
            match is_preface(segment.reader()) {
                Err(Short) if PREFACE.starts_with(payload) => return Then::More,
                Ok(true) => self.passes = PREFACE.len(),
                _ => {}
            }
            self.is_begun = true;
        }
        while !self.is_over {
            let Some(rest) = payload.get(self.passes..).filter(|rest| !rest.is_empty()) else { break };
            let mut reader = Reader::new(rest);
            match self.frame(&mut reader, found) {
                Ok(length) => self.passes += rest.len() - reader.len() + length,
                Err(Short) if segment.wire_len > payload.len() || payload.len() > LONGEST_WAIT => self.is_over = true,
                Err(Short) => return Then::More,
            }
        }
        self.passes = self.passes.saturating_sub(payload.len());
        Then::Wait
    }

    /// Section 4.1. Skips the payload of a frame unless it has fields. Returns its length.
    fn frame(&mut self, reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<usize, Short> {
        let length = reader.u24()? as usize;
        let (kind, flags, stream) = (reader.u8()?, reader.u8()?, reader.u32()?);
        if !matches!(kind, HEADERS | PUSH_PROMISE) || stream == 0 {
            return Ok(length);
        }
        let mut block = fields_of(Reader::new(reader.take(length)?), kind, flags).unwrap_or_default().to_vec();
        let mut is_whole = flags & END_HEADERS != 0;
        while !is_whole {
            let length = reader.u24()? as usize;
            let (kind, flags, _) = (reader.u8()?, reader.u8()?, reader.u32()?);
            if kind != CONTINUATION {
                self.is_over = true;
                return Ok(0);
            }
            block.extend_from_slice(reader.take(length)?);
            is_whole = flags & END_HEADERS != 0;
        }
        let mut fields = Vec::new();
        self.is_over = self.decoder.read(&block, &mut fields).is_err();
        if kind == HEADERS {
            self.is_over |= tell(&fields, found);
        }
        Ok(0)
    }
}

/// Sections 6.2 and 6.6: padding and priority, or the number of the promised stream, surround the fields.
fn fields_of(mut frame: Reader<'_>, kind: u8, flags: u8) -> Result<&[u8], Short> {
    let padding = if flags & PADDED != 0 { frame.u8()? } else { 0 };
    match kind {
        PUSH_PROMISE => frame.skip(4)?,
        _ if flags & PRIORITY != 0 => frame.skip(5)?,
        _ => {}
    }
    frame.take(frame.len().checked_sub(padding.into()).ok_or(Short)?)
}

/// Returns whether these were the fields of a request, or of a final response.
fn tell(fields: &[Field], found: &mut Found<'_>) -> bool {
    let value = |name: &[u8]| fields.iter().find(|field| *field.name == *name).map(|field| &*field.value);
    if let Some(method) = value(b":method") {
        let target = value(b":path").unwrap_or_default();
        let host = value(b":authority").or(value(b"host")).unwrap_or_default();
        let upgrade = value(b":protocol").unwrap_or_default();
        let mut request = Request { method, target, host, upgrade, ..Request::default() };
        fields.iter().filter(|field| *field.name != *b"host").for_each(|field| request.take(&field.name, &field.value));
        request.tell(found);
        return true;
    }
    match value(b":status") {
        None | Some([b'1', ..]) => false,
        Some(status) => {
            let mut response = Response { status, ..Response::default() };
            fields.iter().for_each(|field| response.take(&field.name, &field.value));
            response.tell(found);
            true
        }
    }
}

fn is_preface(mut reader: Reader<'_>) -> Result<bool, Short> {
    Ok(reader.take(PREFACE.len())? == PREFACE)
}

/// Section 6.5: on stream 0, without flags, pairs of a known identifier and a value. Without any pair, there is too little evidence.
fn opens_with_settings(mut reader: Reader<'_>) -> Result<bool, Short> {
    let length = reader.u24()?;
    if length == 0 || length % 6 != 0 || length > 96 {
        return Ok(false);
    }
    let (kind, flags, stream) = (reader.u8()?, reader.u8()?, reader.u32()?);
    let (first, _) = (reader.u16()?, reader.u32()?);
    Ok(kind == SETTINGS && flags == 0 && stream == 0 && (1..=0x10).contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, Outcome, assert_named, hex};

    const SERVER_SETTINGS: &str = "000006 04 00 00000000 0003 00000064";
    const NO_SETTINGS: &str = "000000 04 00 00000000";

    fn frame(kind: u8, flags: u8, stream: u8, body: &[u8]) -> Vec<u8> {
        [&[0, 0, body.len() as u8, kind, flags, 0, 0, 0, stream], body].concat()
    }

    /// Without indexing, names written out.
    fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
        let string = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
        fields.iter().flat_map(|(name, value)| [vec![0], string(name), string(value)].concat()).collect()
    }

    /// POST on a path, with these fields.
    fn request(further: &[(&str, &str)]) -> Vec<u8> {
        let method = fields(&[(":method", "POST"), (":scheme", "http"), (":path", "/a.B/c")]);
        frame(HEADERS, END_HEADERS, 1, &[method, fields(further)].concat())
    }

    fn client(frames: &[u8]) -> Exchange {
        Exchange::tcp(50051).client([PREFACE, &hex(NO_SETTINGS), frames].concat())
    }

    fn columns(outcome: &Outcome) -> [&str; 4] {
        let metadata = &outcome.metadata;
        let columns = [&metadata.server_name, &metadata.user_agent, &metadata.content_type];
        let [host, agent, kind] = columns.map(|column| column.as_deref().unwrap_or_default());
        [&outcome.name, host, agent, kind]
    }

    #[test]
    fn recognised_on_either_side() {
        let client = Exchange::tcp(50051).client(PREFACE);
        assert_named(&client, labels::HTTP2);
        client.assert_cuts_do_not_matter();
        let server = Exchange::tcp(50051).server(hex(SERVER_SETTINGS));
        assert_named(&server, labels::HTTP2);
        server.assert_cuts_do_not_matter();
    }

    #[test]
    fn request_and_response_give_the_columns() {
        let asked = request(&[(":authority", "WWW.Example.org:81"), ("user-agent", "a/1"), ("content-type", "text/plain")]);
        let early = frame(HEADERS, END_HEADERS, 1, &fields(&[(":status", "103")]));
        let answered =
            frame(HEADERS, END_HEADERS, 1, &fields(&[(":status", "200"), ("content-type", "text/html; charset=utf-8")]));
        let exchange = client(&asked)
            .client(frame(0, 0, 1, &[0x5a; 200]))
            .server([hex(SERVER_SETTINGS), early, answered].concat());
        assert_eq!(columns(&exchange.outcome()), ["HTTP2", "www.example.org", "a/1", "text/html"]);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn grpc_shows_in_the_content_type() {
        for kind in ["application/grpc", "application/grpc+proto", "application/grpc;x"] {
            let exchange = client(&request(&[("host", "a.example"), ("content-type", kind)]));
            assert_eq!(columns(&exchange.outcome()), ["HTTP2.gRPC", "a.example", "", ""]);
            exchange.assert_cuts_do_not_matter();
            let answer = frame(HEADERS, END_HEADERS, 1, &fields(&[(":status", "200"), ("content-type", kind)]));
            let server = Exchange::tcp(9000).server([hex(SERVER_SETTINGS), answer].concat());
            assert_eq!(server.name(), "HTTP2.gRPC");
        }
        assert_eq!(client(&request(&[("content-type", "application/grpcs")])).name(), "HTTP2");
        let known = request(&[(":authority", "www.facebook.com"), ("content-type", "application/grpc")]);
        assert_eq!(client(&known).name(), "HTTP2.Facebook");
    }

    #[test]
    fn fields_may_be_padded_compressed_and_in_several_frames() {
        let block = hex("828684418cf1e3c2e5f23a6ba0ab90f4ff");
        let host = |frames: &[u8]| client(frames).outcome().server_name().to_owned();
        let padded = [&[3][..], &[0; 5], &block, &[0; 3]].concat();
        assert_eq!(host(&frame(HEADERS, END_HEADERS | PADDED | PRIORITY, 1, &padded)), "www.example.com");
        let (start, end) = block.split_at(9);
        let pieces = [frame(HEADERS, 0, 1, start), frame(CONTINUATION, END_HEADERS, 1, end)].concat();
        assert_eq!(host(&pieces), "www.example.com");
        client(&pieces).assert_cuts_do_not_matter();
        let data = frame(0, 0, 1, b"");
        assert_eq!(host(&[frame(HEADERS, 0, 1, start), data].concat()), "");
    }

    #[test]
    fn refuses_its_neighbours() {
        for frame in ["000007 04 00 00000000 0003 00000064", "000006 04 00 00000000 1003 00000064"] {
            let exchange = Exchange::tcp(50051).server(hex(frame));
            assert_eq!(exchange.verdict_of::<Http2>(), Verdict::Excluded, "{frame}");
        }
    }
}

//! HTTP2: HTTP/2 in the clear, with prior knowledge (RFC 9113, section 3.4). The client's preface, or the settings that a server
//! opens with; then the fields of the first request and its response (RFC 7541), which may say that it is gRPC. In the middle of a
//! connection, frames that follow each other exactly; there, the fields of the tables are not known, and messages with the prefix of
//! gRPC show it, too.

use super::hpack::{Decoder, Field};
use super::http::application::{Request, Response};
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::vocabulary::labels;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frame types (section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY_FRAME: u8 = 2;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

/// Of data and fields, the stream's end; of settings and pings, an acknowledgement.
const END_STREAM: u8 = 0x01;
const ACK: u8 = 0x01;

/// Flags of frames that carry fields (sections 6.2, 6.10).
const END_HEADERS: u8 = 0x04;
const PADDED: u8 = 0x08;
const PRIORITY: u8 = 0x20;

/// Greatest length of a frame unless the receiver allows more (section 6.5.2), and greatest plausible number of a stream.
const LARGEST_FRAME: usize = 1 << 14;
const MOST_STREAMS: u32 = 1 << 24;
/// Greatest number of settings, and of bytes of a farewell.
const LONGEST_SETTINGS: usize = 96;
const LONGEST_GOAWAY: usize = 1024;
/// The last error code (section 7).
const LAST_ERROR: u32 = 0x0d;

/// Number of frames that follow each other exactly, of which one is more than data.
const ENOUGH: u8 = 2;
/// Number of frames of data that follow each other exactly.
const ENOUGH_DATA: u8 = 3;

/// Compression and length of a message (gRPC over HTTP2, `Length-Prefixed-Message`).
const PREFIX_OF_GRPC: usize = 5;

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
    /// Whether it was recognised in the middle of a connection.
    is_in_the_middle: bool,
    /// Before that: number of its frames so far, and of those that are more than data.
    frames: u8,
    further: u8,
    shows_grpc: bool,
}

impl Dissector for Http2 {
    const META: Meta = Meta::tcp(labels::HTTP2)
        .ports(&[80, 8080, 50051])
        .starts_with(&[PREFACE, &[0]])
        .also(&[labels::GRPC])
        .specification("RFC 9113; RFC 7541; gRPC over HTTP2");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if !state.is_recognised {
            let is_client = segment.payload.starts_with(b"P");
            let reader = segment.reader();
            match if is_client { is_preface(reader) } else { opens_with_settings(reader) } {
                Ok(true) => state.is_recognised = true,
                Ok(false) => match state.look_in_the_middle(segment, found) {
                    Verdict::Matched(_) => state.is_recognised = true,
                    verdict => return verdict,
                },
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

impl State {
    /// Counts frames that follow each other exactly. The payload that is enough is not taken in.
    fn look_in_the_middle(&mut self, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let [source, destination] = &mut self.sides;
        let (side, other) = if segment.from_source { (source, destination) } else { (destination, source) };
        if side.is_over {
            return Verdict::Wait;
        }
        let (mut passes, mut frames, mut further) = (side.passes, side.frames, side.further);
        let mut shows_grpc = side.shows_grpc;
        while let Some(rest) = segment.payload.get(passes..).filter(|rest| !rest.is_empty()) {
            match FrameHeader::plausible(rest) {
                Ok(Some((header, is_of_grpc))) => {
                    shows_grpc |= is_of_grpc;
                    frames = frames.saturating_add(1);
                    further = further.saturating_add((header.kind != DATA).into());
                    passes += FrameHeader::LENGTH + header.length;
                }
                // One direction may begin in the middle of a frame.
                Ok(None) if side.frames == 0 && other.frames > 0 => {
                    side.is_over = true;
                    return Verdict::Wait;
                }
                Ok(None) => return Verdict::Excluded,
                Err(Short) if segment.payload.len() > LONGEST_WAIT => return Verdict::Excluded,
                Err(Short) => return Verdict::More,
            }
            let (all, more) = (frames.saturating_add(other.frames), further.saturating_add(other.further));
            if all >= ENOUGH && more > 0 || all >= ENOUGH_DATA {
                if shows_grpc || other.shows_grpc {
                    found.application(labels::GRPC);
                }
                for side in [side, other] {
                    (side.is_begun, side.is_in_the_middle) = (true, true);
                    side.decoder = Decoder::in_the_middle();
                }
                return Verdict::Matched(Then::Wait);
            }
        }
        (side.passes, side.frames, side.further) = (passes - segment.payload.len(), frames, further);
        side.shows_grpc = shows_grpc;
        Verdict::Wait
    }
}

/// Section 4.1: what all frames begin with.
#[derive(Clone, Copy, Debug)]
struct FrameHeader {
    length: usize,
    kind: u8,
    flags: u8,
    stream: u32,
}

impl FrameHeader {
    /// Bytes of it.
    const LENGTH: usize = 9;

    fn read(reader: &mut Reader<'_>) -> Result<Self, Short> {
        Ok(Self { length: reader.u24()? as usize, kind: reader.u8()?, flags: reader.u8()?, stream: reader.u32()? })
    }

    /// The header of a frame that keeps all rules of section 6 that can be checked in the middle of a connection. Data need not be
    /// complete. Also returns whether it shows gRPC.
    fn plausible(frame: &[u8]) -> Result<Option<(Self, bool)>, Short> {
        let may_begin = matches!(frame, [] | [0] | [0, 0..=0x40] | [0, 0..=0x40, _] | [0, 0..=0x40, _, 0..=9, ..]);
        if !may_begin {
            return Ok(None);
        }
        let mut reader = Reader::new(frame);
        let header = Self::read(&mut reader)?;
        if !header.is_plausible() {
            return Ok(None);
        }
        let Self { length, kind, flags, .. } = header;
        let mut is_of_grpc = false;
        let is_sound = match kind {
            DATA if length > PREFIX_OF_GRPC => {
                is_of_grpc = is_message(&mut reader, length)?;
                true
            }
            HEADERS => {
                let block = fields_of(Reader::new(reader.take(length)?), kind, flags).unwrap_or_default();
                let mut fields = Vec::new();
                let is_read = Decoder::in_the_middle().read(block, &mut fields).is_ok();
                is_of_grpc = fields.iter().any(is_field_of_grpc);
                is_read && !fields.is_empty() || flags & END_HEADERS == 0 && !block.is_empty()
            }
            RST_STREAM => reader.u32()? <= LAST_ERROR,
            WINDOW_UPDATE => (1..1 << 31).contains(&reader.u32()?),
            PING => reader.skip(length).map(|()| true)?,
            SETTINGS if length > 0 => (1..=0x10).contains(&reader.u16()?),
            _ => true,
        };
        Ok(is_sound.then_some((header, is_of_grpc)))
    }

    fn is_plausible(&self) -> bool {
        let Self { length, kind, flags, stream } = *self;
        let is_of_stream = (1..MOST_STREAMS).contains(&stream);
        let has_only = |allowed: u8| flags & !allowed == 0;
        match kind {
            // Empty data only ends a stream.
            DATA => {
                is_of_stream && has_only(END_STREAM | PADDED) && length <= LARGEST_FRAME && (length > 0 || flags == END_STREAM)
            }
            HEADERS => {
                is_of_stream && has_only(END_STREAM | END_HEADERS | PADDED | PRIORITY) && (1..=LARGEST_FRAME).contains(&length)
            }
            PRIORITY_FRAME => is_of_stream && flags == 0 && length == 5,
            RST_STREAM => is_of_stream && flags == 0 && length == 4,
            SETTINGS if flags == ACK => stream == 0 && length == 0,
            SETTINGS => stream == 0 && flags == 0 && length % 6 == 0 && length <= LONGEST_SETTINGS,
            PING => stream == 0 && has_only(ACK) && length == 8,
            GOAWAY => stream == 0 && flags == 0 && (8..LONGEST_GOAWAY).contains(&length),
            WINDOW_UPDATE => stream < MOST_STREAMS && flags == 0 && length == 4,
            CONTINUATION => is_of_stream && has_only(END_HEADERS) && (1..=LARGEST_FRAME).contains(&length),
            _ => false,
        }
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
        let FrameHeader { length, kind, flags, stream } = FrameHeader::read(reader)?;
        if self.is_in_the_middle && kind == DATA && length > PREFIX_OF_GRPC {
            if is_message(reader, length)? && !found.known_application().is_known() {
                found.application(labels::GRPC);
            }
            return Ok(length - PREFIX_OF_GRPC);
        }
        if !matches!(kind, HEADERS | PUSH_PROMISE) || stream == 0 {
            return Ok(length);
        }
        let mut block = fields_of(Reader::new(reader.take(length)?), kind, flags).unwrap_or_default().to_vec();
        let mut is_whole = flags & END_HEADERS != 0;
        while !is_whole {
            let FrameHeader { length, kind, flags, .. } = FrameHeader::read(reader)?;
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
            let is_all = tell(&fields, found);
            self.is_over |= is_all && (!self.is_in_the_middle || found.known_application().is_known());
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

/// Whether a frame of data is one message of gRPC: whether it is compressed, and its length.
fn is_message(data: &mut Reader<'_>, length: usize) -> Result<bool, Short> {
    let (compression, of_message) = (data.u8()?, data.u32()? as usize);
    Ok(compression <= 1 && of_message + PREFIX_OF_GRPC == length)
}

/// A call ends with its status; its content has a type.
fn is_field_of_grpc(field: &Field) -> bool {
    let kind = field.value.strip_prefix(b"application/grpc");
    *field.name == *b"grpc-status"
        || *field.name == *b"content-type" && matches!(kind, Some([] | [b'+' | b';', ..]))
}

/// Returns whether these were the fields of a request, or of a final response.
fn tell(fields: &[Field], found: &mut Found<'_>) -> bool {
    let value = |name: &[u8]| fields.iter().find(|field| *field.name == *name).map(|field| &*field.value);
    if value(b"grpc-status").is_some() && !found.known_application().is_known() {
        found.application(labels::GRPC);
    }
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

    fn in_the_middle(frames: &[Vec<u8>]) -> Exchange {
        Exchange::tcp(9000).server(frames.concat())
    }

    #[test]
    fn recognised_in_the_middle_by_frames_that_follow_each_other() {
        let (ping, window) = (frame(PING, ACK, 0, b"12345678"), frame(WINDOW_UPDATE, 0, 5, &[0, 0, 1, 0]));
        let data = frame(DATA, END_STREAM, 5, &[0x5a; 90]);
        // Content type by an index that only the beginning explains, and a name of the static table.
        let headers = frame(HEADERS, END_HEADERS, 5, &hex("88 be 5f 0a 746578742f706c61696e"));
        for frames in [[ping.clone(), window.clone()], [window.clone(), data.clone()], [headers.clone(), data.clone()]] {
            assert_named(&in_the_middle(&frames), labels::HTTP2);
            in_the_middle(&frames).assert_cuts_do_not_matter();
        }
        assert_eq!(columns(&in_the_middle(&[headers.clone(), data.clone()]).outcome()), ["HTTP2", "", "", "text/plain"]);
        let three = in_the_middle(&[data.clone(), data.clone(), data.clone()]);
        assert_named(&three, labels::HTTP2);
        // One of each direction, and one direction that begins within a frame.
        let both = Exchange::tcp(9000).client(frame(PING, 0, 0, b"12345678")).server(&ping);
        assert_named(&both, labels::HTTP2);
        both.assert_cuts_do_not_matter();
        let within = Exchange::tcp(9000).client(&ping).server([0x5a; 40]).client(&window);
        assert_named(&within, labels::HTTP2);
    }

    #[test]
    fn grpc_shows_in_the_middle_by_its_messages_and_its_status() {
        let message = frame(DATA, 0, 7, &hex("00 00000004 0a 02 6869"));
        let window = frame(WINDOW_UPDATE, 0, 7, &[0, 0, 0, 9]);
        let call = in_the_middle(&[window.clone(), message.clone()]);
        assert_eq!(call.name(), "HTTP2.gRPC");
        call.assert_cuts_do_not_matter();
        let status = frame(HEADERS, END_HEADERS | END_STREAM, 7, &fields(&[("grpc-status", "0"), ("grpc-message", "")]));
        let ended = in_the_middle(&[status, window.clone()]);
        assert_eq!(ended.name(), "HTTP2.gRPC");
        ended.assert_cuts_do_not_matter();
        let other = frame(DATA, 0, 7, &hex("00 00000005 0a 02 6869"));
        assert_eq!(in_the_middle(&[window, other]).name(), "HTTP2");
    }

    #[test]
    fn refuses_what_breaks_a_rule_in_the_middle() {
        let window = frame(WINDOW_UPDATE, 0, 5, &[0, 0, 1, 0]);
        for broken in [
            frame(PING, ACK, 1, b"12345678"),
            frame(PING, 2, 0, b"12345678"),
            frame(WINDOW_UPDATE, 0, 5, &[0; 4]),
            frame(RST_STREAM, 0, 5, &[0, 0, 0, 0x0e]),
            frame(DATA, 0, 0, &[0; 4]),
            frame(DATA, 0, 3, b""),
            frame(HEADERS, END_HEADERS, 5, &hex("88 5f 20 74")),
            frame(10, 0, 5, &[0; 4]),
            b"\x01\0\0\0\0\0\0\0\x01".to_vec(),
        ] {
            let exchange = in_the_middle(&[window.clone(), broken.clone()]);
            assert_eq!(exchange.verdict_of::<Http2>(), Verdict::Excluded, "{broken:?}");
        }
        assert_eq!(in_the_middle(&[window]).verdict_of::<Http2>(), Verdict::Wait);
    }

    #[test]
    fn refuses_its_neighbours() {
        for frame in ["000007 04 00 00000000 0003 00000064", "000006 04 00 00000000 1003 00000064"] {
            let exchange = Exchange::tcp(50051).server(hex(frame));
            assert_eq!(exchange.verdict_of::<Http2>(), Verdict::Excluded, "{frame}");
        }
    }
}

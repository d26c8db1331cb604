//! STUN: Session Traversal Utilities for NAT, with TURN and ICE (RFC 3489, 5389, 8445, 8489, 8656; MS-TURN). Messages of type,
//! length and magic cookie, alone in datagrams, one after the other in TCP; then the protocols whose path they open: DTLS, RTP.

use std::net::{IpAddr, SocketAddr};

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::dissectors::dtls::{self, Dtls};
use crate::dissectors::rtp;
use crate::flow::Transport;
use crate::lessons::About;
use crate::metadata::Field;
use crate::vocabulary::{Label, labels};

pub(crate) struct Stun;

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// MS-TURN, section 2.2.2.1: the first attribute, if the header has no magic cookie.
const MS_MAGIC_COOKIE: [u8; 8] = [0x00, 0x0f, 0x00, 0x04, 0x72, 0xc6, 0x4b, 0xc6];
const HEADER: usize = 20;
const MOST_ATTRIBUTES: usize = 64;
const MOST_ENDPOINTS: usize = 8;
/// The signs of the application, and the protocol after STUN, come early.
const MOST_PAYLOADS: u8 = 7;
/// A handshake of DTLS, between further messages, takes longer.
const MOST_PAYLOADS_OF_DTLS: u8 = 24;

#[derive(Default)]
pub(crate) struct State {
    payloads: u8,
    has_taught_ends: bool,
    /// There were attributes of Google's WebRTC library.
    is_webrtc: bool,
    /// Channel of data that came before any message.
    channel: Option<u16>,
    dtls: Option<Box<dtls::State>>,
    /// Endpoints of peers and relays, to be taught once the application is known.
    endpoints: Vec<SocketAddr>,
}

impl Dissector for Stun {
    const META: Meta = Meta::tcp_udp(labels::STUN)
        .also(&[labels::FACEBOOKVOIP, labels::GOOGLECALL, labels::SIGNALVOIP, labels::SRTP, labels::TAILSCALE, labels::TEAMSCALL, labels::TELEGRAMVOIP, labels::VIBERVOIP, labels::WHATSAPPCALL])
        .ports(&[3478, 3479, 3480, 3481, 5349, 19302, 19305])
        .max_segments(4)
        .specification("RFC 3489, 5389, 8489, 8656; MS-TURN");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let mut messages = 0;
        let end = loop {
            match Message::read(&mut reader, segment) {
                Ok(Some(message)) => message.tell(state, found),
                end => break end,
            }
            messages += 1;
        };
        let is_cut = segment.is_tcp() && end.is_err() && !reader.is_empty() && may_begin(reader.rest());
        match (messages, state.payloads) {
            (0, 0) if is_cut => return Verdict::More,
            (0, 0) if segment.is_udp() && state.is_channel(segment) => {}
            (0, 0) if segment.is_udp() => return Verdict::Wait,
            (0, 0) => return Verdict::Excluded,
            _ => {}
        }
        if state.dtls.is_none() {
            found.protocol(labels::STUN);
        }
        if messages == 0 && !is_cut && state.follow(segment, found) == Then::Done {
            return Verdict::DONE;
        }
        state.know_application(segment, found);
        state.teach(segment, found);
        if is_cut {
            return Verdict::Matched(Then::More);
        }
        state.payloads = state.payloads.saturating_add(1);
        let most = if state.dtls.is_some() { MOST_PAYLOADS_OF_DTLS } else { MOST_PAYLOADS };
        Verdict::Matched(if state.payloads < most { Then::Wait } else { Then::Done })
    }

    fn is_default(state: &State) -> bool {
        let State { payloads, has_taught_ends, is_webrtc, channel, dtls, endpoints } = state;
        let has_nothing = channel.is_none() && dtls.is_none() && endpoints.is_empty();
        *payloads == 0 && !has_taught_ends && !is_webrtc && has_nothing
    }

    fn memory(state: &State) -> usize {
        let dtls = state.dtls.as_ref().map_or(0, |state| size_of::<dtls::State>() + Dtls::memory(state));
        dtls + state.endpoints.capacity() * size_of::<SocketAddr>()
    }
}

impl State {
    /// RFC 8656, section 12.4: if the beginning was not seen, two datagrams of a channel with media are enough.
    fn is_channel(&mut self, segment: &Segment<'_>) -> bool {
        let mut reader = segment.reader();
        let (Ok(channel @ 0x4000..=0x4fff), Ok(data)) = (reader.u16(), reader.block16()) else { return false };
        if reader.len() > 3 || !is_media(data) {
            return false;
        }
        self.channel.replace(channel) == Some(channel)
    }

    /// The protocol after STUN, in a TURN channel or without.
    fn follow(&mut self, segment: &Segment<'_>, found: &mut Found<'_>) -> Then {
        let mut reader = segment.reader();
        let inner = match reader.u16() {
            Ok(0x4000..=0x4fff) => reader.block16(),
            Ok(length) if segment.is_tcp() => reader.take(length.into()).map(Reader::new),
            _ => Ok(segment.reader()),
        };
        let Ok(inner) = inner else { return Then::Wait };
        let inner = Segment { payload: inner.rest(), ..*segment };
        if dtls::may_be_record(inner.payload) {
            found.protocol(labels::DTLS);
            let verdict = Dtls::inspect(self.dtls.get_or_insert_default(), &inner, found);
            return if verdict == Verdict::DONE { Then::Done } else { Then::Wait };
        }
        if rtp::Header::read(inner.reader()).is_err() {
            return Then::Wait;
        }
        if self.dtls.is_none() {
            found.protocol(labels::SRTP);
        }
        Then::Done
    }

    /// Google's own servers are recognised by the messages of WebRTC to them.
    fn know_application(&self, segment: &Segment<'_>, found: &mut Found<'_>) {
        if found.known_application().is_known() {
            return;
        }
        if is_zoom_control(segment, found) {
            let endpoint = SocketAddr::new(segment.src, segment.src_port);
            found.teach(About::Endpoint(Transport::Udp, endpoint), labels::ZOOM, Label::UNKNOWN);
        }
        let is_google = |address| found.owner(address) == labels::GOOGLE;
        if segment.has_port(19305) || self.is_webrtc && (is_google(segment.src) || is_google(segment.dst)) {
            found.application(labels::GOOGLECALL);
        }
    }

    fn teach(&mut self, segment: &Segment<'_>, found: &mut Found<'_>) {
        let application = found.known_application();
        if !application.is_known() {
            return;
        }
        let mut teach = |transport, endpoint| {
            found.teach(About::Endpoint(transport, endpoint), labels::STUN, application);
        };
        if !std::mem::replace(&mut self.has_taught_ends, true) {
            teach(segment.transport, SocketAddr::new(segment.src, segment.src_port));
            teach(segment.transport, SocketAddr::new(segment.dst, segment.dst_port));
        }
        self.endpoints.drain(..).for_each(|endpoint| teach(Transport::Udp, endpoint));
    }

    fn keep(&mut self, endpoint: Option<SocketAddr>) {
        if let Some(endpoint) = endpoint
            && self.endpoints.len() < MOST_ENDPOINTS
            && !self.endpoints.contains(&endpoint)
        {
            self.endpoints.push(endpoint);
        }
    }
}

/// Clients of Zoom ask its servers for their own address before they send media to each other from the same port.
fn is_zoom_control(segment: &Segment<'_>, found: &Found<'_>) -> bool {
    matches!(segment.dst_port, 3478 | 3479) && segment.number == 0 && found.owner(segment.dst) == labels::ZOOM
}

struct Message<'a> {
    kind: u16,
    transaction: &'a [u8],
    attributes: Reader<'a>,
}

impl<'a> Message<'a> {
    /// The next message; `None` if there is none. Short: it is incomplete.
    fn read(reader: &mut Reader<'a>, segment: &Segment<'_>) -> Result<Option<Self>, Short> {
        let mut ahead = *reader;
        if segment.is_tcp() {
            ahead.skip(framing(ahead.rest())?)?;
        }
        let Some([first, _, _, _, cookie @ ..]) = ahead.rest().first_chunk::<8>() else { return Err(Short) };
        if first & 0xc0 != 0 {
            return Ok(None);
        }
        let has_cookie = *cookie == MAGIC_COOKIE;
        let has_ms_cookie = ahead.rest().get(HEADER..).is_some_and(|rest| rest.starts_with(&MS_MAGIC_COOKIE));
        if !has_cookie && !has_ms_cookie && segment.is_tcp() {
            return Ok(None);
        }
        let whole = ahead.len();
        let (kind, length) = (ahead.u16()?, ahead.u16()?);
        ahead.skip(4)?;
        let transaction = ahead.take(12)?;
        let message = Self { kind, transaction, attributes: Reader::new(ahead.take(length.into())?) };
        if has_cookie || has_ms_cookie || whole == HEADER + usize::from(length) && message.is_classic(segment) {
            *reader = ahead;
            return Ok(Some(message));
        }
        Ok(None)
    }

    /// RFC 3489: without a cookie, type, length and attributes have to be enough.
    fn is_classic(&self, segment: &Segment<'_>) -> bool {
        if !matches!(self.kind, 0x0001 | 0x0002 | 0x0101 | 0x0102 | 0x0111 | 0x0112) {
            return false;
        }
        let mut attributes = self.attributes;
        if attributes.is_empty() {
            return segment.has_port(3478) && self.kind == 0x0001;
        }
        while !attributes.is_empty() {
            let Ok((kind, value)) = attribute(&mut attributes) else { return false };
            let fits = match kind {
                0x0001 | 0x0002 | 0x0004 | 0x0005 | 0x000b | 0x8020 => {
                    matches!(value, [0, 1, _, _, _, _, _, _])
                }
                0x0003 => value.len() == 4,
                0x0008 => value.len() == 20,
                0x0006 | 0x0007 | 0x0009 | 0x000a | 0x8022 => true,
                _ => false,
            };
            if !fits {
                return false;
            }
        }
        true
    }

    /// Takes in the signs of the application, its endpoints and software.
    fn tell(&self, state: &mut State, found: &mut Found<'_>) {
        if matches!(self.kind, 0x0800..=0x0805) {
            name(labels::WHATSAPPCALL, found);
        }
        let mut attributes = self.attributes;
        for _ in 0..MOST_ATTRIBUTES {
            let Ok((kind, value)) = attribute(&mut attributes) else { return };
            match kind {
                0x0012 | 0x0016 | 0x0020 => state.keep(self.xor_address(value)),
                0x0014 => realm(value, found),
                0x4000..=0x4007 => name(labels::WHATSAPPCALL, found),
                // MS-ICE2, MS-TURN, MS-TURNBWM.
                0x8008 | 0x8050 | 0x8054..=0x805b | 0x8068 | 0x8070 | 0x8090 | 0x8095 => {
                    name(labels::TEAMSCALL, found);
                }
                // Tailscale's clients ask its relays for their own address.
                0x8022 if value == b"tailnode" => name(labels::TAILSCALE, found),
                0x8022 => found.field(Field::ServerSoftware, value),
                0xc057..=0xc05c => state.is_webrtc = true,
                _ => {}
            }
        }
    }

    /// RFC 8489, section 14.2.
    fn xor_address(&self, value: &[u8]) -> Option<SocketAddr> {
        let mut value = Reader::new(value);
        let family = value.u16().ok()?;
        let port = value.u16().ok()? ^ 0x2112;
        let address = match family {
            0x0001 => {
                let address: [u8; 4] = value.array().ok()?;
                IpAddr::from((u32::from_be_bytes(address) ^ u32::from_be_bytes(MAGIC_COOKIE)).to_be_bytes())
            }
            0x0002 => {
                let mut address: [u8; 16] = value.array().ok()?;
                let key = MAGIC_COOKIE.iter().chain(self.transaction);
                address.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
                IpAddr::from(address)
            }
            _ => return None,
        };
        Some(SocketAddr::new(address, port))
    }
}

/// TCP: number of bytes before a message: RFC 4571 puts its length there, MS-TURN (section 2.2.1) a type and the length.
fn framing(bytes: &[u8]) -> Result<usize, Short> {
    for before in [0, 2, 4] {
        let message = bytes.get(before..).ok_or(Short)?;
        let cookie = message.get(4..8).ok_or(Short)?;
        if cookie == MAGIC_COOKIE || message.get(HEADER..).is_some_and(|rest| rest.starts_with(&MS_MAGIC_COOKIE)) {
            return Ok(before);
        }
    }
    Ok(0)
}

/// Whether this may be the beginning of a message, framed or not.
fn may_begin(bytes: &[u8]) -> bool {
    [0, 2, 4].iter().any(|before| {
        let Some(mut start) = bytes.get(*before..).map(Reader::new) else { return false };
        if *before > 0 && start.is_empty() {
            // Only framing so far: a length, or a type and zero.
            return matches!(bytes, [0x00..=0x05, _] | [0x02 | 0x03, 0x00, _, _]);
        }
        let is_kind = match start.u16() {
            Ok(kind) => matches!(kind & !0x0110, 0x0001..=0x000c | 0x0800..=0x0805),
            Err(Short) => matches!(start.rest(), [0x00 | 0x01 | 0x08]),
        };
        is_kind && start.rest().iter().skip(2).zip(MAGIC_COOKIE).all(|(byte, cookie)| *byte == cookie)
    })
}

/// Values are padded to four bytes, except the last ones of some senders.
fn attribute<'a>(attributes: &mut Reader<'a>) -> Result<(u16, &'a [u8]), Short> {
    let kind = attributes.u16()?;
    let length = usize::from(attributes.u16()?);
    let value = attributes.take(length)?;
    attributes.skip((length.next_multiple_of(4) - length).min(attributes.len()))?;
    Ok((kind, value))
}

fn name(application: Label, found: &mut Found<'_>) {
    if !found.known_application().is_known() {
        found.application(application);
    }
}

/// The realm is a host name, or similar; its owner is the application of the call.
fn realm(value: &[u8], found: &mut Found<'_>) {
    let realm = value.split(|byte| *byte == 0).next().unwrap_or_default();
    if realm.is_empty() {
        return;
    }
    let was_known = found.known_application().is_known();
    found.host(realm);
    let call = match found.known_application() {
        labels::FACEBOOK | labels::FACEBOOKMESSENGER => labels::FACEBOOKVOIP,
        labels::GOOGLE | labels::GOOGLEMEET | labels::GOOGLESERVICES => labels::GOOGLECALL,
        labels::KAKAOTALK => labels::KAKAOTALK_VOICE,
        labels::LINE => labels::LINECALL,
        labels::MICROSOFT | labels::TEAMS => labels::TEAMSCALL,
        labels::SIGNAL => labels::SIGNALVOIP,
        labels::SNAPCHAT => labels::SNAPCHATCALL,
        labels::TELEGRAM => labels::TELEGRAMVOIP,
        labels::VIBER => labels::VIBERVOIP,
        labels::WHATSAPP => labels::WHATSAPPCALL,
        _ => return,
    };
    if !was_known {
        found.application(call);
    }
}

/// RTP, RTCP or DTLS (RFC 7983).
fn is_media(data: Reader<'_>) -> bool {
    matches!(data.rest(), [0x80..=0xbf, 192..=223, ..])
        || rtp::Header::read(data).is_ok()
        || dtls::may_be_record(data.rest())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const TRANSACTION: &str = "2112a442 000102030405060708090a0b";

    fn message(kind: &str, attributes: &str) -> Vec<u8> {
        let body = hex(attributes);
        [hex(kind), (body.len() as u16).to_be_bytes().to_vec(), hex(TRANSACTION), body].concat()
    }

    #[test]
    fn binding_over_udp_and_tcp() {
        let request = message("0001", "8022 0003 61626300");
        let response = message("0101", "0020 0008 0001 0000 e112a643");
        assert_named(&Exchange::udp(5000).client(&request).server(&response), labels::STUN);
        let both = [&request[..], &request[..]].concat();
        let framed = [&[0, request.len() as u8], &request[..]].concat();
        for payload in [both, framed] {
            let exchange = Exchange::tcp(5000).client(payload).server(&response);
            assert_named(&exchange, labels::STUN);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn classic_needs_attributes_or_the_port() {
        let request = hex("0001 0008 000102030405060708090a0b0c0d0e0f 0003 0004 00000000");
        assert_named(&Exchange::udp(5000).client(request), labels::STUN);
        let bare = hex("0001 0000 000102030405060708090a0b0c0d0e0f");
        assert_named(&Exchange::udp(3478).client(&bare), labels::STUN);
        assert_eq!(Exchange::udp(5000).client(&bare).verdict_of::<Stun>(), Verdict::Wait);
        let other = hex("0001 0008 000102030405060708090a0b0c0d0e0f 0103 0004 00000000");
        assert_eq!(Exchange::udp(5000).client(other).verdict_of::<Stun>(), Verdict::Wait);
    }

    #[test]
    fn attributes_name_the_application_and_teach_of_peers() {
        let outcome = Exchange::udp(3478).client(message("0003", "4000 0002 0102")).outcome();
        assert_eq!((&*outcome.name, outcome.lessons.len()), ("STUN.WhatsAppCall", 2));
        let outcome = Exchange::udp(3478)
            .client(message("0008", "0012 0008 0001 2113 e112a643"))
            .client(message("0001", "8070 0004 00000001"))
            .outcome();
        let peer = SocketAddr::from(([192, 0, 2, 1], 1));
        assert_eq!(outcome.name, "STUN.TeamsCall");
        assert!(outcome.lessons.iter().any(|lesson| lesson.about == About::Endpoint(Transport::Udp, peer)));
    }

    #[test]
    fn what_follows_is_told() {
        let start = Exchange::udp(3478).client(message("0001", ""));
        let record = hex("16 feff 0000 000000000000 0001 00");
        let channel = [hex("4000 000e"), record.clone()].concat();
        let media = hex("80 08 0001 00000001 00000002 55555555");
        assert_eq!(start.clone().client(record).outcome().name, "DTLS");
        assert_eq!(start.clone().client(channel).outcome().name, "DTLS");
        assert_eq!(start.client(&media).outcome().name, "STUN.RTP");
        let channel = [hex("4001 0010"), media].concat();
        assert_eq!(Exchange::udp(3478).client(&channel).client(&channel).name(), "STUN.RTP");
    }
}

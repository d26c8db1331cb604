//! XMPP: Extensible Messaging and Presence Protocol, Jabber (RFC 6120). A stream of XML; STARTTLS is negotiated in it. In the middle
//! of a stream, stanzas with the attributes that they must have, or the requests and answers of XEP-0198. Also the
//! push service of Huawei's devices on its port, which sends encrypted data in frames.

use crate::dissect::lines::contains;
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::dissectors::dialogue::Tunnel;
use crate::vocabulary::labels;

pub(super) struct Xmpp;

/// The progress of a stream.
#[derive(Default)]
pub(crate) struct State {
    recognised: bool,
    tls: Tunnel,
    /// Number of frames of the push service with which each side has opened, the source first.
    pushes: [u8; 2],
}

/// Greatest length of the beginning of a stream that is awaited.
const LONGEST_BEGINNING: usize = 1024;

/// Number of frames of the push service that is enough.
const PUSHES: u8 = 4;

impl Dissector for Xmpp {
    const META: Meta = Meta::tcp(labels::JABBER)
        .ports(&[5222, 5223, 5269, 5298])
        .starts_with(&[b"<?xml ", b"<stream:stream", b"<stream:features", b"<open ", b"<starttls", b"<iq ", b"<message ", b"<presence", b"<r xmlns=", b"<a xmlns=", b"\x25", b"\x26", b"\x30"])
        .specification("RFC 6120, RFC 7395");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if let Some(verdict) = state.tls.inspect(segment, found, labels::JABBER) {
            return verdict;
        }
        if !state.recognised && segment.payload.first().is_some_and(|byte| *byte != b'<') {
            return push(state, segment);
        }
        if !state.recognised && is_stanza(segment.payload) {
            return Verdict::DONE;
        }
        if !state.recognised && !is_stream(segment.payload) {
            let is_other_tag = !segment.payload.starts_with(b"<?") && segment.payload.contains(&b'>');
            let may_be = !is_other_tag && is_text_of_xml(segment.payload) && segment.payload.len() < LONGEST_BEGINNING;
            return if may_be { Verdict::More } else { Verdict::Excluded };
        }
        if !state.recognised {
            let host = ["to=", "from="].iter().find_map(|name| attribute(segment.payload, name.as_bytes()));
            if let Some(host) = host {
                found.application_of_host(host);
            } else if !segment.payload.ends_with(b">") && segment.payload.len() < LONGEST_BEGINNING {
                return Verdict::Matched(Then::More);
            }
        }
        state.recognised = true;
        if segment.payload.starts_with(b"<proceed") {
            state.tls.open();
        }
        if segment.payload.starts_with(b"<auth") { Verdict::DONE } else { Verdict::Matched(Then::Wait) }
    }
}

/// Sections 4.2 and 5.4.2: the header of a stream, its features, or what negotiates TLS.
fn is_stream(payload: &[u8]) -> bool {
    let start = payload.get(..LONGEST_BEGINNING).unwrap_or(payload);
    let names = ["jabber:client", "jabber:server", "etherx.jabber.org/streams", "urn:ietf:params:xml:ns:xmpp-"];
    let elements = ["<stream:", "<open", "<starttls"];
    elements.iter().any(|element| contains(start, element)) && names.iter().any(|name| contains(start, name))
}

/// Sections 8.1 and 8.2: the first tag of a stanza in the middle of a stream. A query has an identifier and a type of four; a
/// message has a type of five and somebody whom it is from or to; presence has a type or its namespace, and somebody.
fn is_stanza(payload: &[u8]) -> bool {
    let start = payload.get(..LONGEST_BEGINNING).unwrap_or(payload);
    let Some(tag) = memchr::memchr(b'>', start).and_then(|end| start.get(..end)) else { return false };
    let has = |name: &str| attribute(tag, name.as_bytes()).is_some_and(|value| !value.is_empty());
    let is_one_of = |types: &[&[u8]]| attribute(tag, b" type=").is_some_and(|kind| types.contains(&kind));
    let has_party = has(" to=") || has(" from=");
    if tag.starts_with(b"<iq ") {
        return has(" id=") && is_one_of(&[b"get", b"set", b"result", b"error"]);
    }
    if tag.starts_with(b"<message ") {
        return has_party && is_one_of(&[b"chat", b"groupchat", b"headline", b"normal", b"error"]);
    }
    if tag.starts_with(b"<presence ") {
        let types: [&[u8]; 7] =
            [b"unavailable", b"subscribe", b"subscribed", b"unsubscribe", b"unsubscribed", b"probe", b"error"];
        let is_of_stream = contains(tag, "jabber:client") || contains(tag, "jabber:server");
        return is_of_stream || has_party && is_one_of(&types) || has(" from=") && has(" to=");
    }
    (tag.starts_with(b"<r ") || tag.starts_with(b"<a ")) && contains(tag, "urn:xmpp:sm:")
}

fn is_text_of_xml(payload: &[u8]) -> bool {
    payload.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..))
}

/// The value of an attribute, in either kind of quotes.
fn attribute<'a>(element: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let at = memchr::memmem::find(element, name)?;
    let (quote, rest) = element.get(at + name.len()..)?.split_first()?;
    let end = memchr::memchr(*quote, rest)?;
    matches!(quote, b'\'' | b'"').then(|| rest.get(..end)).flatten()
}

/// Frames: a kind, the total length in two bytes, and encrypted data.
fn push(state: &mut State, segment: &Segment<'_>) -> Verdict {
    if !segment.has_port(5223) {
        return Verdict::Excluded;
    }
    let mut reader = segment.reader();
    let mut here = 0_u8;
    while !reader.is_empty() {
        match frame(&mut reader) {
            Ok(true) => here = here.saturating_add(1),
            Ok(false) => return Verdict::Excluded,
            Err(Short) => return Verdict::More,
        }
    }
    if let Some(pushes) = state.pushes.get_mut(usize::from(!segment.from_source)) {
        *pushes = here;
    }
    let all = state.pushes.iter().fold(0, |sum: u8, pushes| sum.saturating_add(*pushes));
    if all >= PUSHES { Verdict::DONE } else { Verdict::More }
}

fn frame(reader: &mut Reader<'_>) -> Result<bool, Short> {
    const HEADER: u16 = 3;
    let (kind, length) = (reader.u8()?, reader.u16()?);
    if !matches!(kind, 0x25 | 0x26 | 0x30) || !(HEADER + 4..4096).contains(&length) {
        return Ok(false);
    }
    reader.skip((length - HEADER).into()).map(|()| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    const HEADER: &str = "<?xml version='1.0'?><stream:stream to='example.org' xmlns='jabber:client' \
                          xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";

    #[test]
    fn recognised_by_the_header_of_the_stream() {
        for exchange in [
            Exchange::tcp(5280).client(HEADER),
            Exchange::tcp(5280).server(HEADER),
            Exchange::tcp(5280).client("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='example.org'/>"),
            Exchange::tcp(5280).client("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
        ] {
            assert_named(&exchange, labels::JABBER);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn recognised_in_the_middle_by_stanzas() {
        for stanza in [
            "<iq type='get' id='a1' to='example.org'><ping xmlns='urn:xmpp:ping'/></iq>",
            "<message from='a@example.org/x' to='b@example.org' type=\"chat\"><body>Hi</body></message>",
            "<presence from='a@example.org/x' to='b@example.org'><show>away</show></presence>",
            "<presence type='unavailable' from='a@example.org/x'/>",
            "<r xmlns='urn:xmpp:sm:3'/>",
            "<a xmlns='urn:xmpp:sm:3' h='7'/>",
        ] {
            let exchange = Exchange::tcp(5280).client(stanza);
            assert_named(&exchange, labels::JABBER);
            exchange.assert_cuts_do_not_matter();
        }
        for other in ["<message to='a'>x</message>", "<presence/>", "<a xmlns='urn:other'/>", "<iq id='a' type='gets'/>", "<messages to='a' type='chat'/>"] {
            assert_ne!(Exchange::tcp(5280).client(other).name(), "Jabber", "{other}");
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for text in ["<?xml version='1.0'\x01?>", "<html>", "<iq type='get'/>", "0\0\x04a"] {
            assert_eq!(Exchange::tcp(5222).client(text).verdict_of::<Xmpp>(), Verdict::Excluded, "{text}");
        }
    }
}

//! XMPP: Extensible Messaging and Presence Protocol, Jabber (RFC 6120). A stream of XML; STARTTLS is negotiated in it. Also the
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
        .starts_with(&[b"<?xml ", b"<stream:stream", b"<stream:features", b"<open ", b"<starttls", b"\x25", b"\x26", b"\x30"])
        .specification("RFC 6120, RFC 7395");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if let Some(verdict) = state.tls.inspect(segment, found, labels::JABBER) {
            return verdict;
        }
        if !state.recognised && segment.payload.first().is_some_and(|byte| *byte != b'<') {
            return push(state, segment);
        }
        if !state.recognised && !is_stream(segment.payload) {
            let may_be = is_text_of_xml(segment.payload) && segment.payload.len() < LONGEST_BEGINNING;
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
    fn refuses_its_neighbours() {
        for text in ["<?xml version='1.0'\x01?>", "<html>", "<iq type='get'/>", "0\0\x04a"] {
            assert_eq!(Exchange::tcp(5222).client(text).verdict_of::<Xmpp>(), Verdict::Excluded, "{text}");
        }
    }
}

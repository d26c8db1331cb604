//! DTLS: Datagram Transport Layer Security 1.0 to 1.3 (RFC 9147, RFC 6347, RFC 4347), and the variant of `OpenSSL` before 0.9.8f.
//! Records of TLS with an epoch and a sequence number; handshake messages in fragments.
//!
//! To follow DTLS within another protocol: keep a [`State`] in your state. Call
//! `<Dtls as Dissector>::inspect(&mut state.dtls, segment, found)` for datagrams that [`may_be_record`] accepts, then name your own protocol if it is not to be DTLS, and return
//! the verdict.

use super::tls::handshake::{CERTIFICATE, CLIENT_HELLO, Connection, Look, SERVER_HELLO};
use super::tls::hello::Carrier;
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(crate) struct Dtls;

/// Greatest length of a handshake message that is reassembled from fragments.
const LONGEST_MESSAGE: usize = 16 * 1024;

const HELLO_VERIFY_REQUEST: u8 = 0x03;

/// Content types (IANA, TLS `ContentType`).
const CHANGE_CIPHER_SPEC: u8 = 0x14;
const ALERT: u8 = 0x15;
const HANDSHAKE: u8 = 0x16;
const APPLICATION_DATA: u8 = 0x17;

/// The observed state of a connection.
#[derive(Debug, Default)]
pub(crate) struct State {
    connection: Connection,
    /// The handshake message whose fragments are being collected.
    begun: Option<Box<Message>>,
}

/// The part of a handshake message whose fragments came in order.
#[derive(Debug)]
struct Message {
    kind: u8,
    sequence: u16,
    bytes: Vec<u8>,
}

impl Dissector for Dtls {
    const META: Meta = Meta::udp(labels::DTLS)
        .ports(&[443])
        .starts_with(&[
            b"\x16\xfe",
            b"\x17\xfe",
            b"\x15\xfe",
            b"\x14\xfe",
            b"\x16\x01\x00",
            b"\x17\x01\x00",
            b"\x15\x01\x00",
            b"\x14\x01\x00",
        ])
        .specification("RFC 9147, RFC 6347, RFC 4347");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let State { connection, begun } = state;
        let look = Look { connection, found, side: segment.from_source, carrier: Carrier::Dtls };
        if !(Datagram { look, begun }).records(segment.reader()) && !state.connection.is_recognised {
            return Verdict::Excluded;
        }
        state.connection.verdict(false)
    }

    fn memory(state: &State) -> usize {
        state.begun.as_ref().map_or(0, |message| size_of::<Message>() + message.bytes.capacity())
    }
}

/// Whether a datagram begins like a record.
pub(crate) fn may_be_record(payload: &[u8]) -> bool {
    let length = payload.get(11..13).and_then(|bytes| bytes.try_into().ok()).map(u16::from_be_bytes);
    matches!(payload, [CHANGE_CIPHER_SPEC..=APPLICATION_DATA, 0xfe, 0xfd..=0xff, ..] | [CHANGE_CIPHER_SPEC..=APPLICATION_DATA, 1, 0, ..])
        && length.is_some_and(|length| length > 0 && usize::from(length) <= payload.len() - 13)
}

struct Datagram<'b, 's, 'f, 'r> {
    look: Look<'s, 'f, 'r>,
    begun: &'b mut Option<Box<Message>>,
}

impl Datagram<'_, '_, '_, '_> {
    /// Reads the records of a datagram. Returns whether it consists only of records.
    fn records(&mut self, mut reader: Reader<'_>) -> bool {
        while !reader.is_empty() && !self.look.is_over() {
            if !may_be_record(reader.rest()) || !self.record(&mut reader).unwrap_or(false) {
                // Encrypted records of DTLS 1.3 have a different header (RFC 9147, section 4).
                return self.look.connection.is_recognised;
            }
        }
        true
    }

    /// Section 4: type, version, epoch, sequence number, fragment. Returns whether it is a record.
    fn record(&mut self, reader: &mut Reader<'_>) -> Result<bool, Short> {
        let content = reader.u8()?;
        reader.skip(2)?;
        let epoch = reader.u16()?;
        reader.skip(6)?;
        let fragment = reader.block16()?;
        let follows = reader.is_empty() || may_be_record(reader.rest());
        if epoch > 0 || content == APPLICATION_DATA {
            // Each handshake begins an epoch: one connection has few of them.
            return Ok(follows && epoch < 0x100 && { self.look.end(); true });
        }
        let is_one = match (content, fragment.rest()) {
            (HANDSHAKE, _) => return self.fragments(fragment),
            (CHANGE_CIPHER_SPEC, rest) => rest == [1] || rest.len() == 3,
            (ALERT, rest) => matches!(rest, [1 | 2, _]),
            _ => false,
        };
        if is_one {
            self.look.end();
        }
        Ok(is_one)
    }

    /// Reads fragments of handshake messages. Returns whether they are valid.
    fn fragments(&mut self, mut reader: Reader<'_>) -> Result<bool, Short> {
        while !reader.is_empty() && !self.look.is_over() {
            let (kind, length, sequence, offset) = (reader.u8()?, reader.u24()?, reader.u16()?, reader.u24()?);
            let fragment = reader.block24()?.rest();
            let (length, offset) = (length as usize, offset as usize);
            if offset + fragment.len() > length {
                return Ok(false);
            }
            let is_one = match kind {
                HELLO_VERIFY_REQUEST => self.hello_verify_request(fragment),
                _ if fragment.len() == length => self.look.message(kind, fragment),
                _ => self.fragment(kind, sequence, offset, fragment, length),
            };
            if !is_one {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// RFC 6347, section 4.2.1: the server requests the hello again, with a cookie.
    fn hello_verify_request(&mut self, body: &[u8]) -> bool {
        let is_one = matches!(body, [0xfe, _, length, cookie @ ..] | [1, 0, length, cookie @ ..] if usize::from(*length) == cookie.len());
        self.look.connection.is_recognised |= is_one;
        is_one
    }

    /// Reassembles a message. Messages that are not needed are recognised by their position.
    fn fragment(&mut self, kind: u8, sequence: u16, offset: usize, fragment: &[u8], length: usize) -> bool {
        if ![CLIENT_HELLO, SERVER_HELLO, CERTIFICATE].contains(&kind) || length > LONGEST_MESSAGE {
            return self.look.connection.is_recognised;
        }
        if offset == 0 {
            *self.begun = Some(Box::new(Message { kind, sequence, bytes: Vec::new() }));
        }
        let Some(message) = self.begun.as_deref_mut() else { return self.look.connection.is_recognised };
        if (message.kind, message.sequence, message.bytes.len()) != (kind, sequence, offset) {
            return true;
        }
        message.bytes.extend_from_slice(fragment);
        if message.bytes.len() == length {
            self.look.message(kind, &message.bytes)
        } else {
            self.look.beginning(kind, &message.bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissectors::tls::hello::tests::{client, server};
    use crate::testing::{Exchange, assert_named, hex};

    fn record(content: u8, version: u16, epoch: u16, fragment: &[u8]) -> Vec<u8> {
        let head = [&[content], &version.to_be_bytes()[..], &epoch.to_be_bytes(), &[0, 0, 0, 0, 0, 7]].concat();
        [&head, &(fragment.len() as u16).to_be_bytes()[..], fragment].concat()
    }

    /// A part of a handshake message.
    fn part(kind: u8, body: &[u8], from: usize, to: usize) -> Vec<u8> {
        let length = |bytes: usize| (bytes as u32).to_be_bytes()[1..].to_vec();
        [vec![kind], length(body.len()), vec![0, 0], length(from), length(to - from), body[from..to].to_vec()].concat()
    }

    fn handshake(kind: u8, version: u16, body: &[u8]) -> Vec<u8> {
        record(HANDSHAKE, version, 0, &part(kind, body, 0, body.len()))
    }

    #[test]
    fn recognised_by_its_hello() {
        for (version, start) in [(0xfeff, "dd1"), (0xfefd, "dd2"), (0x0100, "d00")] {
            let exchange = Exchange::udp(4433)
                .client(handshake(CLIENT_HELLO, version, &client(version, &[0xc02b], &[(10, b"\0\x02\0\x1d")])))
                .server(handshake(HELLO_VERIFY_REQUEST, version, &[&version.to_be_bytes()[..], &[2, 7, 7]].concat()))
                .server(handshake(SERVER_HELLO, version, &server(version, 0xc02b, &[])));
            assert_named(&exchange, labels::DTLS);
            let metadata = exchange.outcome().metadata;
            assert!(metadata.client_fingerprint.is_some_and(|ja4| ja4.starts_with(start)));
            assert!(metadata.server_fingerprint.is_some());
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn a_message_may_come_in_fragments() {
        let body = client(0xfefd, &[0xc02b], &[(0, b"\0\x0e\0\0\x0bexample.com")]);
        let part = |from, to| record(HANDSHAKE, 0xfefd, 0, &part(CLIENT_HELLO, &body, from, to));
        let exchange = Exchange::udp(4433).client(part(0, 50)).client(part(50, body.len()));
        assert_eq!(exchange.outcome().server_name(), "example.com");
        assert!(exchange.outcome().metadata.client_fingerprint.is_some());
    }

    #[test]
    fn recognised_from_the_middle() {
        for datagram in [
            record(APPLICATION_DATA, 0xfefd, 1, &[0x5a; 60]),
            record(APPLICATION_DATA, 0x0100, 1, &[0x5a; 60]),
            record(ALERT, 0xfefd, 0, &[2, 40]),
            [record(CHANGE_CIPHER_SPEC, 0xfeff, 0, &[1]), record(HANDSHAKE, 0xfeff, 1, &[0x5a; 48])].concat(),
        ] {
            assert_named(&Exchange::udp(4433).server(datagram), labels::DTLS);
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for wrong in [
            hex("17fefd 0001 000000000001 0005 01020304"),
            hex("17fefd 0001 000000000001 0003 01020304"),
            hex("17fefd 4001 000000000001 0004 01020304"),
            hex("15fefd 0000 000000000001 0002 0900"),
            hex("16fefd 0000 000000000001 000c 010000000000000000000000"),
        ] {
            assert_eq!(Exchange::udp(4433).client(&wrong).verdict_of::<Dtls>(), Verdict::Excluded, "{wrong:02x?}");
        }
    }
}

//! The handshake as far as it is in the clear, over TLS and DTLS.

use super::certificate;
use super::findings::{client_hello, server_hello};
use super::hello::{Carrier, ClientHello, ServerHello, may_begin};
use crate::dissect::{Found, Reader, Then, Verdict};
use crate::vocabulary::labels;

/// Handshake types (IANA, TLS `HandshakeType`).
pub(crate) const CLIENT_HELLO: u8 = 0x01;
pub(crate) const SERVER_HELLO: u8 = 0x02;
pub(crate) const CERTIFICATE: u8 = 0x0b;
const SERVER_HELLO_DONE: u8 = 0x0e;

/// The observed state of a connection.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    pub(crate) is_recognised: bool,
    /// By direction, that from the source last: nothing more is needed from it.
    is_over: [bool; 2],
    /// The direction of the client hello, once there was one.
    client: Option<bool>,
    /// The server's certificate need not be read: the client's hello was enough.
    is_known: bool,
    /// A server's hello was seen before the client's.
    server_first: bool,
    /// For such a server: number of payloads since everything relevant was read.
    waited: u8,
}

/// Captures that are merged from several queues show a server's flight before the client's hello.
const MOST_WAITED: u8 = 8;

impl Connection {
    pub(crate) fn is_over(&self, side: bool) -> bool {
        self.is_over[usize::from(side)]
    }

    /// A client has sent a hello in a form without information.
    pub(super) fn began(&mut self, side: bool) {
        self.client = Some(side);
        self.is_over[usize::from(side)] = true;
    }

    /// A further payload of a finished direction.
    pub(crate) fn pass(&mut self) -> Verdict {
        self.waited += 1;
        self.verdict(false)
    }

    pub(crate) fn verdict(&self, is_incomplete: bool) -> Verdict {
        match (self.is_recognised, is_incomplete) {
            (false, true) => Verdict::More,
            (false, false) => Verdict::Wait,
            (true, _) if self.is_done() => Verdict::DONE,
            (true, true) => Verdict::Matched(Then::More),
            (true, false) => Verdict::Matched(Then::Wait),
        }
    }

    /// A client's direction may be finished before the server sends anything. Once a server's is finished, or data flows in the
    /// middle of a connection, nothing more can come, except the client's hello if that of the server was seen first.
    fn is_done(&self) -> bool {
        let is_over = |side| self.is_over(side) && self.client != Some(side);
        [false, true].into_iter().any(is_over) && !self.awaits_client()
    }

    fn awaits_client(&self) -> bool {
        self.server_first && self.client.is_none() && self.is_over != [true; 2] && self.waited < MOST_WAITED
    }
}

/// A look at bytes of one direction.
pub(crate) struct Look<'s, 'f, 'r> {
    pub(crate) connection: &'s mut Connection,
    pub(crate) found: &'f mut Found<'r>,
    pub(crate) side: bool,
    pub(crate) carrier: Carrier,
}

impl Look<'_, '_, '_> {
    pub(crate) fn is_over(&self) -> bool {
        self.connection.is_over(self.side)
    }

    /// From now on, the data of this direction is encrypted or not needed.
    pub(crate) fn end(&mut self) {
        self.connection.is_recognised = true;
        self.connection.is_over[usize::from(self.side)] = true;
    }

    /// Reads a handshake message. Returns whether it is one.
    pub(crate) fn message(&mut self, kind: u8, body: &[u8]) -> bool {
        match kind {
            CLIENT_HELLO => ClientHello::parse(body).is_some_and(|hello| {
                self.client_hello(&hello);
                self.end();
                true
            }),
            SERVER_HELLO => ServerHello::parse(body).is_some_and(|hello| {
                self.server_hello(&hello);
                true
            }),
            CERTIFICATE => self.certificate(body),
            SERVER_HELLO_DONE if body.is_empty() => {
                self.end();
                true
            }
            _ => self.connection.is_recognised,
        }
    }

    /// Reads the beginning of a message. Returns whether it may be one.
    pub(crate) fn beginning(&mut self, kind: u8, body: &[u8]) -> bool {
        match kind {
            CLIENT_HELLO => {
                if let Some(mut hello) = ClientHello::parse(body) {
                    // Extensions of which nothing has come look like none.
                    hello.is_whole &= hello.extensions.iter().next().is_some();
                    self.client_hello(&hello);
                }
                self.connection.is_recognised || may_begin(body)
            }
            SERVER_HELLO => may_begin(body),
            CERTIFICATE => self.certificate(body) || certificate::may_begin(body),
            _ => self.connection.is_recognised,
        }
    }

    fn client_hello(&mut self, hello: &ClientHello<'_>) {
        client_hello(self.found, hello, self.carrier);
        if self.carrier == Carrier::Tls {
            self.by_name_of_tor(hello);
        }
        self.connection.is_recognised = true;
        self.connection.client = Some(self.side);
        let is_known = self.found.known_application().is_known() || self.found.labels.category.is_some();
        self.connection.is_known = is_known && !self.found.wants_fields() && !self.found.wants_risks();
    }

    /// From TLS 1.3 on, the certificate is encrypted.
    fn server_hello(&mut self, hello: &ServerHello<'_>) {
        server_hello(self.found, hello);
        self.connection.is_recognised = true;
        self.connection.server_first |= self.connection.client.is_none();
        if hello.selected_version.is_some() || self.connection.is_known {
            self.end();
        }
    }

    /// Tor's clients request random names, and no protocol.
    fn by_name_of_tor(&mut self, hello: &ClientHello<'_>) {
        let is_unknown = !self.found.known_application().is_known() && hello.alpn.is_empty();
        let name = hello.host().filter(|_| is_unknown).and_then(|name| std::str::from_utf8(name).ok());
        if name.is_some_and(|name| certificate::is_random_name(name, ".com") && certificate::looks_random(name)) {
            self.found.application(labels::TOR);
        }
    }

    /// Reads the server's own certificate. Returns whether it is complete.
    fn certificate(&mut self, body: &[u8]) -> bool {
        let Ok(der) = certificate::first_of(Reader::new(body)) else { return self.connection.is_recognised };
        let is_one = certificate::certificate(self.found, der);
        if is_one {
            self.end();
        }
        is_one || self.connection.is_recognised
    }
}

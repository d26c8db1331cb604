//! Helpers for tests of dissectors: exchanges of payloads, shown to the engine or to one dissector.

use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;

use crate::dissect::{Dissector, Found, Segment, Then, Verdict};
use crate::flow::{Endpoints, Packet, Progress, Transport};
use crate::inspect::{Engine, Inspection};
use crate::knowledge::{Networks, Rules};
use crate::lessons::{Lesson, Memory};
use crate::metadata::{Field, Metadata};
use crate::verdict::{Classification, Labels};
use crate::vocabulary::{Label, Risk};

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(Rules::builtin(), 255).keep_fields(true).keep_risks(true));

/// The payloads of one flow, in order.
#[derive(Clone)]
pub(crate) struct Exchange {
    transport: Transport,
    client: SocketAddr,
    server: SocketAddr,
    payloads: Vec<(bool, Vec<u8>)>,
}

/// The engine's result for an exchange.
pub(crate) struct Outcome {
    /// Name, as in `application_name`.
    pub(crate) name: String,
    pub(crate) classification: Classification,
    pub(crate) metadata: Metadata,
    pub(crate) lessons: Vec<Lesson>,
    raised: Vec<(Risk, String)>,
}

impl Outcome {
    /// A value besides the columns; "" if there is none.
    pub(crate) fn field(&self, field: Field) -> &str {
        self.metadata.get(field).unwrap_or_default()
    }

    /// The risks, in the order of ids.
    pub(crate) fn risks(&self) -> Vec<Risk> {
        let mut risks: Vec<_> = self.raised.iter().map(|(risk, _)| *risk).collect();
        risks.sort();
        risks
    }

    /// The evidence of a risk, if it was raised.
    pub(crate) fn evidence(&self, risk: Risk) -> Option<&str> {
        self.raised.iter().find(|(raised, _)| *raised == risk).map(|(_, evidence)| &**evidence)
    }

    pub(crate) fn server_name(&self) -> &str {
        self.metadata.server_name.as_deref().unwrap_or_default()
    }
}

impl Exchange {
    /// A TCP connection to a port of a server.
    pub(crate) fn tcp(port: u16) -> Self {
        Self::new(Transport::Tcp, port)
    }

    /// Datagrams to and from a port of a server.
    pub(crate) fn udp(port: u16) -> Self {
        Self::new(Transport::Udp, port)
    }

    fn new(transport: Transport, port: u16) -> Self {
        let client = SocketAddr::from(([192, 0, 2, 1], 40001));
        Self { transport, client, server: SocketAddr::from(([192, 0, 2, 2], port)), payloads: Vec::new() }
    }

    /// Sets the client's port, if it matters.
    pub(crate) fn by_port(mut self, port: u16) -> Self {
        self.client.set_port(port);
        self
    }

    /// Sets the server's address, if it matters.
    pub(crate) fn to(mut self, address: impl Into<IpAddr>) -> Self {
        self.server.set_ip(address.into());
        self
    }

    /// Adds a payload from the client.
    pub(crate) fn client(mut self, payload: impl AsRef<[u8]>) -> Self {
        self.payloads.push((true, payload.as_ref().to_vec()));
        self
    }

    /// Adds a payload from the server.
    pub(crate) fn server(mut self, payload: impl AsRef<[u8]>) -> Self {
        self.payloads.push((false, payload.as_ref().to_vec()));
        self
    }

    /// Shows the exchange to the engine, with the built-in rules.
    pub(crate) fn outcome(&self) -> Outcome {
        let mut inspection = Inspection::default();
        let mut lessons = Vec::new();
        let mut sequences = [1_u32, 1];
        for (position, (from_source, payload)) in self.payloads.iter().enumerate() {
            let (src, dst) =
                if *from_source { (self.client, self.server) } else { (self.server, self.client) };
            let sequence = &mut sequences[usize::from(!*from_source)];
            let packet = Packet {
                protocol: if self.transport == Transport::Tcp { 6 } else { 17 },
                src,
                dst,
                from_source: *from_source,
                sequence: *sequence,
                syn: false,
                payload,
                payload_size: payload.len(),
                position: position as u64,
            };
            *sequence += payload.len() as u32;
            if ENGINE.inspect(&mut inspection, &packet, &mut lessons) == Progress::Done {
                break;
            }
        }
        let endpoints = Endpoints {
            protocol: if self.transport == Transport::Tcp { 6 } else { 17 },
            src: self.client,
            dst: self.server,
        };
        let classification = ENGINE.finish(&mut inspection, &endpoints, &Memory::default());
        let name = ENGINE.name(&classification).into_owned();
        // 2024-07-03.
        let raised = ENGINE.risks(&inspection, &classification, &endpoints, 1_720_000_000);
        Outcome { name, raised, classification, metadata: inspection.take_metadata(), lessons }
    }

    /// Name that the engine gives the exchange; "" if it is only a guess.
    pub(crate) fn name(&self) -> String {
        let outcome = self.outcome();
        if outcome.classification.is_guessed { String::new() } else { outcome.name }
    }

    /// Shows the payloads to one dissector alone until it decides. Returns the last verdict.
    pub(crate) fn verdict_of<D: Dissector>(&self) -> Verdict {
        let (rules, networks) = (Rules::default(), Networks::builtin());
        let mut state = D::State::default();
        let mut verdict = Verdict::Excluded;
        let mut counts = [0_u16, 0];
        for (from_source, payload) in &self.payloads {
            let side = usize::from(!*from_source);
            let (src, dst) =
                if *from_source { (self.client, self.server) } else { (self.server, self.client) };
            let segment = Segment {
                payload,
                transport: self.transport,
                from_source: *from_source,
                src: src.ip(),
                dst: dst.ip(),
                src_port: src.port(),
                dst_port: dst.port(),
                number: counts[0] + counts[1],
                number_of_direction: counts[side],
                wire_len: payload.len(),
            };
            counts[side] += 1;
            if !D::META.looks_at(self.transport) {
                return Verdict::Excluded;
            }
            let starts = segment.is_first_of_direction() && !D::META.may_start(payload, self.transport);
            if starts && segment.number == 0 {
                return Verdict::Excluded;
            }
            let mut found = Found::new(&rules, &networks, true, Labels::default());
            verdict = D::inspect(&mut state, &segment, &mut found);
            if matches!(verdict, Verdict::Excluded | Verdict::Matched(Then::Done)) {
                break;
            }
        }
        verdict
    }

    /// Checks that cuts do not change the result. TCP: wherever a payload is cut in two segments, the engine finds the
    /// same as in the whole. UDP: a datagram that is cut short is never taken for something else.
    pub(crate) fn assert_cuts_do_not_matter(&self) {
        let whole = self.outcome();
        for (index, (from_source, payload)) in self.payloads.iter().enumerate() {
            for at in 1..payload.len() {
                let mut cut = self.clone();
                cut.payloads[index].1.truncate(at);
                if self.transport == Transport::Tcp {
                    cut.payloads.insert(index + 1, (*from_source, payload[at..].to_vec()));
                    assert_eq!(cut.outcome().name, whole.name, "payload {index} cut at {at}");
                } else {
                    let name = cut.name();
                    assert!(name.is_empty() || name == "Unknown" || name == whole.name, "{name} at {at}");
                }
            }
        }
    }
}

/// Bytes written in hexadecimal, with blanks anywhere.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte =
        |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
    digits.chunks(2).map(byte).collect()
}

/// Checks that the engine gives an exchange this label by inspection.
pub(crate) fn assert_named(exchange: &Exchange, label: Label) {
    assert_eq!(exchange.name(), label.entry().expect("of the vocabulary").name);
}

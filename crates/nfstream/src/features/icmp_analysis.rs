//! What ICMP (RFC 792) and ICMPv6 (RFC 4443) said: types, echoes by identifier, and what errors are about.

use super::plugin::Plugin;
use crate::column::Kind::{Float64, Int32, Int64};
use crate::column::{Feature, Kind, Unit, Value};
use crate::flow::{Direction, Flow, Packet};

/// IP protocol numbers.
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// Bytes before the content of a message (RFC 792; RFC 4443, section 2.1).
const HEADER: usize = 8;

/// Most echo requests that wait for their reply at a time; the oldest then stays unanswered.
const MOST_WAITING: usize = 32;

/// How long before its request a reply may be captured, in nanoseconds.
const EARLIEST: u64 = 100_000_000;

/// Most echo identifiers that are told apart.
const MOST_IDENTIFIERS: usize = 16;

/// What ICMP and ICMPv6 said.
#[derive(Clone, Debug)]
pub(crate) struct IcmpAnalysis;

/// The messages of a flow; none for flows of other protocols.
#[derive(Debug, Default)]
pub(crate) struct Analysed(Option<Box<Messages>>);

/// The messages of a flow.
#[derive(Clone, Debug, Default)]
struct Messages {
    /// Type and code of the first message.
    first: Option<(u8, u8)>,
    /// The same by direction.
    first_by_direction: [Option<(u8, u8)>; 2],
    /// Packet that the first error is about.
    about: Option<About>,
    /// Echo identifiers, in the order in which they came.
    identifiers: [u16; MOST_IDENTIFIERS],
    n_identifiers: usize,
    requests: u64,
    replies: u64,
    answered: u64,
    /// Those whose reply was captured after them.
    timed: u64,
    /// Requests without a reply so far, and replies without a request: a ring in the order of the capture.
    waiting: [Option<Echo>; MOST_WAITING],
    /// Place of the next of them in the ring.
    next: usize,
    /// Nanoseconds.
    shortest: u64,
    longest: u64,
    sum: u64,
}

/// An echo request or reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Echo {
    is_reply: bool,
    direction: Direction,
    identifier: u16,
    sequence: u16,
    /// Nanoseconds since the epoch.
    time: u64,
}

/// The packet that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct About {
    protocol: u8,
    /// Source and destination port.
    ports: Option<(u16, u16)>,
}

/// What a message is.
enum Subject {
    EchoRequest,
    EchoReply,
    Error,
    Other,
}

impl Subject {
    /// From the IANA registries "ICMP Type Numbers" and "ICMPv6 type Numbers".
    fn of(protocol: u8, kind: u8) -> Self {
        match (protocol, kind) {
            (ICMP, 8) | (ICMPV6, 128) => Self::EchoRequest,
            (ICMP, 0) | (ICMPV6, 129) => Self::EchoReply,
            // Destination unreachable, source quench, redirect, time exceeded, parameter problem.
            (ICMP, 3 | 4 | 5 | 11 | 12) => Self::Error,
            // Destination unreachable, packet too big, time exceeded, parameter problem.
            (ICMPV6, 1..=4) => Self::Error,
            _ => Self::Other,
        }
    }
}

impl Echo {
    /// Whether one is the request and the other its reply.
    fn is_pair(&self, other: &Self) -> bool {
        (self.is_reply, self.direction) == (!other.is_reply, other.direction.opposite())
            && (self.identifier, self.sequence) == (other.identifier, other.sequence)
    }
}

impl About {
    /// Reads the beginning of a packet that an error carries.
    fn read(packet: &[u8]) -> Option<Self> {
        let (protocol, length) = match packet.first()? >> 4 {
            4 => (*packet.get(9)?, usize::from(packet[0] & 0x0f) * 4),
            6 => (*packet.get(6)?, 40),
            _ => return None,
        };
        // TCP, UDP, DCCP, SCTP and UDP-Lite begin with their ports. A fragment other than the first has none.
        let has_ports = matches!(protocol, 6 | 17 | 33 | 132 | 136);
        let is_later_fragment = packet[0] >> 4 == 4 && {
            let fragment = packet.get(6..8)?;
            u16::from_be_bytes([fragment[0], fragment[1]]) & 0x1fff != 0
        };
        let ports = packet.get(length..length + 4).filter(|_| has_ports && !is_later_fragment);
        let ports = ports.map(|ports| {
            (u16::from_be_bytes([ports[0], ports[1]]), u16::from_be_bytes([ports[2], ports[3]]))
        });
        Some(Self { protocol, ports })
    }
}

impl Messages {
    fn add(&mut self, packet: &Packet<'_>) {
        let Some(headers) = packet.whole().filter(|headers| headers.transport_size as usize >= HEADER) else {
            return;
        };
        let message = packet.frame.get(headers.transport_offset as usize..headers.payload_end as usize);
        let Some((&header, content)) = message.and_then(|message| message.split_first_chunk::<HEADER>())
        else {
            return;
        };
        let [kind, code, _, _, identifier @ .., sequence_high, sequence_low] = header;
        self.first.get_or_insert((kind, code));
        self.first_by_direction[packet.direction as usize].get_or_insert((kind, code));
        let subject = Subject::of(headers.protocol, kind);
        let echo = Echo {
            is_reply: matches!(subject, Subject::EchoReply),
            direction: packet.direction,
            identifier: u16::from_be_bytes(identifier),
            sequence: u16::from_be_bytes([sequence_high, sequence_low]),
            time: packet.time.nanoseconds() as u64,
        };
        match subject {
            Subject::EchoRequest => self.request(echo),
            Subject::EchoReply => self.reply(echo),
            Subject::Error => self.about = self.about.or_else(|| About::read(content)),
            Subject::Other => {}
        }
    }

    /// Takes a request. Its reply may have been captured a little before it.
    fn request(&mut self, request: Echo) {
        self.identify(request.identifier);
        self.requests += 1;
        match self.take_waiting(&request) {
            Some(reply) if request.time.saturating_sub(reply.time) <= EARLIEST => self.answered += 1,
            _ => self.wait(request),
        }
    }

    /// Takes a reply, which answers the oldest request that it may answer.
    fn reply(&mut self, reply: Echo) {
        self.identify(reply.identifier);
        self.replies += 1;
        let Some(request) = self.take_waiting(&reply) else { return self.wait(reply) };
        let round_trip = reply.time.saturating_sub(request.time);
        self.shortest = if self.timed == 0 { round_trip } else { self.shortest.min(round_trip) };
        self.longest = self.longest.max(round_trip);
        self.sum = self.sum.saturating_add(round_trip);
        self.timed += 1;
        self.answered += 1;
    }

    fn wait(&mut self, echo: Echo) {
        self.waiting[self.next] = Some(echo);
        self.next = (self.next + 1) % MOST_WAITING;
    }

    /// Takes out the oldest echo that makes a pair with another.
    fn take_waiting(&mut self, echo: &Echo) -> Option<Echo> {
        let mut places = (self.next..MOST_WAITING).chain(0..self.next);
        let place =
            places.find(|&place| self.waiting[place].as_ref().is_some_and(|other| other.is_pair(echo)))?;
        self.waiting[place].take()
    }

    fn identify(&mut self, identifier: u16) {
        let is_new = !self.identifiers[..self.n_identifiers].contains(&identifier);
        if is_new && let Some(place) = self.identifiers.get_mut(self.n_identifiers) {
            *place = identifier;
            self.n_identifiers += 1;
        }
    }
}

impl Plugin for IcmpAnalysis {
    type State = Analysed;

    fn features(&self) -> Vec<Feature<Analysed>> {
        message_features().into_iter().chain(echo_features()).chain(error_features()).collect()
    }

    fn on_init(&mut self, packet: &Packet<'_>, flow: &mut Flow) -> Analysed {
        let mut analysed = Analysed::default();
        if matches!(flow.protocol, ICMP | ICMPV6) {
            analysed.0.get_or_insert_default().add(packet);
        }
        analysed
    }

    #[inline]
    fn on_update(&mut self, Analysed(analysed): &mut Analysed, packet: &Packet<'_>, _: &mut Flow) {
        if let Some(messages) = analysed {
            messages.add(packet);
        }
    }

    #[inline]
    fn memory(Analysed(analysed): &Analysed) -> usize {
        if analysed.is_some() { size_of::<Messages>() } else { 0 }
    }
}

/// A column of whole numbers, -1 where there is none.
fn feature(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    doc: &'static str,
    read: fn(&Messages) -> Option<i64>,
) -> Feature<Analysed> {
    Feature::new(name, kind, unit, doc, move |_, Analysed(analysed): &Analysed| {
        Value::Int(analysed.as_deref().and_then(read).unwrap_or(-1))
    })
}

fn count(name: &'static str, doc: &'static str, read: fn(&Messages) -> u64) -> Feature<Analysed> {
    Feature::new(name, Int64, Unit::Packets, doc, move |_, Analysed(analysed): &Analysed| {
        Value::from(analysed.as_deref().map_or(0, read))
    })
}

fn round_trip(name: &'static str, doc: &'static str, read: fn(&Messages) -> f64) -> Feature<Analysed> {
    Feature::new(name, Float64, Unit::Milliseconds, doc, move |_, Analysed(analysed): &Analysed| {
        let answered = analysed.as_deref().filter(|messages| messages.timed > 0);
        Value::Float(answered.map_or(-1.0, |messages| read(messages) / 1e6))
    })
}

fn kind_of(message: Option<(u8, u8)>) -> Option<i64> {
    message.map(|(kind, _)| kind.into())
}

fn code_of(message: Option<(u8, u8)>) -> Option<i64> {
    message.map(|(_, code)| code.into())
}

const REPLY: usize = Direction::DstToSrc as usize;

fn message_features() -> [Feature<Analysed>; 4] {
    [
        feature(
            "icmp_type",
            Int32,
            Unit::None,
            "Type of the flow's first ICMP or ICMPv6 message; -1 for other protocols.",
            |messages| kind_of(messages.first),
        ),
        feature(
            "icmp_code",
            Int32,
            Unit::None,
            "Code of the flow's first ICMP or ICMPv6 message; -1 for other protocols.",
            |messages| code_of(messages.first),
        ),
        feature(
            "dst2src_icmp_type",
            Int32,
            Unit::None,
            "Type of the first ICMP or ICMPv6 message from destination to source; -1 if there was none.",
            |messages| kind_of(messages.first_by_direction[REPLY]),
        ),
        feature(
            "dst2src_icmp_code",
            Int32,
            Unit::None,
            "Code of the first ICMP or ICMPv6 message from destination to source; -1 if there was none.",
            |messages| code_of(messages.first_by_direction[REPLY]),
        ),
    ]
}

fn echo_features() -> [Feature<Analysed>; 8] {
    [
        feature(
            "icmp_echo_id",
            Int32,
            Unit::None,
            "Identifier of the flow's first ICMP or ICMPv6 echo; -1 if there was none.",
            |messages| messages.identifiers[..messages.n_identifiers].first().map(|&first| first.into()),
        ),
        Feature::new(
            "icmp_echo_ids",
            Int64,
            Unit::None,
            "Number of different identifiers of ICMP or ICMPv6 echoes; at most 16 are told apart.",
            |_, Analysed(analysed): &Analysed| {
                Value::from(analysed.as_deref().map_or(0, |messages| messages.n_identifiers as u64))
            },
        ),
        count("icmp_echo_requests", "ICMP or ICMPv6 echo requests in both directions.", |messages| {
            messages.requests
        }),
        count("icmp_echo_replies", "ICMP or ICMPv6 echo replies in both directions.", |messages| {
            messages.replies
        }),
        count(
            "icmp_unanswered_requests",
            "ICMP or ICMPv6 echo requests without a reply of the same identifier and sequence number in the other \
             direction, which may be captured up to 100 ms before its request. At most 32 echoes wait for each other at a time.",
            |messages| messages.requests - messages.answered,
        ),
        round_trip(
            "icmp_min_rtt_ms",
            "Shortest time from an ICMP or ICMPv6 echo request to its reply; -1 if there was none.",
            |messages| messages.shortest as f64,
        ),
        round_trip(
            "icmp_mean_rtt_ms",
            "Mean time from an ICMP or ICMPv6 echo request to its reply; -1 if there was none.",
            |messages| messages.sum as f64 / messages.timed as f64,
        ),
        round_trip(
            "icmp_max_rtt_ms",
            "Longest time from an ICMP or ICMPv6 echo request to its reply; -1 if there was none.",
            |messages| messages.longest as f64,
        ),
    ]
}

fn error_features() -> [Feature<Analysed>; 3] {
    [
        feature(
            "icmp_error_protocol",
            Int32,
            Unit::None,
            "IP protocol number of the packet that the flow's first ICMP or ICMPv6 error is about; -1 if there was none.",
            |messages| messages.about.map(|about| about.protocol.into()),
        ),
        feature(
            "icmp_error_src_port",
            Int32,
            Unit::None,
            "Source port of that packet; -1 if it has none.",
            |messages| messages.about?.ports.map(|(source, _)| source.into()),
        ),
        feature(
            "icmp_error_dst_port",
            Int32,
            Unit::None,
            "Destination port of that packet; -1 if it has none.",
            |messages| messages.about?.ports.map(|(_, destination)| destination.into()),
        ),
    ]
}

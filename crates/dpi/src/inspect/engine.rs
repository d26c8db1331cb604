//! The engine: asks dissectors about the payloads of a flow until one recognises it.

use std::borrow::Cow;
use std::net::SocketAddr;

use crate::candidates::{Candidates, Set};
use crate::dissector::{Segment, State, Then, Transport, Verdict};
use crate::found::{Confidence, Found, Labels};
use crate::guess::Guesses;
use crate::label::{Category, Label};
use crate::labels;
use crate::memory::{Lesson, Memory};
use crate::metadata::Metadata;
use crate::networks::Networks;
use crate::rules::Rules;
use crate::stream::{Stream, opened};

/// Bytes of memory that the inspection of a flow may take: a message and segments that came early, of each direction. Past that, what
/// has been found is all.
const MOST_MEMORY: usize = 128 * 1024;

/// What is the same for all flows: dissectors, rules, address owners. One serves any number of threads.
pub struct Engine {
    candidates: Candidates,
    rules: Rules,
    pub(crate) networks: Networks,
    pub(crate) guesses: Guesses,
    n_dissections: u16,
    keeps_fields: bool,
}

/// A packet of a flow.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// IP protocol number (IANA).
    pub protocol: u8,
    /// Sender; port 0 unless TCP or UDP.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// Whether the sender is the flow's source.
    pub from_source: bool,
    /// TCP: sequence number.
    pub sequence: u32,
    /// TCP: whether the SYN flag is set.
    pub syn: bool,
    /// The captured part of the transport payload.
    pub payload: &'a [u8],
    /// Length of the transport payload on the wire.
    pub payload_size: usize,
    /// Position in the input: what it teaches counts for packets behind it.
    pub position: u64,
}

/// The source and the destination of a flow, and its IP protocol.
#[derive(Clone, Copy, Debug)]
pub struct Endpoints {
    /// IP protocol number (IANA).
    pub protocol: u8,
    /// Sender of the first packet.
    pub src: SocketAddr,
    /// Its receiver.
    pub dst: SocketAddr,
}

/// Whether a flow has more to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Further packets are worth showing.
    More,
    /// Nothing will change any more.
    Done,
}

/// What is known of a flow, and while it is inspected what is needed for that.
#[derive(Default)]
pub struct Inspection {
    labels: Labels,
    metadata: Option<Box<Metadata>>,
    work: Work,
    /// Position of the last packet that was shown.
    position: u64,
    /// Bytes of memory that it takes beside itself.
    memory: u32,
    saw_payload: bool,
    /// How often something was found.
    revision: u16,
}

/// A million flows may wait for their first payload at a time, or for their second.
#[derive(Default)]
enum Work {
    #[default]
    NotBegun,
    /// There was no payload yet.
    Opened(Opened),
    Datagrams(Box<Active>),
    Connection(Box<Connection>),
    Done,
}

/// What is known of a flow without a payload.
#[derive(Default)]
struct Opened {
    packets: u16,
    /// TCP: whether there was a SYN in each direction, the source's first.
    is_known: [bool; 2],
    /// TCP: the sequence number that comes next, where there was one.
    next: [u32; 2],
}

/// A TCP connection that is being inspected.
struct Connection {
    active: Active,
    /// The source's first.
    streams: [Stream; 2],
}

/// A flow that is being inspected.
#[derive(Default)]
struct Active {
    packets: u16,
    /// Payloads of each direction, the source's first.
    payloads: [u16; 2],
    /// Whether the last payload of a direction is to be shown again with what follows it.
    is_shown_again: [bool; 2],
    /// The dissector that has recognised the flow, and wants more of it.
    recognised_by: Option<u16>,
    /// Dissectors that may still recognise it.
    possible: Set,
    /// Those that have been asked and want more.
    engaged: Set,
    states: Vec<(u16, State)>,
    /// There while somebody has taken in something that others want to see again.
    taken: Option<Box<Taken>>,
}

/// Of the bytes of each direction that are shown again: how many some dissectors have taken in already.
#[derive(Default)]
struct Taken([Vec<(usize, usize)>; 2]);

impl Work {
    /// Bytes of memory that it takes.
    fn memory(&self, engine: &Engine) -> usize {
        match self {
            Self::NotBegun | Self::Opened(_) | Self::Done => 0,
            Self::Datagrams(active) => size_of::<Active>() + active.memory(engine),
            Self::Connection(connection) => {
                let Connection { active, streams } = &**connection;
                let streams: usize = streams.iter().map(Stream::memory).sum();
                size_of::<Connection>() + active.memory(engine) + streams
            }
        }
    }
}

impl Active {
    /// Some dissectors have taken in all bytes of a payload that others want to see again.
    fn take_in(&mut self, dissectors: &Set, segment: &Segment<'_>) {
        if dissectors.is_empty() {
            return;
        }
        let Taken(taken) = &mut **self.taken.get_or_insert_default();
        let taken = &mut taken[segment.side()];
        for index in dissectors.iter() {
            taken.retain(|(other, _)| *other != index);
            taken.push((index, segment.payload.len()));
        }
    }

    /// Nothing of a direction is shown again.
    fn forget_taken(&mut self, side: usize) {
        if let Some(Taken(taken)) = self.taken.as_deref_mut() {
            taken[side].clear();
            if taken.iter().all(Vec::is_empty) {
                self.taken = None;
            }
        }
    }

    /// Bytes of memory that it takes beside itself.
    fn memory(&self, engine: &Engine) -> usize {
        let of_state = |(index, state): &(u16, State)| {
            engine
                .candidates
                .dissectors
                .get(usize::from(*index))
                .map_or(0, |dissector| dissector.memory(state))
        };
        let states: usize = self.states.iter().map(of_state).sum();
        let taken = self.taken.as_deref().map_or(0, |Taken(taken)| {
            size_of::<Taken>()
                + taken.iter().map(|taken| taken.capacity() * size_of::<(usize, usize)>()).sum::<usize>()
        });
        self.states.capacity() * size_of::<(u16, State)>() + states + taken
    }

    /// The payload without what a dissector has taken in before.
    fn not_taken<'a>(&self, index: usize, segment: &Segment<'a>) -> Segment<'a> {
        let mut segment = *segment;
        let Some(Taken(taken)) = self.taken.as_deref() else { return segment };
        let taken = taken[segment.side()].iter().find(|(other, _)| *other == index);
        if let Some((_, length)) = taken {
            segment.payload = segment.payload.get(*length..).unwrap_or_default();
            segment.wire_len = segment.wire_len.saturating_sub(*length);
        }
        segment
    }
}

/// The verdict on a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Classification {
    /// The protocol or carrier; [`Label::UNKNOWN`] when an application is recognised by itself.
    pub protocol: Label,
    /// The application above it.
    pub application: Label,
    /// What kind of thing it is.
    pub category: Category,
    /// How it came about.
    pub confidence: Confidence,
    /// Whether it is a guess by port or address.
    pub is_guessed: bool,
}

impl Engine {
    /// An engine with the rules given, that looks at the first `n_dissections` packets of each flow.
    pub fn new(rules: Rules, n_dissections: u16) -> Self {
        Self {
            candidates: Candidates::new(),
            rules,
            networks: Networks::builtin(),
            guesses: Guesses::new(),
            n_dissections,
            keeps_fields: false,
        }
    }

    /// Whether metadata beside the columns is kept as well.
    #[must_use]
    pub fn keep_fields(mut self, keeps_fields: bool) -> Self {
        self.keeps_fields = keeps_fields;
        self
    }

    /// The rules by which names belong to applications.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The name of a classification, as it stands in `application_name`: `TLS.Facebook`, `SSH`, `Unknown`.
    pub fn name(&self, classification: &Classification) -> Cow<'_, str> {
        let Classification { protocol, application, .. } = *classification;
        let one = |label| self.rules.name(label);
        if protocol.is_known() && application.is_known() && protocol != application {
            format!("{}.{}", one(protocol), one(application)).into()
        } else {
            one(if application.is_known() { application } else { protocol }).into()
        }
    }

    /// Shows a flow's next packet. What it teaches of other flows is added to `lessons`.
    pub fn inspect(
        &self,
        inspection: &mut Inspection,
        packet: &Packet<'_>,
        lessons: &mut Vec<Lesson>,
    ) -> Progress {
        let Inspection { labels, metadata, work, position, memory, saw_payload, revision } = inspection;
        *position = packet.position;
        *saw_payload |= !packet.payload.is_empty();
        let Some(transport) = transport(packet.protocol).filter(|_| self.n_dissections > 0) else {
            if let Work::NotBegun = work {
                *labels = self.by_ip_protocol(packet);
            }
            *work = Work::Done;
            return Progress::Done;
        };
        if let Work::NotBegun = work {
            *work = Work::Opened(Opened::default());
        }
        if let Work::Opened(opened) = work {
            if packet.payload.is_empty() {
                let progress = opened.at_packet(packet, transport, self.n_dissections);
                if progress == Progress::Done {
                    *work = Work::Done;
                }
                return progress;
            }
            let active = Active { packets: opened.packets, ..self.begin(packet, transport) };
            *work = match transport {
                Transport::Tcp => {
                    let streams = [0, 1].map(|side| Stream::at(opened.next(side)));
                    Work::Connection(Box::new(Connection { active, streams }))
                }
                Transport::Udp => Work::Datagrams(Box::new(active)),
            };
        }
        let mut look = Look { engine: self, labels, metadata, revision, lessons, position: packet.position };
        let (progress, packets) = match work {
            Work::Datagrams(active) => (look.at_datagram(active, packet), active.packets),
            Work::Connection(connection) => (look.at_segment(connection, packet), connection.active.packets),
            Work::NotBegun | Work::Opened(_) | Work::Done => return Progress::Done,
        };
        let of_metadata = metadata.as_deref().map_or(0, Metadata::memory);
        if progress == Progress::More && packets < self.n_dissections {
            let of_work = work.memory(self);
            if of_work <= MOST_MEMORY {
                *memory = (of_work + of_metadata) as u32;
                return Progress::More;
            }
        }
        *memory = of_metadata as u32;
        *work = Work::Done;
        Progress::Done
    }

    fn begin(&self, packet: &Packet<'_>, transport: Transport) -> Active {
        let tables = self.candidates.tables(transport);
        let ports = [packet.src.port(), packet.dst.port()];
        Active { possible: tables.possible(ports), ..Active::default() }
    }

    fn by_ip_protocol(&self, packet: &Packet<'_>) -> Labels {
        let label = match of_ip_protocol(packet.protocol) {
            _ if self.n_dissections == 0 => Label::UNKNOWN,
            // RFC 7868: there is no version but this.
            labels::EIGRP if !matches!(packet.payload, [] | [2, ..]) => Label::UNKNOWN,
            label => label,
        };
        let confidence = if label.is_known() { Confidence::Inspection } else { Confidence::Unknown };
        Labels { protocol: label, confidence, ..Labels::default() }
    }

    /// The verdict, with what earlier flows taught, and a guess where nothing was recognised. Frees what inspection needed.
    pub fn finish(
        &self,
        inspection: &mut Inspection,
        endpoints: &Endpoints,
        memory: &Memory,
    ) -> Classification {
        inspection.end();
        self.so_far(inspection, endpoints, memory)
    }

    /// What is known of a flow so far: while it is inspected what was recognised, afterwards the verdict.
    pub fn so_far(&self, inspection: &Inspection, endpoints: &Endpoints, memory: &Memory) -> Classification {
        let labels = inspection.labels;
        let mut classification = Classification {
            protocol: labels.protocol,
            application: labels.application,
            category: Category::UNSPECIFIED,
            confidence: labels.confidence,
            is_guessed: false,
        };
        if matches!(inspection.work, Work::Done) {
            self.conclude(&mut classification, inspection, endpoints, memory);
        }
        let named = if classification.application.is_known() {
            classification.application
        } else {
            classification.protocol
        };
        classification.category = labels.category.unwrap_or_else(|| self.rules.category(named));
        classification
    }

    fn conclude(
        &self,
        classification: &mut Classification,
        inspection: &Inspection,
        endpoints: &Endpoints,
        memory: &Memory,
    ) {
        if !classification.application.is_known() && self.n_dissections > 0 {
            classification.recall(memory, endpoints, inspection.position);
        }
        classification.name_media();
        if classification.confidence == Confidence::Unknown && self.n_dissections > 0 {
            self.guesses.guess(classification, endpoints, inspection.saw_payload, &self.networks);
        }
    }
}

impl Classification {
    /// Takes from an earlier flow what is not known of this one.
    fn recall(&mut self, memory: &Memory, endpoints: &Endpoints, position: u64) {
        let Some(lesson) = memory.recall(endpoints, position) else { return };
        if !self.protocol.is_known() || (self.protocol == lesson.protocol && lesson.application.is_known()) {
            self.protocol = lesson.protocol;
            self.application = lesson.application;
            self.confidence = Confidence::EarlierFlow;
        } else if lesson.protocol == labels::STUN && [labels::SRTP, labels::DTLS].contains(&self.protocol) {
            self.application = lesson.application;
        }
    }

    /// Media for which STUN opened the way has a name of its own where nobody knows whose it is.
    fn name_media(&mut self) {
        if self.protocol == labels::SRTP && !self.application.is_known() {
            (self.protocol, self.application) = (labels::STUN, labels::RTP);
        }
    }
}

impl Inspection {
    /// What was read on the way, if anything was.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_deref()
    }

    /// Frees what inspection needed; what was found stays.
    pub fn end(&mut self) {
        if self.is_at_work() {
            self.memory = self.metadata().map_or(0, Metadata::memory) as u32;
        }
        self.work = Work::Done;
    }

    /// Bytes of memory that it takes beside itself.
    pub fn memory(&self) -> usize {
        self.memory as usize
    }

    /// Whether it takes memory that its [end](Self::end) frees.
    pub fn is_at_work(&self) -> bool {
        matches!(self.work, Work::Datagrams(_) | Work::Connection(_))
    }

    /// Another number whenever something was found.
    pub fn revision(&self) -> u16 {
        self.revision
    }

    /// What was found so far, without what goes on with the inspection.
    #[must_use]
    pub fn found(&self) -> Self {
        let work = if matches!(self.work, Work::Done) { Work::Done } else { Work::NotBegun };
        let memory = self.metadata().map_or(0, Metadata::memory) as u32;
        Self { metadata: self.metadata.clone(), work, memory, ..*self }
    }

    /// Counts a packet in that was shown to another inspection of the flow, which found nothing new.
    pub fn pass(&mut self, position: u64, has_payload: bool) {
        self.position = position;
        self.saw_payload |= has_payload;
    }

    /// Gives away what was read on the way.
    pub fn take_metadata(&mut self) -> Metadata {
        self.metadata.take().map(|metadata| *metadata).unwrap_or_default()
    }
}

impl Opened {
    /// A packet without payload.
    fn at_packet(&mut self, packet: &Packet<'_>, transport: Transport, n_dissections: u16) -> Progress {
        self.packets += 1;
        if transport == Transport::Tcp && packet.syn {
            let side = usize::from(!packet.from_source);
            if let Some(next) = opened(self.next(side), packet.sequence) {
                (self.is_known[side], self.next[side]) = (true, next);
            }
        }
        if self.packets < n_dissections { Progress::More } else { Progress::Done }
    }

    /// The sequence number that comes next in a direction, if that is known.
    fn next(&self, side: usize) -> Option<u32> {
        self.is_known[side].then_some(self.next[side])
    }
}

fn transport(protocol: u8) -> Option<Transport> {
    match protocol {
        6 => Some(Transport::Tcp),
        17 => Some(Transport::Udp),
        _ => None,
    }
}

/// What an IP protocol number says by itself (IANA, Protocol Numbers).
pub(crate) fn of_ip_protocol(protocol: u8) -> Label {
    match protocol {
        1 => labels::ICMP,
        2 => labels::IGMP,
        4 => labels::IP_IN_IP,
        8 => labels::EGP,
        47 => labels::GRE,
        50 => labels::ESP,
        51 => labels::AH,
        58 => labels::ICMPV6,
        88 => labels::EIGRP,
        89 => labels::IP_OSPF,
        103 => labels::IP_PIM,
        112 => labels::VRRP,
        113 => labels::PGM,
        115 => labels::L2TP,
        132 => labels::SCTP,
        _ => Label::UNKNOWN,
    }
}

/// One packet, one flow.
struct Look<'a> {
    engine: &'a Engine,
    labels: &'a mut Labels,
    metadata: &'a mut Option<Box<Metadata>>,
    revision: &'a mut u16,
    lessons: &'a mut Vec<Lesson>,
    position: u64,
}

impl Look<'_> {
    fn at_datagram(&mut self, active: &mut Active, packet: &Packet<'_>) -> Progress {
        active.packets += 1;
        if packet.payload.is_empty() {
            return Progress::More;
        }
        self.at_payload(active, packet, Transport::Udp, packet.payload).0
    }

    fn at_segment(&mut self, connection: &mut Connection, packet: &Packet<'_>) -> Progress {
        let Connection { active, streams } = connection;
        let stream = &mut streams[usize::from(!packet.from_source)];
        active.packets += 1;
        if packet.syn {
            stream.open(packet.sequence);
        }
        if packet.payload.is_empty() {
            return Progress::More;
        }
        let sequence = packet.sequence.wrapping_add(u32::from(packet.syn));
        let is_before = stream.is_before_first(sequence, packet.payload) && active.recognised_by.is_none();
        if is_before {
            // What was seen so far was not the beginning: all dissectors are asked again.
            *active = Active { packets: active.packets, ..self.engine.begin(packet, Transport::Tcp) };
        }
        let inspect = |message: &[u8]| self.at_payload(active, packet, Transport::Tcp, message);
        let progress = if is_before {
            Some(stream.begin_before(sequence, packet.payload, inspect))
        } else {
            stream.accept(sequence, packet.payload, inspect)
        };
        progress.unwrap_or(Progress::More)
    }

    /// Also says whether the bytes are wanted again.
    fn at_payload(
        &mut self,
        active: &mut Active,
        packet: &Packet<'_>,
        transport: Transport,
        payload: &[u8],
    ) -> (Progress, bool) {
        let side = usize::from(!packet.from_source);
        // What is shown again with more is still the same payload.
        if !active.is_shown_again[side] {
            active.payloads[side] = active.payloads[side].saturating_add(1);
        }
        let segment = Segment {
            payload,
            transport,
            from_source: packet.from_source,
            src: packet.src.ip(),
            dst: packet.dst.ip(),
            src_port: packet.src.port(),
            dst_port: packet.dst.port(),
            number: active.payloads[0].saturating_add(active.payloads[1]) - 1,
            number_of_direction: active.payloads[side] - 1,
            wire_len: packet.payload_size.max(payload.len()),
        };
        let (progress, again) = match active.recognised_by {
            Some(index) => self.follow(active, usize::from(index), &segment),
            None => self.search(active, &segment),
        };
        active.is_shown_again[side] = again;
        if !again {
            active.forget_taken(side);
        }
        (progress, again)
    }

    /// The dissector that has recognised the flow looks at more of it.
    fn follow(&mut self, active: &mut Active, index: usize, segment: &Segment<'_>) -> (Progress, bool) {
        match self.ask(active, index, segment) {
            Verdict::Matched(Then::More) | Verdict::More => (Progress::More, true),
            Verdict::Matched(Then::Wait) | Verdict::Wait => (Progress::More, false),
            Verdict::Matched(Then::Done) | Verdict::Excluded => (Progress::Done, false),
        }
    }

    fn search(&mut self, active: &mut Active, segment: &Segment<'_>) -> (Progress, bool) {
        let candidates = self.candidates(active, segment);
        let tables = self.engine.candidates.tables(segment.transport);
        let of_ports = tables.of_ports([segment.src_port, segment.dst_port]);
        let preferred = candidates.and(&of_ports);
        let (mut again, mut has_taken) = (false, Set::default());
        for index in preferred.iter().chain(candidates.without(&of_ports).iter()) {
            match self.ask(active, index, segment) {
                Verdict::Excluded => active.possible.remove(index),
                Verdict::More => {
                    active.engaged.insert(index);
                    again |= segment.is_tcp();
                }
                Verdict::Wait => {
                    active.engaged.insert(index);
                    has_taken.insert(index);
                }
                Verdict::Matched(then) => {
                    active.recognised_by = Some(index as u16);
                    active.states.retain(|(kept, _)| usize::from(*kept) == index);
                    let progress = if then == Then::Done { Progress::Done } else { Progress::More };
                    return (progress, then == Then::More && segment.is_tcp());
                }
            }
        }
        if again {
            active.take_in(&has_taken, segment);
        } else {
            self.exclude_the_late(active, segment);
        }
        let progress = if active.possible.is_empty() { Progress::Done } else { Progress::More };
        (progress, again && progress == Progress::More)
    }

    /// Those of the possible that are asked about this payload.
    fn candidates(&self, active: &Active, segment: &Segment<'_>) -> Set {
        let tables = self.engine.candidates.tables(segment.transport);
        let mut asked = active.engaged.or(&tables.any_start);
        if segment.is_first_of_direction() {
            let dissectors = &self.engine.candidates.dissectors;
            for index in tables.that_may_start(segment.payload).and(&active.possible).iter() {
                if dissectors[index].meta().may_start(segment.payload, segment.transport) {
                    asked.insert(index);
                }
            }
        }
        active.possible.and(&asked)
    }

    /// Excludes those whose beginning came in neither direction, and those that have seen as much as they may.
    fn exclude_the_late(&self, active: &mut Active, segment: &Segment<'_>) {
        let tables = self.engine.candidates.tables(segment.transport);
        if active.payloads[1 - segment.side()] > 0 {
            active.possible = active.possible.and(&active.engaged.or(&tables.any_start));
        }
        active.possible = active.possible.without(&tables.late(segment.number.saturating_add(1)));
    }

    fn ask(&mut self, active: &mut Active, index: usize, segment: &Segment<'_>) -> Verdict {
        let engine = self.engine;
        let Some(dissector) = engine.candidates.dissectors.get(index) else { return Verdict::Excluded };
        let segment = &active.not_taken(index, segment);
        let place = active.states.iter().position(|(kept, _)| usize::from(*kept) == index);
        let mut state = place.and_then(|place| active.states[place].1.take());
        let mut found = Found::new(&engine.rules, &engine.networks, engine.keeps_fields, *self.labels);
        let verdict = dissector.inspect(&mut state, segment, &mut found);
        match place {
            Some(place) => active.states[place].1 = state,
            None if state.is_some() => {
                active.states.reserve_exact(1);
                active.states.push((index as u16, state));
            }
            None => {}
        }
        if let Verdict::Matched(_) = verdict {
            self.take_over(found, dissector.meta().label);
        }
        verdict
    }

    fn take_over(&mut self, found: Found<'_>, label: Label) {
        *self.revision = self.revision.wrapping_add(1);
        *self.labels = found.labels;
        if self.labels.confidence == Confidence::Unknown {
            self.labels.confidence = Confidence::Inspection;
        }
        if !self.labels.protocol.is_known() {
            self.labels.protocol = label;
        }
        if let Some(known) = self.metadata.as_deref_mut().filter(|_| found.renames) {
            known.server_name = None;
        }
        match (&mut *self.metadata, found.metadata) {
            (Some(known), Some(new)) => known.merge(*new),
            (known @ None, new) => *known = new,
            (Some(_), None) => {}
        }
        self.lessons
            .extend(found.lessons.into_iter().map(|lesson| Lesson { position: self.position, ..lesson }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_for_what_is_at_work() {
        let engine = Engine::new(Rules::default(), 20);
        let mut inspection = Inspection::default();
        let show = |inspection: &mut Inspection, sequence, payload: &[u8]| {
            let packet = Packet {
                protocol: 6,
                src: SocketAddr::from(([192, 0, 2, 1], 40000)),
                dst: SocketAddr::from(([192, 0, 2, 2], 443)),
                from_source: true,
                sequence,
                syn: payload.is_empty(),
                payload,
                payload_size: payload.len(),
                position: 0,
            };
            engine.inspect(inspection, &packet, &mut Vec::new());
            (inspection.memory(), inspection.is_at_work())
        };
        assert_eq!(show(&mut inspection, 0, &[]), (0, false));
        // A TLS record that is not whole.
        let mut record = vec![0x16, 0x03, 0x01, 0x40, 0x00, 0x01, 0x00, 0x3f, 0xfc, 0x03, 0x03];
        record.resize(4096, 7);
        let (memory, is_at_work) = show(&mut inspection, 1, &record);
        assert!(is_at_work && (4096..5000).contains(&memory), "{memory}");
        // However much comes early, there is an end to what is kept.
        for number in 2..20 {
            let (memory, _) = show(&mut inspection, number * 100_000, &[7; 65_000]);
            assert!(memory <= MOST_MEMORY, "{memory}");
        }
        inspection.end();
        assert_eq!((inspection.memory(), inspection.is_at_work()), (0, false));
        assert_eq!([size_of::<Inspection>(), size_of::<Active>(), size_of::<Connection>()], [48, 112, 160]);
    }

    /// Nothing is kept for a dissector that has learnt nothing.
    #[test]
    fn a_datagram_that_nobody_recognises_takes_little_memory() {
        let engine = Engine::new(Rules::default(), 20);
        let memory = |payload: &[u8]| {
            let mut inspection = Inspection::default();
            let packet = Packet {
                protocol: 17,
                src: SocketAddr::from(([192, 0, 2, 1], 40000)),
                dst: SocketAddr::from(([192, 0, 2, 2], 40001)),
                from_source: true,
                sequence: 0,
                syn: false,
                payload,
                payload_size: payload.len(),
                position: 0,
            };
            let progress = engine.inspect(&mut inspection, &packet, &mut Vec::new());
            (progress, inspection.memory())
        };
        let active = size_of::<Active>();
        let mut payload = [0xd3, 0xe1, 0xf0, 0x99, 0xd3, 0xe1, 0xf0, 0x99, 0xd3, 0xe1, 0xf0, 0x99, 0xd3];
        assert_eq!(memory(&payload), (Progress::More, active));
        // As a packet of RTP begins.
        payload[..2].copy_from_slice(&[0x80, 0x60]);
        assert_eq!(memory(&payload), (Progress::More, active + size_of::<(u16, State)>() + 32));
    }

    #[test]
    fn what_has_no_ports_is_known_by_its_number() {
        let engine = Engine::new(Rules::default(), 1);
        let end = SocketAddr::from(([192, 0, 2, 1], 0));
        let name = |protocol, payload: &[u8]| {
            let packet = Packet {
                protocol,
                src: end,
                dst: end,
                from_source: true,
                sequence: 0,
                syn: false,
                payload,
                payload_size: 0,
                position: 0,
            };
            engine.by_ip_protocol(&packet).protocol
        };
        assert_eq!((name(115, &[]), name(89, &[1])), (labels::L2TP, labels::IP_OSPF));
        let eigrp = [&[][..], &[2, 5], &[7, 20]].map(|payload| name(88, payload));
        assert_eq!(eigrp, [labels::EIGRP, labels::EIGRP, Label::UNKNOWN]);
    }
}

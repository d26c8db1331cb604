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
use crate::stream::Stream;

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
    saw_payload: bool,
    /// How often something was found.
    revision: u16,
}

#[derive(Default)]
enum Work {
    #[default]
    NotBegun,
    Active(Box<Active>),
    Done,
}

/// A flow that is being inspected.
#[derive(Default)]
struct Active {
    packets: u16,
    /// Payloads of each direction, the source's first.
    payloads: [u16; 2],
    /// Whether the last payload of a direction is to be shown again with what follows it.
    is_shown_again: [bool; 2],
    /// Dissectors that may still recognise it.
    possible: Set,
    /// Those that are asked first.
    preferred: Set,
    /// Those that have been asked and want more.
    engaged: Set,
    states: Vec<(usize, State)>,
    streams: [Stream; 2],
    /// Of the bytes of each direction that are shown again: how many some dissectors have taken in already.
    taken: [Vec<(usize, usize)>; 2],
    /// The dissector that has recognised the flow, and wants more of it.
    recognised_by: Option<usize>,
}

impl Active {
    /// A dissector has taken in all bytes of a payload: should others want to see them again, it does not.
    fn take_in(&mut self, index: usize, segment: &Segment<'_>) {
        if segment.is_tcp() {
            let taken = &mut self.taken[segment.side()];
            taken.retain(|(other, _)| *other != index);
            taken.push((index, segment.payload.len()));
        }
    }

    /// The payload without what a dissector has taken in before.
    fn not_taken<'a>(&self, index: usize, segment: &Segment<'a>) -> Segment<'a> {
        let mut segment = *segment;
        let taken = self.taken[segment.side()].iter().find(|(other, _)| *other == index);
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
        let Inspection { labels, metadata, work, position, saw_payload, revision } = inspection;
        *position = packet.position;
        *saw_payload |= !packet.payload.is_empty();
        if let Work::NotBegun = work {
            *work = match transport(packet.protocol) {
                Some(transport) if self.n_dissections > 0 => {
                    Work::Active(Box::new(self.begin(packet, transport)))
                }
                _ => {
                    *labels = self.by_ip_protocol(packet);
                    Work::Done
                }
            };
        }
        let Work::Active(active) = work else { return Progress::Done };
        active.packets += 1;
        let mut look = Look { engine: self, labels, metadata, revision, lessons, position: packet.position };
        let progress = match transport(packet.protocol) {
            Some(transport) => look.at_packet(active, packet, transport),
            None => Progress::Done,
        };
        if progress == Progress::More && active.packets < self.n_dissections {
            return Progress::More;
        }
        *work = Work::Done;
        Progress::Done
    }

    fn begin(&self, packet: &Packet<'_>, transport: Transport) -> Active {
        let tables = self.candidates.tables(transport);
        let ports = [packet.src.port(), packet.dst.port()];
        Active { possible: tables.possible(ports), preferred: tables.of_ports(ports), ..Active::default() }
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
        self.work = Work::Done;
    }

    /// Another number whenever something was found.
    pub fn revision(&self) -> u16 {
        self.revision
    }

    /// What was found so far, without what goes on with the inspection.
    #[must_use]
    pub fn found(&self) -> Self {
        let work = if matches!(self.work, Work::Done) { Work::Done } else { Work::NotBegun };
        Self { metadata: self.metadata.clone(), work, ..*self }
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
    fn at_packet(&mut self, active: &mut Active, packet: &Packet<'_>, transport: Transport) -> Progress {
        let side = usize::from(!packet.from_source);
        if transport == Transport::Udp {
            if packet.payload.is_empty() {
                return Progress::More;
            }
            return self.at_payload(active, packet, transport, packet.payload).0;
        }
        let mut stream = std::mem::take(&mut active.streams[side]);
        if packet.syn {
            stream.open(packet.sequence);
        }
        let mut progress = None;
        if !packet.payload.is_empty() {
            let sequence = packet.sequence.wrapping_add(u32::from(packet.syn));
            let is_before =
                stream.is_before_first(sequence, packet.payload) && active.recognised_by.is_none();
            if is_before {
                self.begin_anew(active, packet, transport);
            }
            let inspect = |message: &[u8]| self.at_payload(active, packet, transport, message);
            progress = if is_before {
                Some(stream.begin_before(sequence, packet.payload, inspect))
            } else {
                stream.accept(sequence, packet.payload, inspect)
            };
        }
        active.streams[side] = stream;
        progress.unwrap_or(Progress::More)
    }

    /// What was seen so far was not the beginning: all dissectors are asked again.
    fn begin_anew(&self, active: &mut Active, packet: &Packet<'_>, transport: Transport) {
        let (packets, streams) = (active.packets, std::mem::take(&mut active.streams));
        *active = Active { packets, streams, ..self.engine.begin(packet, transport) };
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
            Some(index) => self.follow(active, index, &segment),
            None => self.search(active, &segment),
        };
        active.is_shown_again[side] = again;
        if !again {
            active.taken[side].clear();
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
        let preferred = candidates.and(&active.preferred);
        let mut again = false;
        for index in preferred.iter().chain(candidates.without(&active.preferred).iter()) {
            match self.ask(active, index, segment) {
                Verdict::Excluded => active.possible.remove(index),
                Verdict::More => {
                    active.engaged.insert(index);
                    again |= segment.is_tcp();
                }
                Verdict::Wait => {
                    active.engaged.insert(index);
                    active.take_in(index, segment);
                }
                Verdict::Matched(then) => {
                    active.recognised_by = Some(index);
                    active.states.retain(|(kept, _)| *kept == index);
                    let progress = if then == Then::Done { Progress::Done } else { Progress::More };
                    return (progress, then == Then::More && segment.is_tcp());
                }
            }
        }
        if !again {
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
        let place = active.states.iter().position(|(kept, _)| *kept == index);
        let mut state = place.and_then(|place| active.states[place].1.take());
        let mut found = Found::new(&engine.rules, &engine.networks, engine.keeps_fields, *self.labels);
        let verdict = dissector.inspect(&mut state, segment, &mut found);
        match place {
            Some(place) => active.states[place].1 = state,
            None if state.is_some() => active.states.push((index, state)),
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

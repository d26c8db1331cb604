//! A look at a packet: asks dissectors about its payload until one recognises the flow.

use super::candidates::{Candidates, Set};
use super::inspection::{Active, Connection};
use crate::dissect::{Found, Segment, Then, Verdict};
use crate::flow::{Packet, Progress, Transport};
use crate::knowledge::{Networks, Rules};
use crate::lessons::Lesson;
use crate::metadata::Metadata;
use crate::verdict::{Confidence, Labels};
use crate::vocabulary::Label;

/// One look: one packet of one flow.
pub(super) struct Look<'a> {
    pub(super) candidates: &'a Candidates,
    pub(super) rules: &'a Rules,
    pub(super) networks: &'a Networks,
    pub(super) keeps_fields: bool,
    pub(super) skips_padding: bool,
    pub(super) labels: &'a mut Labels,
    pub(super) metadata: &'a mut Option<Box<Metadata>>,
    pub(super) revision: &'a mut u16,
    pub(super) lessons: &'a mut Vec<Lesson>,
    pub(super) position: u64,
}

impl Look<'_> {
    pub(super) fn at_datagram(&mut self, active: &mut Active, packet: &Packet<'_>) -> Progress {
        active.packets += 1;
        if packet.payload.is_empty() {
            return Progress::More;
        }
        self.at_payload(active, packet, Transport::Udp, packet.payload).0
    }

    pub(super) fn at_segment(&mut self, connection: &mut Connection, packet: &Packet<'_>) -> Progress {
        let Connection { active, streams } = connection;
        let side = usize::from(!packet.from_source);
        let stream = &mut streams[side];
        if packet.syn {
            stream.open(packet.sequence);
        }
        if packet.payload.is_empty() {
            // The receiver of an unfinished message acknowledges its segments.
            active.count(active.is_shown_again.contains(&true) && !packet.syn, 0);
            return Progress::More;
        }
        let sequence = packet.sequence.wrapping_add(u32::from(packet.syn));
        let is_instead = stream.take_back_padding(sequence, packet.payload) && !self.skips_padding;
        if self.skips_padding && stream.skip_padding(sequence, packet.payload) {
            active.count(true, 0);
            return Progress::More;
        }
        let is_before = stream.is_before_first(sequence, packet.payload) && active.recognised_by.is_none();
        let may_follow_keep_alive = stream.follows_keep_alive(sequence);
        if is_before || is_instead && active.recognised_by.is_none() {
            // The payloads so far were not the beginning, so all dissectors are asked again.
            *active = active.begin_again(self.candidates, packet);
        }
        let is_unfinished = active.is_shown_again[side];
        let mut shown = 0;
        let inspect = |message: &[u8]| {
            shown = message.len();
            self.at_payload(active, packet, Transport::Tcp, message)
        };
        let mut progress = if is_before {
            Some(stream.begin_before(sequence, packet.payload, inspect))
        } else {
            stream.accept(sequence, packet.payload, inspect)
        };
        if may_follow_keep_alive && active.recognised_by.is_none() {
            let mut alone = active.begin_again(self.candidates, packet);
            let (then, again) = self.at_payload(&mut alone, packet, Transport::Tcp, packet.payload);
            if alone.recognised_by.is_some() {
                *active = alone;
                stream.begin_with(again.then_some(packet.payload));
                progress = Some(then);
            }
        }
        // A message in many segments is one thing to look at, and a segment that comes again or early is none.
        active.count(is_unfinished || progress.is_none(), shown);
        progress.unwrap_or(Progress::More)
    }

    /// Shows a payload to dissectors. Also returns whether the bytes are wanted again.
    fn at_payload(
        &mut self,
        active: &mut Active,
        packet: &Packet<'_>,
        transport: Transport,
        payload: &[u8],
    ) -> (Progress, bool) {
        let side = usize::from(!packet.from_source);
        // Bytes that are shown again with more are still the same payload.
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

    /// Shows more of a flow to the dissector that has recognised it.
    fn follow(&mut self, active: &mut Active, index: usize, segment: &Segment<'_>) -> (Progress, bool) {
        match self.ask(active, index, segment) {
            Verdict::Matched(Then::More) | Verdict::More => (Progress::More, true),
            Verdict::Matched(Then::Wait) | Verdict::Wait => (Progress::More, false),
            Verdict::Matched(Then::Done) | Verdict::Excluded => (Progress::Done, false),
        }
    }

    fn search(&mut self, active: &mut Active, segment: &Segment<'_>) -> (Progress, bool) {
        let candidates = self.candidates(active, segment);
        let tables = self.candidates.tables(segment.transport);
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

    /// The possible dissectors that are asked about this payload.
    fn candidates(&self, active: &Active, segment: &Segment<'_>) -> Set {
        let tables = self.candidates.tables(segment.transport);
        let mut asked = active.engaged.or(&tables.any_start);
        if segment.is_first_of_direction() {
            let dissectors = &self.candidates.dissectors;
            for index in tables.that_may_start(segment.payload).and(&active.possible).iter() {
                if dissectors[index].meta().may_start(segment.payload, segment.transport) {
                    asked.insert(index);
                }
            }
        }
        active.possible.and(&asked)
    }

    /// Excludes dissectors whose beginning came in neither direction, and those that have seen as much as they
    /// may.
    fn exclude_the_late(&self, active: &mut Active, segment: &Segment<'_>) {
        let tables = self.candidates.tables(segment.transport);
        if active.payloads[1 - segment.side()] > 0 {
            active.possible = active.possible.and(&active.engaged.or(&tables.any_start));
        }
        active.possible = active.possible.without(&tables.late(segment.number.saturating_add(1)));
    }

    fn ask(&mut self, active: &mut Active, index: usize, segment: &Segment<'_>) -> Verdict {
        let Some(dissector) = self.candidates.dissectors.get(index) else { return Verdict::Excluded };
        let segment = &active.not_taken(index, segment);
        let place = active.states.iter().position(|(kept, _)| usize::from(*kept) == index);
        let mut state = place.and_then(|place| active.states[place].1.take());
        let mut found = Found::new(self.rules, self.networks, self.keeps_fields, *self.labels);
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

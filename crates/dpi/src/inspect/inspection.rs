//! An inspection: the results for a flow, and the state that is needed while the flow is inspected.

use super::candidates::{Candidates, Set};
use super::reassembly::{Stream, opened};
use crate::dissect::{Segment, State};
use crate::flow::{Packet, Progress, Transport};
use crate::metadata::Metadata;
use crate::verdict::Labels;

/// Most effort on packets of a flow that are not counted: for each, the bytes that are shown once more, and a constant.
const MOST_EFFORT: u32 = 2 << 20;
const EFFORT_OF_PACKET: u32 = 512;

/// The results for a flow, and the state that is needed while the flow is inspected.
#[derive(Default)]
pub struct Inspection {
    pub(super) labels: Labels,
    pub(super) metadata: Option<Box<Metadata>>,
    pub(super) work: Work,
    /// Position of the last packet that was shown.
    pub(super) position: u64,
    /// Bytes of memory that the inspection takes besides itself.
    pub(super) memory: u32,
    pub(super) saw_payload: bool,
    /// Number of times that something was found.
    pub(super) revision: u16,
}

/// The state of the work on a flow. A million flows may wait for their first payload at a time, or for their second.
#[derive(Default)]
pub(super) enum Work {
    #[default]
    NotBegun,
    /// There was no payload yet.
    Opened(Opened),
    Datagrams(Box<Active>),
    Connection(Box<Connection>),
    Done,
}

/// The state of a flow without a payload.
#[derive(Default)]
pub(super) struct Opened {
    pub(super) packets: u16,
    /// TCP: whether there was a SYN in each direction, the source's first.
    is_known: [bool; 2],
    /// TCP: the next sequence number of each direction with a SYN.
    next: [u32; 2],
}

/// A TCP connection that is being inspected.
pub(super) struct Connection {
    pub(super) active: Active,
    /// The streams of both directions, the source's first.
    pub(super) streams: [Stream; 2],
}

/// A flow that is being inspected.
#[derive(Default)]
pub(super) struct Active {
    pub(super) packets: u16,
    /// Effort on packets that were not counted.
    effort: u32,
    /// Number of payloads of each direction, the source's first.
    pub(super) payloads: [u16; 2],
    /// Whether the last payload of a direction will be shown again, together with the bytes that follow it.
    pub(super) is_shown_again: [bool; 2],
    /// The dissector that has recognised the flow and wants more of it.
    pub(super) recognised_by: Option<u16>,
    /// Dissectors that may still recognise the flow.
    pub(super) possible: Set,
    /// Dissectors that have been asked and want more.
    pub(super) engaged: Set,
    pub(super) states: Vec<(u16, State)>,
    /// Present while a dissector has taken in bytes that others want to see again.
    taken: Option<Box<Taken>>,
}

/// Number of bytes that dissectors have already taken in, for each direction whose bytes are shown again.
#[derive(Default)]
struct Taken([Vec<(usize, usize)>; 2]);

impl Work {
    /// Bytes of memory that the work takes.
    pub(super) fn memory(&self, candidates: &Candidates) -> usize {
        match self {
            Self::NotBegun | Self::Opened(_) | Self::Done => 0,
            Self::Datagrams(active) => size_of::<Active>() + active.memory(candidates),
            Self::Connection(connection) => {
                let Connection { active, streams } = &**connection;
                let streams: usize = streams.iter().map(Stream::memory).sum();
                size_of::<Connection>() + active.memory(candidates) + streams
            }
        }
    }
}

impl Active {
    /// Begins with a flow that has had this many packets before one with a payload. All dissectors that look at its ports
    /// are possible.
    pub(super) fn begin(
        candidates: &Candidates,
        packets: u16,
        packet: &Packet<'_>,
        transport: Transport,
    ) -> Self {
        let ports = [packet.src.port(), packet.dst.port()];
        Self { packets, possible: candidates.tables(transport).possible(ports), ..Self::default() }
    }

    /// Begins again with an earlier segment of a TCP connection.
    pub(super) fn begin_again(&self, candidates: &Candidates, packet: &Packet<'_>) -> Self {
        Self { effort: self.effort, ..Self::begin(candidates, self.packets, packet, Transport::Tcp) }
    }

    /// Counts a packet, unless it brings nothing new to look at. There is an end to the effort on such packets.
    pub(super) fn count(&mut self, brings_nothing_new: bool, shown: usize) {
        if brings_nothing_new && self.effort < MOST_EFFORT {
            self.effort = self.effort.saturating_add(EFFORT_OF_PACKET).saturating_add(shown as u32);
        } else {
            self.packets = self.packets.saturating_add(1);
        }
    }

    /// Notes that some dissectors have taken in all bytes of a payload that others want to see again.
    pub(super) fn take_in(&mut self, dissectors: &Set, segment: &Segment<'_>) {
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

    /// Notes that nothing of a direction is shown again.
    pub(super) fn forget_taken(&mut self, side: usize) {
        if let Some(Taken(taken)) = self.taken.as_deref_mut() {
            taken[side].clear();
            if taken.iter().all(Vec::is_empty) {
                self.taken = None;
            }
        }
    }

    /// Bytes of memory that this takes besides itself.
    fn memory(&self, candidates: &Candidates) -> usize {
        let of_state = |(index, state): &(u16, State)| {
            let dissector = candidates.dissectors.get(usize::from(*index));
            dissector.map_or(0, |dissector| dissector.memory(state))
        };
        let states: usize = self.states.iter().map(of_state).sum();
        let taken = self.taken.as_deref().map_or(0, |Taken(taken)| {
            size_of::<Taken>()
                + taken.iter().map(|taken| taken.capacity() * size_of::<(usize, usize)>()).sum::<usize>()
        });
        self.states.capacity() * size_of::<(u16, State)>() + states + taken
    }

    /// The payload without the bytes that a dissector has taken in before.
    pub(super) fn not_taken<'a>(&self, index: usize, segment: &Segment<'a>) -> Segment<'a> {
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

impl Inspection {
    /// The metadata that was read, if there is any.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_deref()
    }

    /// Frees the memory that inspection needed. The results stay.
    pub fn end(&mut self) {
        if self.is_at_work() {
            self.memory = self.metadata().map_or(0, Metadata::memory) as u32;
        }
        self.work = Work::Done;
    }

    /// Bytes of memory that the inspection takes besides itself.
    pub fn memory(&self) -> usize {
        self.memory as usize
    }

    /// Whether the inspection takes memory that its [end](Self::end) frees.
    pub fn is_at_work(&self) -> bool {
        matches!(self.work, Work::Datagrams(_) | Work::Connection(_))
    }

    /// Whether a packet with a payload was shown.
    pub fn saw_payload(&self) -> bool {
        self.saw_payload
    }

    /// A number that changes whenever something is found.
    pub fn revision(&self) -> u16 {
        self.revision
    }

    /// The results so far, without the state that goes on with the inspection.
    #[must_use]
    pub fn found(&self) -> Self {
        let work = if matches!(self.work, Work::Done) { Work::Done } else { Work::NotBegun };
        let memory = self.metadata().map_or(0, Metadata::memory) as u32;
        Self { metadata: self.metadata.clone(), work, memory, ..*self }
    }

    /// Counts a packet that was shown to another inspection of the flow, which found nothing new.
    pub fn pass(&mut self, position: u64, has_payload: bool) {
        self.position = position;
        self.saw_payload |= has_payload;
    }

    /// Gives away the metadata that was read.
    pub fn take_metadata(&mut self) -> Metadata {
        self.metadata.take().map(|metadata| *metadata).unwrap_or_default()
    }
}

impl Opened {
    /// Takes a packet without a payload.
    pub(super) fn at_packet(
        &mut self,
        packet: &Packet<'_>,
        transport: Transport,
        n_dissections: u16,
    ) -> Progress {
        self.packets += 1;
        if transport == Transport::Tcp && packet.syn {
            let side = usize::from(!packet.from_source);
            if let Some(next) = opened(self.next(side), packet.sequence) {
                (self.is_known[side], self.next[side]) = (true, next);
            }
        }
        if self.packets < n_dissections { Progress::More } else { Progress::Done }
    }

    /// The next sequence number of a direction, if it is known.
    pub(super) fn next(&self, side: usize) -> Option<u32> {
        self.is_known[side].then_some(self.next[side])
    }
}

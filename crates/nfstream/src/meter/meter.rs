//! A meter: a flow table that packets go into and records come out of.

use std::cmp::Reverse;
use std::sync::Arc;

use hashbrown::HashTable;
use nfstream_capture::Timestamp;
use nfstream_decode::Fragment;
use nfstream_dpi::{Memory, Metadata};

use super::closing::{self, Closings, FIN, RST, SYN, TCP};
use super::config::Config;
use super::fragments::{Defragmenter, Incoming, Released, Shown, Step};
use super::moment::{Cause, Ended, Moment};
use super::orientation::{self, Compass};
use super::timers::Timers;
use super::tunnel_ids::TunnelIds;
use crate::column::Value;
use crate::features::prediction::{self, Inputs};
use crate::features::{Accumulators, Finding, Taught};
use crate::flow::{Datagram, Direction, Flow, Packet};
use crate::lane::{Arrival, Lane};
use crate::record::{Record, Schema};
use crate::room::{Room, Sizes, Workroom};
use crate::slab::{CHUNK, Slab};
use crate::status::Notice;

/// Number of records in a piece when the input is over.
const PIECE: usize = 2048;

/// A flow that has counted a packet.
pub(crate) struct Counted {
    pub(crate) slot: u32,
    /// Whether a plugin wants the flow to end.
    is_end_asked: bool,
}

pub(crate) struct Meter {
    config: Config,
    table: HashTable<u32>,
    flows: Slab<Flow>,
    /// What tells flows with one key apart, if several may have one.
    tunnel_ids: Option<TunnelIds>,
    /// Slots whose flow has ended.
    free: Vec<u32>,
    timers: Timers,
    /// Timers for flows that end on time even when none of their packets comes.
    active_timers: Option<Timers>,
    /// The time at which a fragment came or was given up. Fragments may be counted later than they came, but flows that
    /// they end do so at this time at the earliest.
    arriving_ms: u64,
    /// Position of the newest fragment.
    arriving_position: u64,
    closings: Closings,
    compass: Compass,
    /// Number of the current slice of time.
    slice: u64,
    /// Whether flows may end at other times than their idle timeout.
    has_deadlines: bool,
    /// What puts fragments together, if they count.
    fragments: Option<Defragmenter>,
    /// When it has something to give up, in milliseconds.
    fragments_due_ms: u64,
    accumulators: Accumulators,
    ended: Vec<Ended>,
    due: Vec<u32>,
    oldest: Oldest,
    sizes: Sizes,
    /// The largest number of flows that may be alive at a time.
    most_flows: usize,
    /// The number of a flow's packets at which a model's inputs are taken; 0 if none are taken.
    snapshot_at: u64,
    /// Whether there may be something to do after a packet.
    looks_after: bool,
}

/// The flows that have been idle longest, as of the last search.
#[derive(Default)]
struct Oldest {
    /// Slots of the flows; the flow that was idle longest is last.
    slots: Vec<u32>,
    /// Flows that have been active since the search, or began since, are not among them.
    last_seen: Timestamp,
    first_packet: u64,
}

/// What a flow takes over from the flow that ended where it begins.
#[derive(Clone, Copy, Default)]
struct Before {
    /// Direction of the packet that it begins with, if it is the next part of that flow.
    direction: Option<Direction>,
    /// Id of the tunnel in the direction opposite to that of the packet, if it tells flows apart and is known.
    opposite_id: Option<u32>,
}

/// The most flows that end because of one packet, when the data that flows keep has outgrown its room.
const MOST_CUT_BACK: usize = 8;

/// `first_packet` of a flow that has ended.
const ENDED: u64 = u64::MAX;

impl Meter {
    pub(crate) fn new(config: Config) -> Self {
        let accumulators = config.families.accumulators();
        Self::with(config, accumulators)
    }

    /// Makes the meter of a run that has its meter in the asking thread.
    pub(crate) fn follower(config: Config) -> Self {
        let accumulators = config.families.followers();
        Self::with(config, accumulators)
    }

    /// Makes the meter that works ahead of such a meter, if there is anything for it to do. Its records are not used.
    pub(crate) fn scout(config: &Config) -> Option<Self> {
        let accumulators = config.families.scouts()?;
        // What it sees, the follower counts.
        let config = Config { tally: Arc::default(), ..config.clone() };
        Some(Self { snapshot_at: 0, ..Self::with(config, accumulators) })
    }

    fn with(config: Config, mut accumulators: Accumulators) -> Self {
        let sizes = config.sizes(&accumulators);
        let Room { flows, bytes } = config.room;
        let mut most_flows = if flows > 0 { flows } else { usize::MAX };
        if bytes > 0 {
            most_flows = most_flows.min(sizes.most_slots(bytes));
            accumulators.bound(Workroom::of(bytes, &config.cut_inspections));
        }
        let snapshot_at = config.schema.inputs().and_then(|inputs| inputs.after).unwrap_or(0);
        Self {
            table: HashTable::new(),
            flows: Slab::default(),
            tunnel_ids: TunnelIds::new(&config.key_hash),
            free: Vec::new(),
            timers: Timers::new(config.idle_timeout_ms),
            active_timers: config.is_live.then(|| Timers::new(config.active_timeout_ms)),
            arriving_ms: 0,
            arriving_position: 0,
            closings: Closings::default(),
            compass: Compass::new(&config.orientation),
            slice: 0,
            has_deadlines: config.idle_timeout_ms == 0
                || config.slice_ms > 0
                || config.connections.linger_ms.is_some(),
            fragments: config.defragmenter(),
            fragments_due_ms: u64::MAX,
            accumulators,
            ended: Vec::new(),
            due: Vec::new(),
            oldest: Oldest::default(),
            sizes,
            most_flows,
            snapshot_at,
            looks_after: snapshot_at > 0 || bytes > 0,
            config,
        }
    }

    /// Counts the arrivals of one lane, then moves time to the end of its block. Returns the flows that have ended, in
    /// order.
    pub(crate) fn meter(&mut self, lane: &Lane) -> Vec<Ended> {
        let Lane { block, place, .. } = lane;
        for arrival in lane.pieces().flatten() {
            let frame = block.frame(arrival.frame as usize).map_or(&[][..], |frame| frame.bytes);
            if self.concerns_fragments(arrival) {
                self.give_up_and_count(arrival.time.milliseconds());
                let is_fragment = self.take_fragment(arrival, frame, place.position(arrival));
                self.count_fragments();
                if is_fragment {
                    continue;
                }
            }
            if !self.takes(arrival) {
                continue;
            }
            let mut packet = self.packet(arrival, frame, place.position(arrival));
            let counted = self.count(arrival.hash, &mut packet);
            if counted.is_end_asked {
                self.end_if_asked(counted.slot, packet.time, packet.position);
            }
        }
        self.give_up_and_count(place.now.milliseconds());
        self.expire(place.now.milliseconds());
        self.take_ended()
    }

    /// Takes out the lessons that flows have taught since the last call.
    pub(crate) fn take_taught(&mut self) -> Vec<Taught> {
        self.accumulators.take_taught()
    }

    /// Takes out the findings since the last call.
    pub(crate) fn take_findings(&mut self) -> Vec<Finding> {
        self.accumulators.take_findings()
    }

    /// Accepts what a scout found at the packet that is counted next.
    pub(crate) fn follow(&mut self, finding: Finding) {
        self.accumulators.follow(finding);
    }

    /// Ends every flow when the input is over. The flows end a piece at a time, so that the records need not all be in
    /// memory at once. The pieces come in order, as do the records in them.
    pub(crate) fn finish(mut self) -> impl Iterator<Item = Vec<Ended>> {
        self.give_up_all_fragments();
        self.count_fragments();
        self.end_due();
        // Flows that end before the end of the input: only those that fragments end.
        let early = Some(self.take_ended()).filter(|early| !early.is_empty());
        let mut slots = self.alive();
        early.into_iter().chain(std::iter::from_fn(move || {
            let piece = slots.split_off(slots.len().saturating_sub(PIECE));
            piece.iter().rev().for_each(|&slot| self.end_with_input(slot));
            (!piece.is_empty()).then(|| std::mem::take(&mut self.ended))
        }))
    }

    /// Ends the flows that are over by now, as fragments that were given up may be at once.
    pub(crate) fn end_due(&mut self) {
        self.expire(self.timers.now());
    }

    /// Slots of the flows that are alive, the oldest last.
    pub(crate) fn alive(&self) -> Vec<u32> {
        let mut slots: Vec<u32> = self.table.iter().copied().collect();
        slots.sort_unstable_by_key(|&slot| Reverse(self.flows[slot].first_packet));
        slots
    }

    /// Exports a flow when the input is over. It may be waiting for late packets of its connection, which is over.
    pub(crate) fn end_with_input(&mut self, slot: u32) {
        let packet = self.flows[slot].first_packet;
        let cause = self.closings.moment(slot).map_or(Cause::EndOfInput, |closing| closing.cause);
        self.export(slot, Moment::new(u64::MAX, packet, cause));
    }

    /// Whether there are ended flows to take.
    pub(crate) fn has_ended(&self) -> bool {
        !self.ended.is_empty()
    }

    /// The flows that have ended since the last call, in order.
    pub(crate) fn take_ended(&mut self) -> Vec<Ended> {
        let mut ended = std::mem::take(&mut self.ended);
        // The sort is stable, because several flows may end at one packet, for want of room.
        ended.sort_by_key(|ended| ended.moment);
        ended
    }

    /// A packet before its flow is known.
    #[inline]
    pub(crate) fn packet<'a>(&self, arrival: &'a Arrival, frame: &'a [u8], position: u64) -> Packet<'a> {
        let headers = &arrival.headers;
        Packet {
            time: arrival.time,
            raw_size: arrival.raw_size,
            size: self.config.parameters.accounting_mode.size(headers, arrival.raw_size),
            direction: Direction::SrcToDst,
            piat_ms: 0,
            direction_piat_ms: None,
            headers,
            frame,
            datagram: Datagram::Whole,
            position,
        }
    }

    /// Whether a packet that is counted for itself is of a flow of this meter. Others come for the servers that they show, which
    /// are noted, or as fragments.
    #[inline]
    pub(crate) fn takes(&mut self, arrival: &Arrival) -> bool {
        let is_fragment = arrival.headers.fragment != Fragment::Whole && self.fragments.is_some();
        let is_for_all = self.compass.note_server(&arrival.headers) || is_fragment;
        !is_for_all || self.config.share.has(arrival.hash, &arrival.headers)
    }

    /// Whether an arrival is a fragment that is not simply counted, or comes when datagrams have to be given up.
    #[inline]
    pub(crate) fn concerns_fragments(&self, arrival: &Arrival) -> bool {
        arrival.headers.fragment != Fragment::Whole && self.fragments.is_some()
            || arrival.time.milliseconds() >= self.fragments_due_ms
    }

    /// Takes a fragment. What follows from it is [counted](Self::next_fragment) next. `false` if the arrival is none.
    #[cold]
    pub(crate) fn take_fragment(&mut self, arrival: &Arrival, frame: &[u8], position: u64) -> bool {
        let Some(incoming) = Incoming::new(arrival, frame, position) else { return false };
        // A flow that is over by now is shown what came of its datagrams before.
        self.advance(arrival.time.milliseconds());
        let Some(fragments) = &mut self.fragments else { return false };
        self.arriving_position = position;
        fragments.take(&incoming);
        self.fragments_due_ms = fragments.due_ms();
        true
    }

    /// Gives up the datagrams that have been waited for longest, if it is time. What follows from it has to be
    /// [counted](Self::next_fragment) before others are given up.
    #[inline]
    pub(crate) fn give_up_fragments(&mut self, now_ms: u64) {
        while now_ms >= self.fragments_due_ms && !self.has_fragments() {
            self.give_up_oldest();
        }
    }

    #[cold]
    fn give_up_oldest(&mut self) {
        let due_ms = self.fragments_due_ms;
        // Flows that are over before are shown what came of their datagrams.
        self.advance(due_ms);
        if let Some(fragments) = &mut self.fragments {
            fragments.expire(due_ms);
            self.fragments_due_ms = fragments.due_ms();
        }
    }

    /// Gives up all datagrams whose time has come, and counts their fragments.
    fn give_up_and_count(&mut self, now_ms: u64) {
        self.give_up_fragments(now_ms);
        while self.has_fragments() {
            self.count_fragments();
            self.give_up_fragments(now_ms);
        }
    }

    /// Gives up all datagrams.
    pub(crate) fn give_up_all_fragments(&mut self) {
        if let Some(fragments) = &mut self.fragments {
            fragments.give_up_all(self.timers.now());
            self.fragments_due_ms = u64::MAX;
        }
    }

    /// Counts all fragments whose flow is known.
    #[inline]
    pub(crate) fn count_fragments(&mut self) {
        while self.has_fragments() {
            self.advance_to_fragment();
            let Some(released) = self.next_fragment() else { return };
            let mut packet = self.fragment_packet(&released);
            let counted = self.count_fragment(&released, &mut packet);
            if counted.is_end_asked {
                self.end_if_asked(counted.slot, packet.time, packet.position);
            }
        }
    }

    /// Whether something is to be done about fragments.
    pub(crate) fn has_fragments(&self) -> bool {
        self.fragments.as_ref().is_some_and(Defragmenter::has_steps)
    }

    /// Number of fragments that the meter has counted.
    pub(crate) fn fragments(&self) -> u64 {
        self.fragments.as_ref().map_or(0, Defragmenter::counted)
    }

    /// Moves time forward to when the next fragment is counted, and ends flows that are over by then.
    #[cold]
    pub(crate) fn advance_to_fragment(&mut self) {
        if let Some(time_ms) = self.fragments.as_ref().and_then(Defragmenter::next_ms) {
            self.advance(time_ms);
        }
    }

    /// The next fragment to count. Datagrams that are given up before it are shown to the inspection of payloads.
    #[inline]
    pub(crate) fn next_fragment(&mut self) -> Option<Box<Released>> {
        loop {
            match self.fragments.as_mut()?.next_step()? {
                Step::Count(released) => return Some(released),
                Step::Show(shown) => self.show(&shown),
            }
        }
    }

    /// Counts a fragment, which was made a packet, for its flow.
    pub(crate) fn count_fragment(&mut self, released: &Released, packet: &mut Packet<'_>) -> Counted {
        let counted = self.count(released.hash, packet);
        if let (Some(fragments), Some(serial)) = (&mut self.fragments, released.serial()) {
            fragments.belongs(serial, counted.slot, self.flows[counted.slot].first_packet);
        }
        if self.config.idle_timeout_ms == 0 {
            // The flow ends at once.
            self.closings.add(counted.slot, self.moment(packet, Cause::IdleTimeout));
        }
        counted
    }

    /// A fragment as a packet before its flow is known. If it was held for so long that a flow with it would be over
    /// already, it counts as later.
    pub(crate) fn fragment_packet<'a>(&mut self, released: &'a Released) -> Packet<'a> {
        self.arriving_ms = self.arriving_ms.max(released.released_ms);
        let longest = self.config.idle_timeout_ms.min(self.config.active_timeout_ms);
        let mut floor_ms = self.arriving_ms.saturating_sub(longest.saturating_sub(1));
        if let Some(slice) = self.slice_of(self.arriving_ms) {
            floor_ms = floor_ms.max(slice * self.config.slice_ms);
        }
        let floor = Timestamp::new(floor_ms / 1000, floor_ms % 1000 * 1_000_000);
        let size = self.config.parameters.accounting_mode.size(&released.headers, released.raw_size);
        released.packet(size, floor)
    }

    /// Shows what came of a datagram to the inspection of payloads, if its flow is alive.
    fn show(&mut self, shown: &Shown) {
        let flow = &mut self.flows[shown.slot];
        if flow.first_packet != shown.first_packet {
            return;
        }
        let key_hash = &self.config.key_hash;
        let (circumstances, rule) = (key_hash.circumstances(shown.headers()), key_hash.rule());
        let Some(direction) = flow.direction_of(shown.headers(), circumstances, rule) else { return };
        let packet = shown.packet(flow.last_seen(), direction);
        self.accumulators.show(shown.slot, &packet, flow);
    }

    /// Shows what came of the datagrams of a flow that ends.
    #[cold]
    fn show_unfinished(&mut self, slot: u32) {
        while let Some(shown) = self.fragments.as_mut().and_then(|fragments| fragments.take_unfinished(slot))
        {
            self.show(&shown);
        }
    }

    /// Counts a packet for its flow, and sets its direction and times. The packet begins a flow if there is none for it, or if
    /// the existing flow has timed out.
    pub(crate) fn count(&mut self, hash: u64, packet: &mut Packet<'_>) -> Counted {
        let found = match self.tunnel_ids {
            Some(_) if TunnelIds::concern(packet.headers) => self.find_by_id(hash, packet),
            _ => self.find(hash, packet),
        };
        let Some(slot) = found else {
            return self.begin(hash, packet, Before::default());
        };
        let flow = &mut self.flows[slot];
        // If a flow's packets came through several rings, one may be late.
        let last_seen = flow.last_seen();
        packet.time = packet.time.max(last_seen);
        let now = packet.time.milliseconds();
        packet.piat_ms = now - last_seen.milliseconds();
        if packet.piat_ms >= self.config.idle_timeout_ms || self.has_deadlines {
            let deadline = self.deadline(slot);
            if deadline.time_ms <= now {
                self.end(slot, deadline);
                return self.begin(hash, packet, Before::default());
            }
        }
        let flow = &mut self.flows[slot];
        if now - flow.first_seen().milliseconds() >= self.config.active_timeout_ms {
            let direction = self.compass.keeps().then_some(packet.direction);
            let before = Before { direction, opposite_id: self.opposite_id(slot, packet) };
            self.end(slot, self.moment(packet, Cause::ActiveTimeout));
            return self.begin(hash, packet, before);
        }
        if let Some(sequence) = closing::reopens(flow, packet) {
            self.config.tally.add(Notice::ReusedPorts, 1);
            if self.config.connections.splits {
                let before = Before { direction: None, opposite_id: self.opposite_id(slot, packet) };
                // A connection that is over has ended its flow, though late packets might have come.
                let cause = self.closings.moment(slot).map_or(Cause::PortReuse, |closing| closing.cause);
                self.end(slot, self.moment(packet, cause));
                return self.begin(hash, packet, before);
            }
            flow.reopen(sequence);
        }
        packet.direction_piat_ms = flow.add(packet);
        self.accumulators.on_update(slot, packet, flow);
        let is_end_asked = flow.expiration_id < 0;
        if let Some(ids) = &mut self.tunnel_ids {
            ids.note(slot, packet.headers, packet.direction, &self.flows);
        }
        if packet.headers.tcp_flags & (FIN | SYN | RST) != 0 {
            self.note_connection(slot, packet);
        }
        if self.looks_after {
            self.look_after(slot, packet);
        }
        Counted { slot, is_end_asked }
    }

    /// The flow that has the key of a packet. Sets the packet's direction in it.
    #[inline]
    fn find(&self, hash: u64, packet: &mut Packet<'_>) -> Option<u32> {
        let (flows, key_hash) = (&self.flows, &self.config.key_hash);
        let (circumstances, rule) = (key_hash.circumstances(packet.headers), key_hash.rule());
        let found = self.table.find(hash, |&slot| {
            match flows[slot].direction_of(packet.headers, circumstances, rule) {
                Some(direction) => {
                    packet.direction = direction;
                    true
                }
                None => false,
            }
        });
        found.copied()
    }

    /// The same for a packet whose flow depends on the id of its tunnel as well. Flows that are over are ended on the way: the
    /// packet belongs to the next one that can have it, whether they were looked for before it or not.
    fn find_by_id(&mut self, hash: u64, packet: &mut Packet<'_>) -> Option<u32> {
        loop {
            let ids = self.tunnel_ids.as_ref()?;
            let (slot, direction) = ids.find(hash, packet.headers, &self.table, &self.flows)?;
            packet.direction = direction;
            let now = packet.time.max(self.flows[slot].last_seen()).milliseconds();
            let deadline = self.deadline(slot);
            if deadline.time_ms > now {
                return Some(slot);
            }
            self.end(slot, deadline);
        }
    }

    /// The tunnel's id of the direction opposite to that of a packet of the flow in a slot, if it tells flows apart and is known.
    fn opposite_id(&self, slot: u32, packet: &Packet<'_>) -> Option<u32> {
        self.tunnel_ids.as_ref()?.opposite(slot, packet.direction, &self.flows)
    }

    /// Notes what a packet with SYN, FIN or RST does to the connection of its flow.
    fn note_connection(&mut self, slot: u32, packet: &Packet<'_>) {
        if packet.headers.protocol != TCP {
            return;
        }
        let flow = &mut self.flows[slot];
        if let (Some(cause), Some(linger_ms)) =
            (closing::note(flow, packet), self.config.connections.linger_ms)
        {
            let time_ms = packet.time.milliseconds().max(self.arriving_ms).saturating_add(linger_ms);
            // Of the flows that end at one time, one that ends at once comes where its last packet does.
            let moment = match linger_ms {
                0 => self.moment(packet, cause),
                _ => Moment::new(time_ms, flow.first_packet, cause),
            };
            self.closings.add(slot, moment);
        }
    }

    /// When the flow in a slot ends if no packet comes; with a slice, at the end of its own.
    fn deadline(&self, slot: u32) -> Moment {
        let mut deadline = self.idle_moment(slot);
        if let Some(closing) = self.closings.moment(slot) {
            let ends_at_once = self.config.idle_timeout_ms == 0 && closing.time_ms == deadline.time_ms;
            deadline = if ends_at_once { closing } else { deadline.min(closing) };
        }
        if let Some(slice) = self.slice_of(self.flows[slot].first_seen().milliseconds()) {
            let time_ms = (slice + 1).saturating_mul(self.config.slice_ms);
            let packet = self.flows[slot].first_packet;
            deadline = deadline.min(Moment::new(time_ms, packet, Cause::Slice));
        }
        deadline
    }

    /// The number of the slice that a time is in, if time is sliced.
    fn slice_of(&self, time_ms: u64) -> Option<u64> {
        time_ms.checked_div(self.config.slice_ms)
    }

    /// Takes a model's inputs from the current state of a flow.
    #[cold]
    fn snapshot(&mut self, slot: u32) {
        let schema = Arc::clone(&self.config.schema);
        let Some(Inputs { columns, .. }) = schema.inputs() else { return };
        // None of these columns depends on what other flows have taught.
        let (memory, mut inputs) = (Memory::default(), Vec::new());
        for &column in columns.iter() {
            if let Some(value) = self.value(slot, column, &memory) {
                prediction::push(&value, &mut inputs);
            }
        }
        self.accumulators.keep(slot, inputs.into());
    }

    /// Begins a flow.
    fn begin(&mut self, hash: u64, packet: &mut Packet<'_>, before: Before) -> Counted {
        packet.direction = before.direction.unwrap_or_else(|| {
            let is_answer = orientation::is_answer(packet);
            if is_answer {
                self.config.tally.add(Notice::AnswersFirst, 1);
            }
            self.compass.direction(packet, is_answer)
        });
        packet.piat_ms = 0;
        if self.config.room.is_bounded() {
            self.make_room(packet);
        }
        let slot = self.free.pop().unwrap_or_else(|| self.next_slot());
        self.flows.insert(slot, Flow::begin(packet, self.config.key_hash.rule()));
        let flow = &mut self.flows[slot];
        if packet.headers.protocol == TCP {
            closing::note_first(flow, packet);
        }
        self.accumulators.on_init(slot, packet, flow);
        if let Some(ids) = &mut self.tunnel_ids {
            ids.begin(slot, packet.headers, before.opposite_id, &self.flows);
        }
        let (flows, ids, key_hash) = (&self.flows, self.tunnel_ids.as_ref(), &self.config.key_hash);
        let hash = ids.map_or(hash, |ids| ids.hash(slot, flows));
        self.table.insert_unique(hash, slot, |&slot| match ids {
            Some(ids) => ids.hash(slot, flows),
            None => key_hash.of_flow(&flows[slot]),
        });
        self.timers.insert(slot, packet.time.milliseconds());
        if let Some(timers) = &mut self.active_timers {
            timers.insert(slot, packet.time.milliseconds());
        }
        let is_end_asked = self.flows[slot].expiration_id < 0;
        if packet.headers.tcp_flags & (FIN | SYN | RST) != 0 {
            self.note_connection(slot, packet);
        }
        if self.looks_after {
            self.look_after(slot, packet);
        }
        Counted { slot, is_end_asked }
    }

    /// Does the remaining work after a packet was counted for a flow: takes a model's inputs, and checks that memory is
    /// enough.
    #[inline(never)]
    fn look_after(&mut self, slot: u32, packet: &Packet<'_>) {
        if self.snapshot_at > 0 && self.flows[slot].packets() == self.snapshot_at {
            self.snapshot(slot);
        }
        if self.config.room.bytes > 0 {
            self.cut_back(packet, slot);
        }
    }

    /// Ends flows until there is room for a flow that begins with a packet: first the flows that have been idle for their
    /// timeout, then the flow that has been idle longest.
    fn make_room(&mut self, packet: &Packet<'_>) {
        if !self.is_full() {
            return;
        }
        let time_ms = packet.time.milliseconds();
        self.advance(time_ms);
        while self.is_full() && self.end_idle_longest(packet, None) {}
    }

    /// Whether there is no room for one more flow.
    fn is_full(&self) -> bool {
        self.table.len() >= self.most_flows
            || self.config.room.bytes > 0
                && self.free.is_empty()
                && self.flows.len().is_multiple_of(CHUNK)
                && self.memory() + self.sizes.chunk() > self.config.room.bytes
    }

    /// Bytes of memory that are kept for flows.
    fn memory(&self) -> u64 {
        let slots = self.flows.len().next_multiple_of(CHUNK) as u64 * self.sizes.slot;
        slots + self.accumulators.memory()
    }

    /// Ends the flows that have been idle longest when the data that flows keep has outgrown its room. A packet adds little,
    /// so ending a few flows makes up for it. However much other flows keep, one packet does not end them all. The flow that
    /// the packet belongs to lives on.
    fn cut_back(&mut self, packet: &Packet<'_>, slot: u32) {
        let mut most = MOST_CUT_BACK;
        while most > 0 && self.memory() > self.config.room.bytes && self.end_idle_longest(packet, Some(slot))
        {
            most -= 1;
        }
    }

    /// Ends the flow that has been idle longest, for want of room, if there is one other than the flow in slot `beside`.
    fn end_idle_longest(&mut self, packet: &Packet<'_>, beside: Option<u32>) -> bool {
        let Some(slot) = self.idle_longest(packet.time, beside) else { return false };
        self.end(slot, self.moment(packet, Cause::OutOfRoom));
        true
    }

    /// Finds the flow that has been idle longest; of several, the one that began first. The flow in slot `beside` is left
    /// out.
    fn idle_longest(&mut self, now: Timestamp, beside: Option<u32>) -> Option<u32> {
        loop {
            let Oldest { slots, last_seen, first_packet } = &mut self.oldest;
            while let Some(slot) = slots.pop() {
                let flow = &self.flows[slot];
                let is_idle = flow.last_seen() <= *last_seen && flow.first_packet <= *first_packet;
                if is_idle && Some(slot) != beside {
                    return Some(slot);
                }
            }
            self.look_for_oldest(now);
            self.oldest.slots.retain(|&slot| Some(slot) != beside);
            if self.oldest.slots.is_empty() {
                return None;
            }
        }
    }

    /// Finds the flows that have been idle longest. A packet at the current time must not make one of them older than
    /// another. So flows that had such a packet are left out, unless all had one.
    fn look_for_oldest(&mut self, now: Timestamp) {
        let flows = &self.flows;
        let Oldest { slots, last_seen, first_packet } = &mut self.oldest;
        self.timers.first_due(|slot| flows[slot].last_seen().milliseconds(), slots);
        if slots.iter().any(|&slot| flows[slot].last_seen() < now) {
            slots.retain(|&slot| flows[slot].last_seen() < now);
        }
        // A flow that begins is put before the others of its bucket, so most often they are in this order already.
        slots.sort_unstable_by_key(|&slot| Reverse((flows[slot].last_seen(), flows[slot].first_packet)));
        *last_seen = slots.first().map_or(now, |&newest| flows[newest].last_seen());
        *first_packet = slots.iter().map(|&slot| flows[slot].first_packet).max().unwrap_or_default();
    }

    /// A slot that was never used. More flows at a time than a `u32` counts would take terabytes of memory.
    fn next_slot(&self) -> u32 {
        u32::try_from(self.flows.len()).expect("fewer than 2^32 flows are alive")
    }

    /// Ends a flow if a plugin wants it. The packet at `time` and `position` is then its last.
    #[inline]
    pub(crate) fn end_if_asked(&mut self, slot: u32, time: Timestamp, position: u64) {
        if self.flows[slot].expiration_id < 0 {
            let time_ms = time.milliseconds().max(self.arriving_ms);
            let arrival = position.max(self.arriving_position);
            self.end(slot, Moment { time_ms, arrival, packet: position, cause: Cause::Plugin });
        }
    }

    /// The moment of a packet; for a fragment that was held, the moment when its flow was known.
    fn moment(&self, packet: &Packet<'_>, cause: Cause) -> Moment {
        Moment {
            time_ms: packet.time.milliseconds().max(self.arriving_ms),
            arrival: packet.position.max(self.arriving_position),
            packet: packet.position,
            cause,
        }
    }

    fn idle_moment(&self, slot: u32) -> Moment {
        let flow = &self.flows[slot];
        let time_ms = flow.last_seen().milliseconds().saturating_add(self.config.idle_timeout_ms);
        Moment::new(time_ms, flow.first_packet, Cause::IdleTimeout)
    }

    /// The moment when a flow has lasted for its timeout.
    fn active_moment(&self, slot: u32) -> Moment {
        let flow = &self.flows[slot];
        let time_ms = flow.first_seen().milliseconds().saturating_add(self.config.active_timeout_ms);
        Moment::new(time_ms, flow.first_packet, Cause::ActiveTimeout)
    }

    /// Number of flows that are alive.
    pub(crate) fn active_flows(&self) -> usize {
        self.table.len()
    }

    /// Moves time forward before a packet is counted, and ends every flow that has been idle for its timeout.
    pub(crate) fn advance(&mut self, now_ms: u64) {
        let is_later = now_ms > self.timers.now() || self.config.idle_timeout_ms == 0;
        if is_later || self.closings.is_due(now_ms) {
            self.expire(now_ms);
        }
    }

    /// The flow in a slot, if it is alive and began with a packet.
    pub(crate) fn alive_at(&mut self, slot: u32, first_packet: u64) -> Option<&mut Flow> {
        let flow = &mut self.flows[slot];
        (flow.first_packet == first_packet).then_some(flow)
    }

    /// Position of the first packet of the flow in a slot.
    pub(crate) fn first_packet(&self, slot: u32) -> u64 {
        self.flows[slot].first_packet
    }

    /// The columns of the records.
    pub(crate) fn schema(&self) -> &Arc<Schema> {
        &self.config.schema
    }

    /// The value so far of a column that records show, for the flow in a slot.
    pub(crate) fn shown_value(&mut self, slot: u32, column: usize, memory: &Memory) -> Option<Value<'_>> {
        let column = self.config.schema.among_all(column)?;
        self.value(slot, column, memory)
    }

    /// The value so far of a column, by its position among all columns, for the flow in a slot.
    pub(crate) fn value(&mut self, slot: u32, column: usize, memory: &Memory) -> Option<Value<'_>> {
        let Self { config, flows, accumulators, .. } = self;
        config.schema.live_value(column, slot, &flows[slot], accumulators, memory)
    }

    /// The metadata read so far from the flow in a slot.
    pub(crate) fn metadata(&self, slot: u32) -> Option<&Metadata> {
        self.accumulators.metadata(slot)
    }

    /// Ends every flow whose time has come.
    fn expire(&mut self, now_ms: u64) {
        let mut due = std::mem::take(&mut self.due);
        let flows = &self.flows;
        self.timers.advance(now_ms, |slot| flows[slot].last_seen().milliseconds(), &mut due);
        for slot in due.drain(..) {
            self.end(slot, self.deadline(slot));
        }
        if self.has_deadlines {
            self.closings.take_due(now_ms, &mut due);
            due.drain(..).for_each(|slot| self.end(slot, self.deadline(slot)));
            self.cut_slices(now_ms, &mut due);
        }
        if let Some(timers) = &mut self.active_timers {
            let flows = &self.flows;
            timers.advance(now_ms, |slot| flows[slot].first_seen().milliseconds(), &mut due);
        }
        for slot in due.drain(..) {
            self.end(slot, self.active_moment(slot));
        }
        self.due = due;
    }

    /// Ends every flow that began in an earlier slice of time, when another slice has begun.
    fn cut_slices(&mut self, now_ms: u64, due: &mut Vec<u32>) {
        let Some(slice) = self.slice_of(now_ms).filter(|slice| *slice > self.slice) else { return };
        self.slice = slice;
        let began = |slot: &u32| self.flows[*slot].first_seen().milliseconds();
        due.extend(self.table.iter().filter(|slot| self.slice_of(began(slot)) < Some(slice)));
        due.drain(..).for_each(|slot| self.end(slot, self.deadline(slot)));
    }

    /// Takes a flow out of the table and exports it.
    fn end(&mut self, slot: u32, moment: Moment) {
        let hash = match &self.tunnel_ids {
            Some(ids) => ids.hash(slot, &self.flows),
            None => self.config.key_hash.of_flow(&self.flows[slot]),
        };
        if let Ok(entry) = self.table.find_entry(hash, |&other| other == slot) {
            entry.remove();
        }
        if let Some(ids) = &mut self.tunnel_ids {
            ids.end(slot, &self.flows);
        }
        self.timers.remove(slot);
        if let Some(timers) = &mut self.active_timers {
            timers.remove(slot);
        }
        if self.has_deadlines {
            self.closings.remove(slot);
        }
        self.free.push(slot);
        self.export(slot, moment);
    }

    fn export(&mut self, slot: u32, moment: Moment) {
        if self.fragments_due_ms != u64::MAX {
            self.show_unfinished(slot);
        }
        let flow = &mut self.flows[slot];
        if moment.cause != Cause::Plugin {
            flow.expiration_id = moment.cause.expiration_id();
        }
        let parts = self.accumulators.on_expire(slot, flow);
        let record = Record::new(flow.take(), moment.cause.reason(), parts, Arc::clone(&self.config.schema));
        flow.first_packet = ENDED;
        self.ended.push(Ended { moment, slot, record });
    }
}

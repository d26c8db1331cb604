//! A meter: a flow table that packets go into and records come out of.

use std::cmp::Reverse;
use std::sync::Arc;

use hashbrown::HashTable;
use nfstream_capture::{Block, Timestamp};
use nfstream_decode::Headers;

use crate::accounting::AccountingMode;
use crate::flow::Flow;
use crate::key::KeyHash;
use crate::packet::{Direction, Packet};
use crate::plugin::{Accumulator, Family, Taught};
use crate::reader::Place;
use crate::record::{Record, Schema};
use crate::slab::Slab;
use crate::timers::Timers;

/// A decoded packet on its way to a meter; its bytes are in the block beside it.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) headers: Headers,
    pub(crate) time: Timestamp,
    pub(crate) hash: u64,
    /// Which frame of the block.
    pub(crate) frame: u32,
    pub(crate) raw_size: u16,
}

/// When a flow ended, for an order that depends on the input alone: by time; then by the packet that ended it, or for
/// an idle flow that began it; a packet ends the old flow before the one that it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    time_ms: u64,
    packet: u64,
    cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Lesson,
    ActiveTimeout,
    Plugin,
    IdleTimeout,
    EndOfInput,
}

impl Moment {
    /// When a lesson was learnt: flows that end at the same packet know it.
    pub(crate) fn of(taught: &Taught) -> Self {
        Self { time_ms: taught.time_ms, packet: taught.lesson.position, cause: Cause::Lesson }
    }
}

/// Records at a time when the input is over.
const PIECE: usize = 4096;

/// A record and when its flow ended.
pub(crate) type Ended = (Moment, Record);

/// What every meter of a run does alike.
#[derive(Clone)]
pub(crate) struct Rules {
    pub(crate) idle_timeout_ms: u64,
    pub(crate) active_timeout_ms: u64,
    pub(crate) accounting_mode: AccountingMode,
    pub(crate) families: Vec<Arc<dyn Family>>,
    pub(crate) schema: Arc<Schema>,
    pub(crate) key_hash: KeyHash,
}

pub(crate) struct Meter {
    rules: Rules,
    table: HashTable<u32>,
    flows: Slab<Flow>,
    /// Slots whose flow has ended.
    free: Vec<u32>,
    timers: Timers,
    accumulators: Vec<Box<dyn Accumulator>>,
    ended: Vec<Ended>,
    due: Vec<u32>,
}

impl Meter {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            table: HashTable::new(),
            flows: Slab::default(),
            free: Vec::new(),
            timers: Timers::new(rules.idle_timeout_ms),
            accumulators: rules.families.iter().map(|family| family.accumulator()).collect(),
            ended: Vec::new(),
            due: Vec::new(),
            rules,
        }
    }

    /// Takes in the arrivals of one block, then moves time to where the block ends. Returns the flows that have ended, in
    /// order.
    pub(crate) fn meter(&mut self, block: &Block, arrivals: &[Arrival], place: Place) -> Vec<Ended> {
        for arrival in arrivals {
            let frame = block.frame(arrival.frame as usize).map_or(&[][..], |frame| frame.bytes);
            self.packet(arrival, frame, place.first_frame + u64::from(arrival.frame));
        }
        self.expire_idle(place.now.milliseconds());
        self.take_ended()
    }

    /// Gives away what flows have taught since the last call.
    pub(crate) fn take_taught(&mut self) -> Vec<Taught> {
        self.accumulators.iter_mut().flat_map(|accumulator| accumulator.take_taught()).collect()
    }

    /// The input is over: ends every flow, a piece at a time so that the records need not all be in memory at once.
    /// Pieces come in order, as do the records in them.
    pub(crate) fn finish(mut self) -> impl Iterator<Item = Vec<Ended>> {
        let mut slots: Vec<u32> = self.table.iter().copied().collect();
        slots.sort_unstable_by_key(|&slot| Reverse(self.flows[slot].first_packet));
        std::iter::from_fn(move || {
            let piece = slots.split_off(slots.len().saturating_sub(PIECE));
            for &slot in piece.iter().rev() {
                let packet = self.flows[slot].first_packet;
                self.export(slot, 0, Moment { time_ms: u64::MAX, packet, cause: Cause::EndOfInput });
            }
            (!piece.is_empty()).then(|| std::mem::take(&mut self.ended))
        })
    }

    fn take_ended(&mut self) -> Vec<Ended> {
        let mut ended = std::mem::take(&mut self.ended);
        ended.sort_unstable_by_key(|(moment, _)| *moment);
        ended
    }

    #[inline]
    fn packet(&mut self, arrival: &Arrival, frame: &[u8], position: u64) {
        let headers = &arrival.headers;
        let mut packet = Packet {
            time: arrival.time,
            raw_size: arrival.raw_size,
            size: self.rules.accounting_mode.size(headers, arrival.raw_size),
            direction: Direction::SrcToDst,
            piat_ms: 0,
            direction_piat_ms: None,
            headers,
            frame,
            position,
        };
        let flows = &self.flows;
        let found = self.table.find(arrival.hash, |&slot| match flows[slot].direction_of(headers) {
            Some(direction) => {
                packet.direction = direction;
                true
            }
            None => false,
        });
        let Some(&slot) = found else {
            return self.begin(arrival.hash, &mut packet);
        };

        let flow = &mut self.flows[slot];
        let now = packet.time.milliseconds();
        packet.piat_ms = now - flow.last_seen().milliseconds();
        if packet.piat_ms >= self.rules.idle_timeout_ms {
            self.end(slot, 0, self.idle_moment(slot));
            return self.begin(arrival.hash, &mut packet);
        }
        if now - flow.first_seen().milliseconds() >= self.rules.active_timeout_ms {
            self.end(slot, 1, Moment { time_ms: now, packet: position, cause: Cause::ActiveTimeout });
            return self.begin(arrival.hash, &mut packet);
        }
        let own = flow.totals(packet.direction);
        packet.direction_piat_ms = (own.packets > 0).then(|| now - own.last_seen.milliseconds());
        flow.add(&packet);
        for accumulator in &mut self.accumulators {
            accumulator.on_update(slot, &packet, flow);
        }
        if flow.expiration_id < 0 {
            self.end_by_plugin(slot, &packet);
        }
    }

    fn begin(&mut self, hash: u64, packet: &mut Packet<'_>) {
        packet.direction = Direction::SrcToDst;
        packet.piat_ms = 0;
        let slot = self.free.pop().unwrap_or_else(|| self.next_slot());
        self.flows.insert(slot, Flow::begin(packet));
        let flow = &mut self.flows[slot];
        for accumulator in &mut self.accumulators {
            accumulator.on_init(slot, packet, flow);
        }
        let by_plugin = flow.expiration_id < 0;
        let (flows, key_hash) = (&self.flows, &self.rules.key_hash);
        self.table.insert_unique(hash, slot, |&slot| key_hash.of_flow(&flows[slot]));
        self.timers.insert(slot, packet.time.milliseconds());
        if by_plugin {
            self.end_by_plugin(slot, packet);
        }
    }

    /// A slot that was never used. More flows at a time than a `u32` counts would take terabytes of memory.
    fn next_slot(&self) -> u32 {
        u32::try_from(self.flows.len()).expect("fewer than 2^32 flows are alive")
    }

    fn end_by_plugin(&mut self, slot: u32, packet: &Packet<'_>) {
        let moment =
            Moment { time_ms: packet.time.milliseconds(), packet: packet.position, cause: Cause::Plugin };
        self.end(slot, self.flows[slot].expiration_id, moment);
    }

    fn idle_moment(&self, slot: u32) -> Moment {
        let flow = &self.flows[slot];
        let time_ms = flow.last_seen().milliseconds().saturating_add(self.rules.idle_timeout_ms);
        Moment { time_ms, packet: flow.first_packet, cause: Cause::IdleTimeout }
    }

    fn expire_idle(&mut self, now_ms: u64) {
        let mut due = std::mem::take(&mut self.due);
        let flows = &self.flows;
        self.timers.advance(now_ms, |slot| flows[slot].last_seen().milliseconds(), &mut due);
        for slot in due.drain(..) {
            self.end(slot, 0, self.idle_moment(slot));
        }
        self.due = due;
    }

    /// Takes a flow out of the table and exports it.
    fn end(&mut self, slot: u32, expiration_id: i32, moment: Moment) {
        let hash = self.rules.key_hash.of_flow(&self.flows[slot]);
        if let Ok(entry) = self.table.find_entry(hash, |&other| other == slot) {
            entry.remove();
        }
        self.timers.remove(slot);
        self.free.push(slot);
        self.export(slot, expiration_id, moment);
    }

    fn export(&mut self, slot: u32, expiration_id: i32, moment: Moment) {
        let flow = &mut self.flows[slot];
        flow.expiration_id = expiration_id;
        let parts =
            self.accumulators.iter_mut().map(|accumulator| accumulator.on_expire(slot, flow)).collect();
        let record = Record::new(flow.clone(), parts, Arc::clone(&self.rules.schema));
        self.ended.push((moment, record));
    }
}

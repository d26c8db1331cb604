//! A run packet by packet: the meter is in the asking thread, which sees every packet with its flow.
//!
//! Reading, decoding and the inspection of payloads stay with the [workers](crate::workers). Each worker gives the asking
//! thread its lanes, with its findings in them; packets come out of the lanes in the order of the input. Flows end exactly
//! when they are due, between two packets, so that records come in the same order as in a run that does not go packet by
//! packet.

use std::collections::VecDeque;
use std::iter::Peekable;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nfstream_capture::{Block, Progress, Timestamp};
use nfstream_decode::Fragment;
use nfstream_dpi::{Memory, Metadata};

use super::kept_packet::KeptPacket;
use super::run::{Run, told_of_run};
use crate::column::Value;
use crate::error::Error;
use crate::features::Finding;
use crate::flow::{Datagram, Direction, Packet};
use crate::input::{Decoder, Opened};
use crate::lane::{Arrival, Lane, Share};
use crate::meter::{Config, Counted, Ended, Meter, Released};
use crate::record::{Record, Schema};
use crate::room::Room;
use crate::status::{Report, StopHandle};
use crate::workers::{Collected, Recycler, Stage, Workers};

/// More workers than this would wait for the asking thread.
const MOST_WORKERS: usize = 4;

/// The next event of a run packet by packet.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A packet, which its flow has counted.
    Packet(Seen<'a>),
    /// A flow has ended. Its slot is free for another, which may have begun already.
    Ended {
        /// The slot of the flow.
        slot: u32,
        /// The record of the flow.
        record: Record,
    },
}

/// A packet, and the flow that has counted it.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The packet.
    pub packet: Packet<'a>,
    /// The slot of the flow: a number that no other flow has while this one is alive. Slots are used again, so they stay
    /// small.
    pub slot: u32,
    /// Whether the flow begins with the packet.
    pub begins: bool,
    /// The block of the packet, and its frame there; `None` for an IP fragment.
    origin: Option<(&'a Arc<Block>, u32)>,
    live: &'a Arc<Mutex<Live>>,
    first_packet: u64,
}

impl Seen<'_> {
    /// Returns the packet in a form that can be kept.
    pub fn keep(&self) -> KeptPacket {
        KeptPacket::new(&self.packet, self.origin)
    }

    /// The same, but replaces a packet that was kept. This is cheaper, because most packets come in the same block.
    pub fn keep_in(&self, kept: &mut KeptPacket) {
        kept.set(&self.packet, self.origin);
    }

    /// The flow, which can also be asked later.
    pub fn flow(&self) -> LiveFlow {
        LiveFlow { live: Arc::clone(self.live), slot: self.slot, first_packet: self.first_packet }
    }
}

/// A flow while it is alive. Keeping it keeps the run's flow table.
#[derive(Clone, Debug)]
pub struct LiveFlow {
    live: Arc<Mutex<Live>>,
    slot: u32,
    first_packet: u64,
}

impl LiveFlow {
    /// The columns that the flow's record will have.
    pub fn schema(&self) -> Arc<Schema> {
        Arc::clone(lock(&self.live).meter.schema())
    }

    /// Reads the value so far of the column at a position; `None` if there is no such column, or the flow has ended. Nothing
    /// else can be done with the run meanwhile.
    pub fn read<R>(&self, column: usize, read: impl FnOnce(Value<'_>) -> R) -> Option<R> {
        let Live { meter, memory } = &mut *lock(&self.live);
        meter.alive_at(self.slot, self.first_packet)?;
        meter.shown_value(self.slot, column, memory).map(read)
    }

    /// The same for a position among [all](Schema::every_column) columns.
    pub fn read_plain<R>(&self, column: usize, read: impl FnOnce(Value<'_>) -> R) -> Option<R> {
        let Live { meter, memory } = &mut *lock(&self.live);
        meter.alive_at(self.slot, self.first_packet)?;
        meter.value(self.slot, column, memory).map(read)
    }

    /// Reads the metadata of the flow's payloads so far; `None` if nothing was kept, or the flow has ended.
    pub fn read_l7_metadata<R>(&self, read: impl FnOnce(&Metadata) -> R) -> Option<R> {
        let Live { meter, .. } = &mut *lock(&self.live);
        meter.alive_at(self.slot, self.first_packet)?;
        meter.metadata(self.slot).map(read)
    }

    /// Asks for the flow to end, as a plugin does: its last packet is the current packet, or else the next one. A value of 0
    /// takes the request back.
    pub fn set_expiration_id(&self, expiration_id: i32) {
        if let Some(flow) = lock(&self.live).meter.alive_at(self.slot, self.first_packet) {
            flow.expiration_id = expiration_id;
        }
    }
}

/// Flows that are alive, and the lessons of flows that have ended.
struct Live {
    meter: Meter,
    memory: Memory,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

fn lock(live: &Mutex<Live>) -> MutexGuard<'_, Live> {
    live.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A run that shows the asking thread every packet with its flow.
///
/// ```no_run
/// use nfstream::{Event, Streamer};
///
/// let streamer = Streamer::builder().source("capture.pcap").build()?;
/// let mut packets = streamer.packets()?;
/// while packets.receive()? {
///     while let Some(event) = packets.next() {
///         match event {
///             Event::Packet(seen) => println!("{} bytes in slot {}", seen.packet.size, seen.slot),
///             Event::Ended { slot, record } => println!("slot {slot}: {record:?}"),
///             _ => {}
///         }
///     }
/// }
/// # Ok::<(), nfstream::Error>(())
/// ```
pub struct Packets {
    /// `None` when everything that is wanted has come.
    workers: Option<Workers<Vec<Scouted>>>,
    /// The lanes of the remaining blocks of a turn, by worker.
    turn: Vec<std::vec::IntoIter<Scouted>>,
    /// The lanes of the current block.
    lanes: Vec<Cursor>,
    /// Whether the input is over and the flows that are left are not known yet.
    is_ending: bool,
    /// Flows that are left when the input is over, the oldest last.
    left: Vec<u32>,
    live: Arc<Mutex<Live>>,
    /// Flows that have ended and are not reported yet.
    ended: VecDeque<Ended>,
    /// The current packet.
    at_hand: Option<AtHand>,
    run: Run,
}

/// The packet that was counted last.
struct AtHand {
    source: Source,
    slot: u32,
    first_packet: u64,
    time: Timestamp,
    position: u64,
    size: u32,
    direction: Direction,
    piat_ms: u64,
    direction_piat_ms: Option<u64>,
    /// Whether the caller has seen the packet.
    is_told: bool,
}

told_of_run!(Packets, ended);

/// Where the packet that was counted last is.
enum Source {
    /// A lane, and the packet's index in it.
    Lane { lane: usize, arrival: usize },
    /// An IP fragment, which may have been held since it came.
    Fragment(Box<Released>),
}

impl AtHand {
    /// A packet that the flow in a slot has counted, once it is said where it is.
    fn new(slot: u32, first_packet: u64, packet: &Packet<'_>) -> impl FnOnce(Source) -> Self + use<> {
        let Packet { time, position, size, direction, piat_ms, direction_piat_ms, .. } = *packet;
        move |source| Self {
            source,
            slot,
            first_packet,
            time,
            position,
            size,
            direction,
            piat_ms,
            direction_piat_ms,
            is_told: false,
        }
    }
}

impl Packets {
    pub(crate) fn start(opened: Opened, config: &Config, n_meters: usize) -> Result<Self, Error> {
        let run = Run::start(&opened, config);
        let decoder = Decoder::new(&config.parameters, &config.key_hash, &opened, &run.state);
        let workers = n_meters.min(MOST_WORKERS);
        // Scouts keep flows as well.
        let Room { flows, bytes } = config.room;
        let config = &Config { room: Room { flows, bytes: bytes / 2 }, ..config.clone() };
        let scouts = (0..workers).map(|number| {
            let config = config.of_meter(number, workers, decoder.steering.as_ref());
            let meter = Meter::scout(&config);
            Scouting { share: config.share, meter, turn: Vec::new() }
        });
        let live = Live { meter: Meter::follower(config.clone()), memory: Memory::default() };
        Ok(Self {
            workers: Some(Workers::start(opened, &decoder, scouts.collect(), &run.pool)?),
            turn: Vec::new(),
            lanes: Vec::new(),
            is_ending: false,
            left: Vec::new(),
            live: Arc::new(Mutex::new(live)),
            ended: VecDeque::new(),
            at_hand: None,
            run,
        })
    }

    /// Ends the input with the packet that was reported last: flows that are alive end, and input that was read beyond this
    /// packet is dropped. A [`StopHandle`], by contrast, ends the reading, and everything that was read is reported.
    pub fn cut(&mut self) {
        if self.workers.is_none() && self.turn.is_empty() && self.lanes.is_empty() {
            return;
        }
        self.workers = None;
        self.turn.clear();
        self.lanes.clear();
        let mut live = lock(&self.live);
        if let Some(told) = self.at_hand.take() {
            live.meter.end_if_asked(told.slot, told.time, told.position);
        }
        live.meter.give_up_all_fragments();
        live.meter.count_fragments();
        live.gather(&mut self.ended, &mut self.run);
        self.left = live.meter.alive();
        drop(live);
        self.run.state.report().interrupted = true;
    }

    /// Waits a little for more input; false when the run is over. Call this when there is no [`next`](Self::next) event.
    ///
    /// # Errors
    /// An error that kept the input from being read to its end. It comes after all events.
    pub fn receive(&mut self) -> Result<bool, Error> {
        let has_lanes = self.turn.iter().any(|lanes| lanes.len() > 0) || !self.lanes.is_empty();
        if has_lanes || self.is_ending || !self.left.is_empty() {
            return Ok(true);
        }
        let Some(workers) = &mut self.workers else {
            return self.run.end().map_or(Ok(false), Err);
        };
        match workers.collect() {
            Collected::All => {
                self.turn = workers.answers().filter_map(Option::take).map(Vec::into_iter).collect();
            }
            Collected::Nothing => {}
            Collected::Over => {
                self.workers = None;
                lock(&self.live).meter.give_up_all_fragments();
                self.is_ending = true;
            }
        }
        Ok(true)
    }

    /// The next event in the input received so far, `None` when more has to be [received](Self::receive).
    ///
    /// This is not an iterator, because an event borrows the packet that it shows.
    #[expect(clippy::should_implement_trait, reason = "events borrow from the run")]
    pub fn next(&mut self) -> Option<Event<'_>> {
        self.step();
        if let Some(Ended { slot, record, .. }) = self.ended.pop_front() {
            if self.ended.is_empty() && self.run.has_all_wanted() {
                self.end();
            }
            return Some(Event::Ended { slot, record });
        }
        let packet = self.at_hand.as_mut()?;
        packet.is_told = true;
        Some(Event::Packet(self.seen()?))
    }

    /// Ends the run when everything that is wanted has come.
    fn end(&mut self) {
        self.workers = None;
        self.at_hand = None;
        self.turn.clear();
        self.lanes.clear();
        self.is_ending = false;
        self.left.clear();
    }

    fn seen(&self) -> Option<Seen<'_>> {
        let at_hand = self.at_hand.as_ref()?;
        let (raw_size, headers, frame, datagram, origin) = match &at_hand.source {
            Source::Lane { lane, arrival } => {
                let Lane { block, arrivals, .. } = &self.lanes.get(*lane)?.lane;
                let arrival = arrivals.get(*arrival)?;
                let frame = block.frame(arrival.frame as usize).map_or(&[][..], |frame| frame.bytes);
                let origin = Some((block, arrival.frame));
                (arrival.raw_size, &arrival.headers, frame, Datagram::Whole, origin)
            }
            Source::Fragment(released) => {
                (released.raw_size, &released.headers, &*released.frame, released.datagram(), None)
            }
        };
        Some(Seen {
            packet: Packet {
                time: at_hand.time,
                raw_size,
                size: at_hand.size,
                direction: at_hand.direction,
                piat_ms: at_hand.piat_ms,
                direction_piat_ms: at_hand.direction_piat_ms,
                headers,
                frame,
                datagram,
                position: at_hand.position,
            },
            slot: at_hand.slot,
            begins: at_hand.first_packet == at_hand.position,
            origin,
            live: &self.live,
            first_packet: at_hand.first_packet,
        })
    }

    /// Goes on until there is something to report, or nothing left to go on with.
    fn step(&mut self) {
        if !self.ended.is_empty() {
            return;
        }
        let mut live = lock(&self.live);
        if let Some(told) = self.at_hand.take_if(|at_hand| at_hand.is_told) {
            live.meter.end_if_asked(told.slot, told.time, told.position);
        }
        loop {
            live.gather(&mut self.ended, &mut self.run);
            if !self.ended.is_empty() || self.at_hand.is_some() {
                return;
            }
            if live.meter.has_fragments() {
                self.at_hand = live.count_fragment(&mut self.lanes);
            } else if let Some(lane) = earliest(&self.lanes) {
                self.at_hand = live.count(lane, &mut self.lanes[lane]);
            } else if let Some(Cursor { lane, .. }) = self.lanes.last() {
                live.meter.give_up_fragments(lane.place.now.milliseconds());
                if live.meter.has_fragments() {
                    continue;
                }
                live.meter.advance(lane.place.now.milliseconds());
                let Some(Cursor { lane, .. }) = self.lanes.pop() else { return };
                if let Some(workers) = &self.workers {
                    workers.recycler().take(lane);
                }
            } else if self.turn.iter().any(|lanes| lanes.len() > 0) {
                self.lanes = self.turn.iter_mut().filter_map(Iterator::next).map(Cursor::new).collect();
            } else if self.is_ending {
                self.is_ending = false;
                live.meter.end_due();
                self.left = live.meter.alive();
            } else if let Some(slot) = self.left.pop() {
                live.meter.end_with_input(slot);
            } else {
                return;
            }
        }
    }
}

impl Live {
    /// Counts the next packet of a lane, unless flows have to end before it.
    fn count(&mut self, lane: usize, cursor: &mut Cursor) -> Option<AtHand> {
        let Cursor { lane: Lane { block, place, arrivals, .. }, next, findings } = cursor;
        let arrival = arrivals.get(*next)?;
        self.meter.give_up_fragments(arrival.time.milliseconds());
        if self.meter.has_fragments() {
            return None;
        }
        self.meter.advance(arrival.time.milliseconds());
        if self.meter.has_ended() {
            return None;
        }
        let position = place.position(arrival);
        if self.meter.concerns_fragments(arrival) {
            let frame = block.frame(arrival.frame as usize).map_or(&[][..], |frame| frame.bytes);
            if self.meter.take_fragment(arrival, frame, position) {
                *next += 1;
                return None;
            }
        }
        if !self.meter.takes(arrival) {
            *next += 1;
            return None;
        }
        if let Some(finding) = findings.next_if(|finding| finding.position == position) {
            self.meter.follow(finding);
        }
        let frame = block.frame(arrival.frame as usize).map_or(&[][..], |frame| frame.bytes);
        let mut packet = self.meter.packet(arrival, frame, position);
        let Counted { slot, .. } = self.meter.count(arrival.hash, &mut packet);
        let source = Source::Lane { lane, arrival: *next };
        let at_hand = AtHand::new(slot, self.meter.first_packet(slot), &packet);
        *next += 1;
        self.learn();
        Some(at_hand(source))
    }

    /// Counts the next fragment whose flow is known.
    fn count_fragment(&mut self, lanes: &mut [Cursor]) -> Option<AtHand> {
        self.meter.advance_to_fragment();
        if self.meter.has_ended() {
            return None;
        }
        let released = self.meter.next_fragment()?;
        let is_of_it = |finding: &Finding| finding.position == released.position;
        let finding = lanes.iter_mut().find_map(|cursor| cursor.findings.next_if(is_of_it));
        if let Some(finding) = finding {
            self.meter.follow(finding);
        }
        let mut packet = self.meter.fragment_packet(&released);
        let Counted { slot, .. } = self.meter.count_fragment(&released, &mut packet);
        let at_hand = AtHand::new(slot, self.meter.first_packet(slot), &packet);
        self.learn();
        Some(at_hand(Source::Fragment(released)))
    }

    /// Learns what flows have taught.
    fn learn(&mut self) {
        for taught in self.meter.take_taught() {
            self.memory.learn(taught.lesson);
        }
    }

    /// Numbers and concludes the records of flows that have ended.
    fn gather(&mut self, waiting: &mut VecDeque<Ended>, run: &mut Run) {
        let mut ended = self.meter.take_ended();
        run.number(&mut ended);
        ended.iter_mut().for_each(|ended| ended.record.conclude(&self.memory));
        waiting.extend(ended);
    }
}

/// A lane that has been processed up to an arrival.
struct Cursor {
    lane: Lane,
    next: usize,
    findings: Peekable<std::vec::IntoIter<Finding>>,
}

impl Cursor {
    fn new(Scouted { lane, findings }: Scouted) -> Self {
        Self { lane, next: 0, findings: findings.into_iter().peekable() }
    }
}

/// Finds the lane of one block with the earliest packet of those to come.
fn earliest(lanes: &[Cursor]) -> Option<usize> {
    let next = |cursor: &Cursor| cursor.lane.arrivals.get(cursor.next).map(|arrival| arrival.frame);
    let frames = lanes.iter().enumerate().filter_map(|(lane, cursor)| Some((next(cursor)?, lane)));
    frames.min().map(|(_, lane)| lane)
}

/// A lane, with its findings.
struct Scouted {
    lane: Lane,
    findings: Vec<Finding>,
}

/// A worker that looks at packets ahead of the asking thread, if there is anything to look for.
struct Scouting {
    share: Share,
    meter: Option<Meter>,
    /// Lanes of the turn.
    turn: Vec<Scouted>,
}

impl Stage for Scouting {
    type Answer = Vec<Scouted>;

    fn take(&mut self, mut lane: Lane, ends_turn: bool, _: &Recycler) -> Option<Vec<Scouted>> {
        let findings = self.meter.as_mut().map(|meter| {
            drop(meter.meter(&lane));
            meter.take_findings()
        });
        // The asking thread gets every packet once: fragments in the lanes of the first worker.
        let has_fragments = self.share.number == 0;
        let fragments = lane.for_all.iter().filter(|arrival| arrival.headers.fragment != Fragment::Whole);
        let own: Vec<Arrival> =
            lane.for_all_of(&self.share).chain(fragments.filter(|_| has_fragments)).cloned().collect();
        if !own.is_empty() {
            lane.arrivals.extend(own);
            lane.arrivals.sort_by_key(|arrival| arrival.frame);
        }
        self.turn.push(Scouted { lane, findings: findings.unwrap_or_default() });
        ends_turn.then(|| std::mem::take(&mut self.turn))
    }

    fn finish(self) -> impl Iterator<Item = Vec<Scouted>> {
        Some(self.turn).filter(|turn| !turn.is_empty()).into_iter()
    }
}

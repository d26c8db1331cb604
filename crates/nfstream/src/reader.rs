//! Captures to blocks, and the frames of a block to arrivals.

use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use nfstream_capture::Ring;
use nfstream_capture::{
    Block, Captures, Claim, Filter, PcapInterface, Progress, Source, Steering, Timestamp,
};
use nfstream_decode::{Address, Headers, Ignored, LinkType, counts, decode, decode_cut};

use crate::key::KeyHash;
use crate::meter::{Arrival, Rules};
use crate::report::ClockSteps;
use crate::run::State;

/// Where a block stands in the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Position of its first frame; `None` where blocks come from several rings, and only time says which packet came first.
    pub(crate) first_frame: Option<u64>,
    /// Time of the packet before it, if there was one.
    pub(crate) last: Option<Timestamp>,
    /// Time of the newest packet before it.
    pub(crate) before: Timestamp,
    /// Time of the newest packet up to its end: what it is now, for every meter. Frames that do not count say nothing of it.
    pub(crate) now: Timestamp,
    /// Its frames follow the packet before it, and each other, in time and within an hour.
    pub(crate) is_orderly: bool,
    /// Nothing was read: the input is silent as yet.
    pub(crate) silent: bool,
}

impl Place {
    /// The position of a packet in the order of the input: its number, or of live capture its time in nanoseconds.
    #[inline]
    pub(crate) fn position(&self, arrival: &Arrival) -> u64 {
        match self.first_frame {
            Some(first_frame) => first_frame + u64::from(arrival.frame),
            None => arrival.time.nanoseconds() as u64,
        }
    }
}

/// What a run reads.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub(crate) enum Opened {
    /// Captures, and which frames of them are wanted, if not all are.
    Captures(Captures, Option<Filter>),
    /// An interface, through libpcap.
    Libpcap(PcapInterface),
    /// An interface: a ring for each worker, and which packets belong to which.
    #[cfg(target_os = "linux")]
    Interface(Vec<Ring>, Steering),
}

impl Opened {
    /// How far the reading has come.
    pub(crate) fn progress(&self) -> Progress {
        match self {
            Self::Captures(captures, _) => captures.progress(),
            Self::Libpcap(_) => Progress::default(),
            #[cfg(target_os = "linux")]
            Self::Interface(..) => Progress::default(),
        }
    }
}

/// What is read block after block.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub(crate) enum Feed {
    Captures(Captures),
    Libpcap(PcapInterface, Instant),
}

/// A packet that comes this much later than the one before is worth a word.
const JUMP_MS: u64 = 60 * 60 * 1000;

/// How often an interface is asked for what it has lost.
const LOSSES: Duration = Duration::from_millis(500);

impl Feed {
    pub(crate) fn libpcap(interface: PcapInterface) -> Self {
        Self::Libpcap(interface, Instant::now())
    }

    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Captures(captures) => captures,
            Self::Libpcap(interface, _) => interface,
        }
    }

    /// Reports what was damaged or lost.
    fn report(&mut self, told: &mut usize, state: &State) {
        match self {
            Self::Captures(captures) => {
                let damages = captures.damages();
                if *told < damages.len() {
                    *told = damages.len();
                    state.report().damages = damages.to_vec();
                }
            }
            Self::Libpcap(interface, asked) if asked.elapsed() >= LOSSES => {
                *asked = Instant::now();
                let losses = interface.losses();
                let mut report = state.report();
                (report.dropped_by_kernel, report.dropped_by_interface) = (losses.kernel, losses.interface);
            }
            Self::Libpcap(..) => {}
        }
    }
}

/// Reads blocks one after the other.
pub(crate) struct Reader {
    feed: Feed,
    decode_tunnels: bool,
    /// Frames that it does not take are not there: not even for what time it is.
    filter: Option<Filter>,
    /// Where the next block stands.
    next: Place,
    /// Nothing is read after the end, or after an error.
    over: bool,
    /// Damages that the report has.
    told: usize,
    state: Arc<State>,
}

impl Reader {
    pub(crate) fn new(feed: Feed, filter: Option<Filter>, decoder: &Decoder) -> Self {
        let start = Timestamp::default();
        Self {
            feed,
            decode_tunnels: decoder.decode_tunnels,
            filter,
            next: Place {
                first_frame: Some(0),
                last: None,
                before: start,
                now: start,
                is_orderly: false,
                silent: true,
            },
            over: false,
            told: 0,
            state: Arc::clone(&decoder.state),
        }
    }

    /// Claims the next piece of the input, to be read into a block before its turn.
    pub(crate) fn claim(&mut self) -> Option<Claim> {
        self.feed.source().claim()
    }

    /// Fills the block, or leaves it empty when the input is silent. `None` when the input is over.
    pub(crate) fn read(&mut self, block: &mut Block) -> Option<Place> {
        if self.over {
            return None;
        }
        if self.state.is_stopped() {
            self.over = true;
            let interrupted = self.has_more(block);
            self.state.report().interrupted = interrupted;
            return None;
        }
        let more = self.feed.source().fill(block);
        self.feed.report(&mut self.told, &self.state);
        self.over = !matches!(more, Ok(true));
        if let Err(error) = more {
            self.state.fail(error.into());
        }
        if self.over {
            return None;
        }
        let silent = block.is_empty();
        self.filter(block);
        let Place { first_frame, last, before, .. } = self.next;
        let is_orderly = is_orderly(block, last, before);
        let packets = self.times_of_packets(block, is_orderly);
        let mut now = packets.map_or(before, |(_, newest)| newest.max(before));
        if let Some(clock) = self.feed.source().now() {
            now = now.max(clock);
        }
        let following = first_frame.map(|first_frame| first_frame + block.len() as u64);
        let last_of_all = packets.map(|(last, _)| last).or(last);
        self.next = Place { first_frame: following, last: last_of_all, before: now, now, ..self.next };
        Some(Place { first_frame, last, before, now, is_orderly, silent })
    }

    /// The times of the last packet in a block and of the newest. Only frames are decoded that could be one of them: where time goes
    /// forward, the last packet and what is ignored after it.
    fn times_of_packets(&self, block: &Block, is_orderly: bool) -> Option<(Timestamp, Timestamp)> {
        let mut found: Option<(Timestamp, Timestamp)> = None;
        for frame in block.frames().rev() {
            let is_of_interest = found.is_none_or(|(_, newest)| frame.time > newest);
            if is_of_interest && counts(LinkType(frame.link_type), frame.bytes, self.decode_tunnels) {
                found = Some((found.map_or(frame.time, |(last, _)| last), frame.time));
                if is_orderly {
                    break;
                }
            }
        }
        found
    }

    /// Whether there is something after what has been read, or may come. It is read, and not reported.
    fn has_more(&mut self, block: &mut Block) -> bool {
        !matches!(self.feed.source().fill(block), Ok(false))
    }

    /// Takes out what is not wanted. An expression that is none ends the run.
    fn filter(&mut self, block: &mut Block) {
        let Some(filter) = &mut self.filter else { return };
        let filtered = filter.apply(block);
        let mut report = self.state.report();
        report.packets += filtered.packets + filtered.not_judged;
        report.bytes += filtered.bytes + filtered.not_judged_bytes;
        report.filtered += filtered.packets;
        report.ignored_by_reason[Ignored::LinkType.index()] += filtered.not_judged;
        drop(report);
        if let Some(error) = filtered.error {
            self.state.fail(error.into());
            self.over = true;
        }
    }
}

/// Whether time goes on as usual in a block: most blocks are like that, and need no look at each packet.
fn is_orderly(block: &Block, last: Option<Timestamp>, newest: Timestamp) -> bool {
    let Some(first) = block.frame(0) else { return true };
    let before = last.unwrap_or(first.time);
    let mut end = before;
    for frame in block.frames() {
        if frame.time < end {
            return false;
        }
        end = frame.time;
    }
    last.unwrap_or_default() == newest && end.milliseconds() - before.milliseconds() <= JUMP_MS
}

/// Finds in each frame the packet that counts.
#[derive(Clone)]
pub(crate) struct Decoder {
    pub(crate) key_hash: KeyHash,
    pub(crate) decode_tunnels: bool,
    /// Which meter gets a packet, where something else than the hash decides.
    pub(crate) steering: Option<Steering>,
    pub(crate) state: Arc<State>,
}

impl Decoder {
    pub(crate) fn new(rules: &Rules, decode_tunnels: bool, opened: &Opened, state: &Arc<State>) -> Self {
        let steering = match opened {
            Opened::Captures(..) | Opened::Libpcap(_) => None,
            #[cfg(target_os = "linux")]
            Opened::Interface(_, steering) => Some(steering.clone()),
        };
        Self { key_hash: rules.key_hash.clone(), decode_tunnels, steering, state: Arc::clone(state) }
    }

    /// Sorts what counts in a block into one lane for each meter, by the hash of its flow's key.
    pub(crate) fn decode(&self, block: &Block, place: Place, lanes: &mut [Vec<Arrival>]) {
        let meters = lanes.len() as u64;
        // Time never runs backwards.
        let mut newest = place.before;
        let mut last = place.last;
        let mut steps = Steps::default();
        let mut bytes = 0;
        let mut ignored = [0_u64; Ignored::ALL.len()];
        for (number, frame) in block.frames().enumerate() {
            bytes += u64::from(frame.wire_len);
            let is_cut = place.first_frame.is_none() && frame.bytes.len() < frame.wire_len as usize;
            let (link_type, tunnels) = (LinkType(frame.link_type), self.decode_tunnels);
            let decoded = match is_cut {
                true => decode_cut(link_type, frame.bytes, tunnels),
                false => decode(link_type, frame.bytes, tunnels),
            };
            let headers = match decoded {
                Ok(headers) => headers,
                Err(reason) => {
                    ignored[reason.index()] += 1;
                    continue;
                }
            };
            newest = match place.first_frame {
                Some(_) if place.is_orderly => frame.time,
                Some(first_frame) => {
                    if let Some(before) = last.replace(frame.time) {
                        steps.look_at(before, frame.time, first_frame + number as u64 + 1);
                    }
                    newest.max(frame.time)
                }
                // No two packets of a ring have one position.
                None => frame.time.max(newest.next()),
            };
            let hash = self.key_hash.of_packet(&headers);
            let lane = match &self.steering {
                Some(steering) => u64::from(steer(steering, &headers)) % meters,
                // The low half: a table takes its tags from the high one.
                None => (u64::from(hash as u32) * meters) >> 32,
            };
            lanes[lane as usize].push(Arrival {
                headers,
                time: newest,
                hash,
                frame: number as u32,
                raw_size: frame.wire_len,
            });
        }
        let mut report = self.state.report();
        report.packets += block.len() as u64;
        report.bytes += bytes;
        report.jumps_ahead.merge(steps.ahead);
        report.steps_back.merge(steps.back);
        for (total, count) in report.ignored_by_reason.iter_mut().zip(ignored) {
            *total += count;
        }
    }
}

/// Steps of the clock in a block.
#[derive(Default)]
struct Steps {
    ahead: ClockSteps,
    back: ClockSteps,
}

impl Steps {
    /// Counts a packet that is earlier than the one before it, or much later.
    fn look_at(&mut self, before: Timestamp, time: Timestamp, frame: u64) {
        if time < before {
            self.back.add(before, time, frame);
        } else if time.milliseconds() - before.milliseconds() > JUMP_MS {
            self.ahead.add(before, time, frame);
        }
    }
}

/// As the kernel does where it can see the same.
fn steer(steering: &Steering, headers: &Headers) -> u32 {
    let words = |Address(address): Address| {
        let (words, _) = address.as_chunks::<4>();
        std::array::from_fn(|word| words.get(word).map_or(0, |bytes| u32::from_be_bytes(*bytes)))
    };
    steering.of((words(headers.src), headers.src_port), (words(headers.dst), headers.dst_port))
}

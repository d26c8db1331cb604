//! [`Defragmenter`]: puts the fragments of datagrams together.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use nfstream_capture::Timestamp;
use nfstream_decode::{Fragment, Headers, Reading};

use super::datagram::{Datagram, First, Held, Key, Owner, showing, without_payload};
use super::incoming::Incoming;
use super::pieces::{Data, Fit, Pieces};
use super::released::{Part as OfDatagram, Released, Shown, Step};
use crate::flow::KeyHash;
use crate::lane::Share;
use crate::status::{Notice, Tally};

/// How long fragments of a datagram are waited for, in milliseconds (RFC 791 section 3.2: at least 15 s, RFC 8200
/// section 4.5: 60 s; Linux waits 30 s).
const TIMEOUT_MS: u64 = 30_000;

/// Bytes of memory that the fragments of a meter take at most, as [`Datagram::charge`] counts them.
const MOST_BYTES: usize = 4 << 20;

/// Number of datagrams that are known at a time.
const MOST_DATAGRAMS: usize = 16_384;

/// Number of pieces of a datagram: a datagram of 64 KiB in the smallest fragments.
const MOST_PIECES: usize = 8192;

/// IP protocol numbers.
const ICMP: u8 = 1;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// Bytes of the header of a DNS message (RFC 1035, section 4.1.1).
const DNS_HEADER: usize = 12;

/// What it takes to find the meter of a flow.
#[derive(Clone)]
pub(crate) struct Lookup {
    pub(crate) key_hash: KeyHash,
    pub(crate) share: Share,
    pub(crate) reading: Reading,
    pub(crate) tally: Arc<Tally>,
}

/// The datagrams of which fragments have come.
pub(crate) struct Defragmenter {
    lookup: Lookup,
    /// The datagrams by number. The oldest has the smallest.
    datagrams: BTreeMap<u64, Box<Datagram>>,
    numbers: HashMap<Key, u64, RandomState>,
    /// Numbers of the datagrams that are whole.
    whole: BTreeSet<u64>,
    /// Datagrams that are not whole, by the slot of the flow that their fragments were counted for.
    of_flows: BTreeSet<(u32, u64)>,
    next: u64,
    /// Bytes of memory, about.
    charge: usize,
    /// Time of the newest fragment.
    now: Timestamp,
    /// Time up to which fragments were given out, in milliseconds.
    now_ms: u64,
    digests: RandomState,
    steps: VecDeque<Step>,
    /// Number of fragments that were counted.
    counted: u64,
}

impl Defragmenter {
    pub(crate) fn new(lookup: Lookup) -> Self {
        Self {
            lookup,
            datagrams: BTreeMap::new(),
            next: 0,
            numbers: HashMap::default(),
            whole: BTreeSet::new(),
            of_flows: BTreeSet::new(),
            charge: 0,
            now: Timestamp::default(),
            now_ms: 0,
            digests: RandomState::default(),
            steps: VecDeque::new(),
            counted: 0,
        }
    }

    /// When the oldest datagram is given up, in milliseconds.
    pub(crate) fn due_ms(&self) -> u64 {
        let oldest = self.datagrams.values().next();
        oldest.map_or(u64::MAX, |oldest| oldest.began.milliseconds().saturating_add(TIMEOUT_MS))
    }

    pub(crate) fn has_steps(&self) -> bool {
        !self.steps.is_empty()
    }

    pub(crate) fn next_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// Number of fragments that were given out to be counted.
    pub(crate) fn counted(&self) -> u64 {
        self.counted
    }

    /// When the next fragment is to be counted, in milliseconds.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.steps.iter().find_map(|step| match step {
            Step::Count(released) => Some(released.released_ms),
            Step::Show(_) => None,
        })
    }

    /// Gives up the datagrams that have been waited for long enough, each at the end of its time.
    pub(crate) fn expire(&mut self, now_ms: u64) {
        while self.due_ms() <= now_ms {
            let Some(&oldest) = self.datagrams.keys().next() else { return };
            self.now_ms = self.now_ms.max(self.due_ms());
            self.give_up(oldest, Notice::IncompleteDatagrams);
        }
    }

    /// Gives up all datagrams, because the input is over.
    pub(crate) fn give_up_all(&mut self, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
        while let Some(&oldest) = self.datagrams.keys().next() {
            self.give_up(oldest, Notice::IncompleteDatagrams);
        }
    }

    /// Notes that fragments of a datagram have been counted for a flow.
    pub(crate) fn belongs(&mut self, serial: u64, slot: u32, first_packet: u64) {
        let Some(datagram) = self.datagrams.get_mut(&serial).filter(|datagram| !datagram.is_whole) else {
            return;
        };
        if let Some((slot, _)) = datagram.flow.replace((slot, first_packet)) {
            self.of_flows.remove(&(slot, serial));
        }
        self.of_flows.insert((slot, serial));
    }

    /// A datagram of the flow in a slot, which ends, up to the first gap. Each is given out once.
    pub(crate) fn take_unfinished(&mut self, slot: u32) -> Option<Shown> {
        loop {
            let &(_, serial) = self.of_flows.range((slot, 0)..=(slot, u64::MAX)).next()?;
            self.of_flows.remove(&(slot, serial));
            let Some(datagram) = self.datagrams.get_mut(&serial) else { continue };
            let Some((slot, first_packet)) = datagram.flow.take() else { continue };
            if let Some(shown) = shown(datagram, self.lookup.reading, (slot, first_packet)) {
                return Some(shown);
            }
        }
    }

    /// Takes a fragment. What follows from it are the next steps.
    pub(crate) fn take(&mut self, incoming: &Incoming<'_>) {
        self.now = self.now.max(incoming.arrival.time);
        self.now_ms = self.now_ms.max(self.now.milliseconds());
        let is_first = incoming.arrival.headers.fragment == Fragment::First;
        let digest = if is_first { self.digests.hash_one(incoming.part.data(incoming.frame)) } else { 0 };
        let serial = self.serial(incoming, is_first, digest);
        let Some(mut datagram) = self.datagrams.remove(&serial) else { return };
        let before = datagram.charge();
        if datagram.is_whole {
            // A copy of what came before, or one that comes late.
            self.count(&datagram, incoming, None, OfDatagram::Nothing);
        } else {
            self.add(serial, &mut datagram, incoming, digest);
        }
        self.charge = self.charge + datagram.charge() - before;
        self.datagrams.insert(serial, datagram);
        self.bound(serial);
    }

    /// The number of the datagram that a fragment belongs to. Another first fragment under the same identification begins
    /// another datagram, once all of the one before has come.
    fn serial(&mut self, incoming: &Incoming<'_>, is_first: bool, digest: u64) -> u64 {
        let key = Key::of(&incoming.arrival.headers, &incoming.part);
        if let Some(&serial) = self.numbers.get(&key) {
            let is_used_again = is_first
                && self
                    .datagrams
                    .get(&serial)
                    .is_some_and(|datagram| datagram.is_whole && datagram.digest != Some(digest));
            if !is_used_again {
                return serial;
            }
            self.remove(serial);
        }
        let datagram = Datagram::new(key, self.now);
        self.charge += datagram.charge();
        let serial = self.next;
        self.next += 1;
        self.numbers.insert(key, serial);
        self.datagrams.insert(serial, Box::new(datagram));
        serial
    }

    /// Adds a fragment to a datagram of which something is missing.
    fn add(&mut self, serial: u64, datagram: &mut Datagram, incoming: &Incoming<'_>, digest: u64) {
        self.add_data(datagram, incoming);
        let headers = &incoming.arrival.headers;
        if headers.fragment == Fragment::First && datagram.digest.is_none() {
            datagram.digest = Some(digest);
            if !headers.needs_whole(self.lookup.reading.tunnels) {
                self.find_owner(datagram, headers);
            }
            if !matches!(datagram.owner, Owner::Other) {
                datagram.first = Some(Box::new(First {
                    headers: *headers,
                    part: incoming.part,
                    position: incoming.position,
                    frame: incoming.part.headers(incoming.frame).into(),
                }));
            }
            // The type of an ICMP message and the header of a DNS message tell the direction of their flow, even if other
            // fragments came first.
            let shows_direction =
                !datagram.held.is_empty() && matches!(headers.protocol, ICMP | ICMPV6 | UDP);
            let message = shows_direction.then(|| {
                let end = headers.payload_offset as usize + DNS_HEADER;
                (*headers, incoming.frame.get(..end).unwrap_or(incoming.frame).to_vec())
            });
            self.release(serial, datagram, message.as_ref());
        }
        let is_whole = datagram.pieces.is_whole() && datagram.digest.is_some();
        if is_whole {
            self.complete(serial, datagram, incoming);
        } else if matches!(datagram.owner, Owner::Unknown) {
            datagram.held.push(Held::new(incoming));
            if datagram.held.len() >= MOST_PIECES {
                datagram.is_cut = true;
                self.conclude(datagram, serial);
            }
        } else {
            self.count(datagram, incoming, Some(serial), OfDatagram::Nothing);
        }
    }

    fn add_data(&self, datagram: &mut Datagram, incoming: &Incoming<'_>) {
        let Incoming { part, frame, arrival, .. } = incoming;
        if datagram.pieces.len() >= MOST_PIECES {
            datagram.is_cut = true;
            return;
        }
        if part.size == 0 && part.has_more {
            return;
        }
        let bytes = part.data(frame);
        let data = Data { start: part.offset, end: part.end(), has_more: part.has_more, bytes };
        datagram.is_spoilt |= match datagram.pieces.add(data) {
            Fit::New | Fit::Copy => false,
            // RFC 5722: IPv6 has no overlaps.
            Fit::Overlap => arrival.headers.ip_version == 6,
            Fit::Contradiction => true,
        };
    }

    /// Completes a datagram with the fragment that came last.
    fn complete(&mut self, serial: u64, datagram: &mut Datagram, incoming: &Incoming<'_>) {
        let is_other = matches!(datagram.owner, Owner::Other);
        let whole = if is_other || datagram.is_spoilt { None } else { datagram.whole(self.lookup.reading) };
        // A packet in a tunnel that is a fragment itself counts as the one that carries it.
        let whole = whole.filter(|(headers, _)| headers.fragment == Fragment::Whole);
        let is_late = matches!(datagram.owner, Owner::Unknown);
        if is_late {
            let first = datagram.first.as_ref().map(|first| first.headers);
            if let Some(flow) = whole.as_ref().map(|(headers, _)| *headers).or(first) {
                self.find_owner(datagram, &flow);
                self.release(serial, datagram, whole.as_ref());
            }
        }
        if let Owner::Own(_) = datagram.owner {
            let is_tiny = datagram.first.as_ref().is_some_and(|first| first.headers.is_tiny_fragment());
            let notices = [
                (Notice::Reassembled, !datagram.is_spoilt),
                (Notice::OverlappingFragments, datagram.is_spoilt),
                (Notice::TinyFragments, is_tiny),
            ];
            notices
                .into_iter()
                .filter(|(_, is_so)| *is_so)
                .for_each(|(notice, _)| self.lookup.tally.add(notice, 1));
            self.count_last(datagram, incoming, whole);
        }
        if let Some((slot, _)) = datagram.flow.take() {
            self.of_flows.remove(&(slot, serial));
        }
        datagram.is_whole = true;
        datagram.held = Vec::new();
        datagram.pieces = Pieces::default();
        self.whole.insert(serial);
    }

    /// Counts the fragment that completes a datagram.
    fn count_last(
        &mut self,
        datagram: &Datagram,
        incoming: &Incoming<'_>,
        whole: Option<(Headers, Vec<u8>)>,
    ) {
        let Owner::Own(flow) = &datagram.owner else { return };
        let Some((all, frame)) = whole else {
            self.count(datagram, incoming, None, OfDatagram::Nothing);
            return;
        };
        let own = &incoming.arrival.headers;
        let headers = showing(own, &flow.0, &all, frame.len());
        self.push(Released {
            headers,
            time: incoming.arrival.time,
            raw_size: incoming.arrival.raw_size,
            position: incoming.position,
            hash: flow.1,
            frame: frame.into(),
            datagram: OfDatagram::All(all),
            serial: None,
            released_ms: 0,
        });
    }

    /// Counts a fragment for the flow of its datagram, if that is a flow of this meter.
    fn count(
        &mut self,
        datagram: &Datagram,
        incoming: &Incoming<'_>,
        serial: Option<u64>,
        of_datagram: OfDatagram,
    ) {
        let Owner::Own(flow) = &datagram.owner else { return };
        let Incoming { arrival, frame, position, .. } = incoming;
        self.push(Released {
            headers: without_payload(&arrival.headers, &flow.0, frame.len()),
            time: arrival.time,
            raw_size: arrival.raw_size,
            position: *position,
            hash: flow.1,
            frame: (*frame).into(),
            datagram: of_datagram,
            serial,
            released_ms: 0,
        });
    }

    fn push(&mut self, mut released: Released) {
        released.released_ms = self.now_ms;
        self.counted += 1;
        self.lookup.tally.add(Notice::Fragments, 1);
        self.steps.push_back(Step::Count(Box::new(released)));
    }

    /// Finds out whether a datagram belongs to a flow of this meter. Others keep no data of it.
    fn find_owner(&self, datagram: &mut Datagram, flow: &Headers) {
        let flow = Headers { fragment: Fragment::Whole, ..*flow };
        let hash = self.lookup.key_hash.of_packet(&flow);
        datagram.owner = match self.lookup.share.has(hash, &flow) {
            true => Owner::Own(Box::new((flow, hash))),
            false => {
                datagram.pieces.drop_bytes();
                Owner::Other
            }
        };
    }

    /// Counts the fragments that came before the flow was known. The first of them tells what the datagram begins with, if
    /// that is given.
    fn release(&mut self, serial: u64, datagram: &mut Datagram, whole: Option<&(Headers, Vec<u8>)>) {
        if matches!(datagram.owner, Owner::Unknown) {
            return;
        }
        let held = std::mem::take(&mut datagram.held);
        let Owner::Own(flow) = &datagram.owner else { return };
        let mut whole = whole;
        for held in held {
            self.push(match whole.take() {
                Some(whole) => held.heading(flow, serial, whole),
                None => held.released(flow, Some(serial)),
            });
        }
    }

    /// Gives up a datagram.
    fn give_up(&mut self, serial: u64, why: Notice) {
        let Some(mut datagram) = self.remove(serial) else { return };
        if !datagram.is_whole {
            let is_own = self.conclude(&mut datagram, serial);
            self.note(is_own, why);
        }
    }

    fn note(&self, is_own: bool, notice: Notice) {
        if is_own {
            self.lookup.tally.add(notice, 1);
        }
    }

    /// Counts the fragments of a datagram that are held, and shows what came of it. Whether it belongs to a flow of this
    /// meter.
    fn conclude(&mut self, datagram: &mut Datagram, serial: u64) -> bool {
        if matches!(datagram.owner, Owner::Unknown) {
            let Some(first) = &datagram.first else { return self.count_alone(datagram) };
            let first = first.headers;
            let beginning = datagram.beginning(self.lookup.reading);
            self.find_owner(datagram, beginning.as_ref().map_or(&first, |(headers, _)| headers));
            let last = datagram.held.pop();
            self.release(serial, datagram, None);
            if let (Owner::Own(flow), Some(last)) = (&datagram.owner, last) {
                self.push(match beginning.filter(|_| !datagram.is_spoilt) {
                    Some(beginning) => last.showing(flow, beginning),
                    None => last.released(flow, None),
                });
            }
        }
        if let Some(flow) = datagram.flow.take() {
            self.of_flows.remove(&(flow.0, serial));
            let shown = shown(datagram, self.lookup.reading, flow);
            self.steps.extend(shown.map(|shown| Step::Show(Box::new(shown))));
        }
        let is_own = matches!(datagram.owner, Owner::Own(_));
        self.note(is_own && datagram.is_spoilt, Notice::OverlappingFragments);
        self.note(is_own && std::mem::take(&mut datagram.is_cut), Notice::CutDatagrams);
        is_own
    }

    /// Counts fragments whose first never came, for a flow without ports.
    fn count_alone(&mut self, datagram: &mut Datagram) -> bool {
        let held = std::mem::take(&mut datagram.held);
        // One meter counts the datagram as given up: that of its first fragment to come.
        let has = |held: &Held| {
            let hash = self.lookup.key_hash.of_packet(held.headers());
            self.lookup.share.has(hash, held.headers()).then_some(hash)
        };
        let is_own = held.first().is_some_and(|first| has(first).is_some());
        // Fragments of IPv6 may say that their datagrams begin with different protocols (RFC 8200, section 4.5).
        let own: Vec<Released> =
            held.into_iter().filter_map(|held| has(&held).map(|hash| held.alone(hash))).collect();
        self.lookup.tally.add(Notice::FragmentsWithoutFirst, own.len() as u64);
        own.into_iter().for_each(|released| self.push(released));
        is_own
    }

    fn remove(&mut self, serial: u64) -> Option<Box<Datagram>> {
        let datagram = self.datagrams.remove(&serial)?;
        self.charge -= datagram.charge();
        self.numbers.remove(&datagram.key);
        self.whole.remove(&serial);
        Some(datagram)
    }

    /// Makes room: forgets datagrams that are whole, then gives up others, the oldest first.
    fn bound(&mut self, serial: u64) {
        while self.charge > MOST_BYTES || self.datagrams.len() > MOST_DATAGRAMS {
            let oldest =
                self.whole.iter().chain(self.datagrams.keys()).copied().find(|other| *other != serial);
            let Some(oldest) = oldest else { return };
            self.give_up(oldest, Notice::CutDatagrams);
        }
    }
}

/// What came of a datagram, for its flow.
fn shown(datagram: &Datagram, reading: Reading, (slot, first_packet): (u32, u64)) -> Option<Shown> {
    let Owner::Own(flow) = &datagram.owner else { return None };
    if datagram.is_spoilt {
        return None;
    }
    let position = datagram.first.as_ref()?.position;
    let (headers, frame) = datagram.whole(reading)?;
    let headers = Headers { src: flow.0.src, dst: flow.0.dst, ..headers };
    Some(Shown { headers, frame, position, slot, first_packet })
}

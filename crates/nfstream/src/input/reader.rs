//! Turns captures into blocks, and the frames of a block into arrivals.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nfstream_capture::{Block, Claim, Filter, Source as _, Timestamp};
use nfstream_decode::Ignored;

use super::clock::Mender;
use super::counting::Counting;
use super::decoder::Decoder;
use super::duplicates::Duplicates;
use super::opened::Feed;
use super::reorder::Sorter;
use crate::lane::{JUMP_MS, Place};
use crate::status::{Notice, State};

/// How long, at most, to read packets of an interface that came before the run was stopped.
const BACKLOG: Duration = Duration::from_secs(10);

/// Reads blocks one after the other.
pub(crate) struct Reader {
    feed: Feed,
    counting: Counting,
    /// Frames that the filter does not take are ignored, even as a measure of time.
    filter: Option<Filter>,
    /// What is done with frames then, in this order.
    mender: Option<Mender>,
    sorter: Option<Sorter>,
    duplicates: Option<Duplicates>,
    /// Place of the next block.
    next: Place,
    /// Whether the input has ended, failed or been stopped. Nothing is read after that.
    ended: bool,
    /// When the reading of an interface was stopped, by either clock.
    stopped: Option<(Instant, Timestamp)>,
    /// Number of damages that the report already has.
    told: usize,
    state: Arc<State>,
}

impl Reader {
    pub(crate) fn new(feed: Feed, filter: Option<Filter>, decoder: &Decoder) -> Self {
        let start = Timestamp::default();
        let counting = decoder.counting();
        let is_captures = matches!(feed, Feed::Captures(_));
        Self {
            feed,
            counting,
            filter,
            mender: (is_captures && decoder.tidying.mends_clock).then(|| Mender::new(counting)),
            sorter: Sorter::within(decoder.tidying.reorder, counting),
            duplicates: Duplicates::within(decoder.tidying.dedup),
            next: Place {
                first_frame: Some(0),
                last: None,
                before: start,
                now: start,
                is_orderly: false,
                silent: true,
            },
            ended: false,
            stopped: None,
            told: 0,
            state: Arc::clone(&decoder.state),
        }
    }

    /// Whether [`read`](Self::read) may wait without end.
    pub(crate) fn may_block(&self) -> bool {
        matches!(&self.feed, Feed::Captures(captures) if captures.may_block())
    }

    /// Claims the next piece of the input, to be read into a block before its turn. A block that is not to be filled from the input,
    /// because frames that wait come first, can have no piece.
    pub(crate) fn claim(&mut self) -> Option<Claim> {
        if self.sorter.is_some() { None } else { self.feed.source().claim() }
    }

    /// Fills the block, or leaves it empty when the input is silent, or frames have to wait. Returns `None` when the input is over.
    pub(crate) fn read(&mut self, block: &mut Block) -> Option<Place> {
        if !self.ended && self.state.is_stopped() {
            self.stop(block);
        }
        let is_silent = self.fill(block);
        if self.ended && block.is_empty() && !self.has_waiting() {
            return None;
        }
        self.remove_duplicates(block);
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
        Some(Place { first_frame, last, before, now, is_orderly, silent: is_silent })
    }

    /// Fills the block with the frames that come next, which may have been read before. Returns whether the input was silent.
    fn fill(&mut self, block: &mut Block) -> bool {
        if let Some(sorter) = self.sorter.as_mut().filter(|sorter| sorter.is_busy()) {
            block.clear();
            sorter.pass(block, false);
            self.state.report().notices[Notice::CutReorder as usize] += sorter.take_cut();
            return false;
        }
        let is_silent = self.receive(block);
        if let Some(mender) = &mut self.mender {
            let waits_for_nothing = self.ended || is_silent && self.feed.comes_by_and_by();
            mender.pass(block, waits_for_nothing);
            let mended = mender.take_mended();
            if mended.count > 0 {
                self.state.report().clock_mended.merge(mended);
            }
        }
        if let Some(sorter) = &mut self.sorter {
            let is_all = self.ended && self.mender.as_ref().is_none_or(Mender::is_empty);
            sorter.pass(block, is_all);
            self.state.report().notices[Notice::CutReorder as usize] += sorter.take_cut();
        }
        is_silent
    }

    /// Reads the next frames of the input, if it has not ended, and removes those that are not wanted. Returns whether it was silent.
    fn receive(&mut self, block: &mut Block) -> bool {
        if self.ended {
            block.clear();
            return false;
        }
        let more = self.feed.source().fill(block);
        self.feed.report(&mut self.told, &self.state);
        self.ended = !matches!(more, Ok(true));
        if let Err(error) = more
            && self.stopped.is_none()
        {
            self.state.fail(error.into());
        }
        if self.ended {
            block.clear();
        }
        let is_silent = block.is_empty();
        self.filter(block);
        if let Some((stopped, time)) = self.stopped {
            self.ended |= stopped.elapsed() >= BACKLOG || self.feed.has_read_until(time);
        }
        is_silent && !self.ended
    }

    /// Whether frames that were read wait to be given out.
    fn has_waiting(&self) -> bool {
        self.mender.as_ref().is_some_and(|mender| !mender.is_empty())
            || self.sorter.as_ref().is_some_and(|sorter| !sorter.is_empty())
    }

    fn remove_duplicates(&mut self, block: &mut Block) {
        let Some(duplicates) = &mut self.duplicates else { return };
        let (packets, bytes) = duplicates.remove(block);
        if packets > 0 {
            let mut report = self.state.report();
            report.packets += packets;
            report.bytes += bytes;
            report.notices[Notice::Duplicates as usize] += packets;
        }
    }

    /// The times of the last packet and of the newest packet in a block. Only frames that could be one of these are decoded:
    /// if time goes forward, the last packet and the ignored frames after it.
    fn times_of_packets(&self, block: &Block, is_orderly: bool) -> Option<(Timestamp, Timestamp)> {
        let mut found: Option<(Timestamp, Timestamp)> = None;
        for frame in block.frames().rev() {
            let is_of_interest = found.is_none_or(|(_, newest)| frame.time > newest);
            if is_of_interest && self.counting.counts(&frame) {
                found = Some((found.map_or(frame.time, |(last, _)| last), frame.time));
                if is_orderly {
                    break;
                }
            }
        }
        found
    }

    /// Ends the reading, and reports whether there was more. Packets of an interface that came before are still read.
    fn stop(&mut self, block: &mut Block) {
        if let Feed::Captures(captures) = &mut self.feed {
            self.ended = true;
            self.state.report().interrupted = !matches!(captures.fill(block), Ok(false));
        } else if self.stopped.is_none() {
            let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            self.stopped = Some((Instant::now(), Timestamp::from_nanoseconds(since_epoch.as_nanos())));
            self.state.report().interrupted = true;
        }
    }

    /// Removes the frames that are not wanted. An invalid filter expression ends the run.
    fn filter(&mut self, block: &mut Block) {
        let Some(filter) = &mut self.filter else { return };
        let filtered = filter.apply(block);
        let mut report = self.state.report();
        let not_judged = filtered.not_judged.values().sum::<u64>();
        report.packets += filtered.packets + not_judged;
        report.bytes += filtered.bytes + filtered.not_judged_bytes;
        report.filtered += filtered.packets;
        report.ignored_by_reason[Ignored::Filter.index()] += not_judged;
        for (link_type, packets) in filtered.not_judged {
            *report.not_judged.entry(link_type).or_default() += packets;
        }
        drop(report);
        if let Some(error) = filtered.error {
            self.state.fail(error.into());
            self.ended = true;
        }
    }
}

/// Whether time goes on as usual in a block. Most blocks are like that, so their packets need not be checked one by one.
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

//! Turns captures into blocks, and the frames of a block into arrivals.

use std::sync::Arc;

use nfstream_capture::{Block, Claim, Filter, Timestamp};
use nfstream_decode::{Ignored, LinkType, Reading, counts};

use super::decoder::Decoder;
use super::opened::Feed;
use crate::lane::{JUMP_MS, Place};
use crate::status::State;

/// Reads blocks one after the other.
pub(crate) struct Reader {
    feed: Feed,
    reading: Reading,
    /// Frames that the filter does not take are ignored, even as a measure of time.
    filter: Option<Filter>,
    /// Place of the next block.
    next: Place,
    /// Whether the input has ended or failed. Nothing is read after that.
    over: bool,
    /// Number of damages that the report already has.
    told: usize,
    state: Arc<State>,
}

impl Reader {
    pub(crate) fn new(feed: Feed, filter: Option<Filter>, decoder: &Decoder) -> Self {
        let start = Timestamp::default();
        Self {
            feed,
            reading: decoder.reading,
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

    /// Whether [`read`](Self::read) may wait without end.
    pub(crate) fn may_block(&self) -> bool {
        matches!(&self.feed, Feed::Captures(captures) if captures.may_block())
    }

    /// Claims the next piece of the input, to be read into a block before its turn.
    pub(crate) fn claim(&mut self) -> Option<Claim> {
        self.feed.source().claim()
    }

    /// Fills the block, or leaves it empty when the input is silent. Returns `None` when the input is over.
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

    /// The times of the last packet and of the newest packet in a block. Only frames that could be one of these are decoded:
    /// if time goes forward, the last packet and the ignored frames after it.
    fn times_of_packets(&self, block: &Block, is_orderly: bool) -> Option<(Timestamp, Timestamp)> {
        let mut found: Option<(Timestamp, Timestamp)> = None;
        for frame in block.frames().rev() {
            let is_of_interest = found.is_none_or(|(_, newest)| frame.time > newest);
            let reading = self.reading.of_frame(frame.wire_len, false);
            if is_of_interest && counts(LinkType(frame.link_type), frame.bytes, reading) {
                found = Some((found.map_or(frame.time, |(last, _)| last), frame.time));
                if is_orderly {
                    break;
                }
            }
        }
        found
    }

    /// Whether there is more input, or more may come. The next input is read, but not reported.
    fn has_more(&mut self, block: &mut Block) -> bool {
        !matches!(self.feed.source().fill(block), Ok(false))
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
            self.over = true;
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

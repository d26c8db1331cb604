//! One side of a connection: its segments, judged by the rules of Wireshark.

use super::endpoint::Endpoint;
use super::gaps::Gaps;
use super::history::Letters;
use super::options::Options;
use super::round_trips::RoundTrips;
use super::segment::{ACK, FIN, RST, SYN, Segment};
use super::sequence::{distance, first, is_before, last};

/// A retransmission within this time of duplicate acknowledgments is a fast one, in nanoseconds.
const FAST: u64 = 20_000_000;

/// Duplicate acknowledgments that a fast retransmission needs.
const FAST_AFTER: u32 = 2;

/// A sequence number further ahead than the largest window (RFC 7323, section 2.3) belongs to another stream.
const LARGEST_WINDOW: i32 = 1 << 30;

/// The first SYN of a side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    /// The window, which is not scaled.
    pub(super) window: u16,
    pub(super) options: Options,
}

/// Segments by what they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) retransmitted: u32,
    pub(super) fast_retransmitted: u32,
    pub(super) spurious_retransmitted: u32,
    pub(super) out_of_order: u32,
    pub(super) duplicate_acks: u32,
    pub(super) keep_alives: u32,
    pub(super) zero_windows: u32,
    pub(super) window_fulls: u32,
}

/// What a side has sent so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    /// The sequence number after the last that was sent.
    next: Option<u32>,
    /// The last acknowledgment.
    acknowledged: Option<u32>,
    /// The last window, scaled.
    window: u32,
    /// Shift count of the window.
    scale: u8,
    /// Whether the last segment was a keep-alive.
    kept_alive: bool,
    /// Whether a byte at `next` was sent into a closed window.
    probed: bool,
    /// Whether all that was seen is an empty segment within a connection. It may be a keep-alive, one byte short.
    is_unsettled: bool,
    pub(super) endpoint: Endpoint,
    pub(super) letters: Letters,
    /// Bytes of `gaps` and `round_trips`.
    memory: u16,
    /// Duplicates of the last acknowledgment.
    repeated: u32,
    /// When `next` was moved.
    moved_at: u64,
    /// When the last acknowledgment was sent.
    acknowledged_at: u64,
    pub(super) stream_bytes: u64,
    pub(super) counts: Counts,
    pub(super) offer: Option<Offer>,
    /// The sequence number of the last SYN.
    syn: Option<u32>,
    pub(super) gaps: Option<Box<Gaps>>,
    pub(super) round_trips: Option<Box<RoundTrips>>,
}

/// What the rules say of a segment's place in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    InSequence,
    Ahead,
    KeepAlive,
    WindowProbe,
    SpuriousRetransmission,
    FastRetransmission,
    OutOfOrder,
    Retransmission,
}

/// What the conversation needs to know of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Noted {
    /// The segment repeats bytes of payload.
    pub(super) repeats: bool,
    /// The segment closes the window.
    pub(super) closes_window: bool,
    /// Gaps of the other side that the segment acknowledges.
    pub(super) acknowledged_gaps: u32,
}

impl Side {
    /// Follows a segment that this side sent to the other. A segment that comes within `disorder` nanoseconds of the
    /// one it should have come before is out of order.
    pub(super) fn follow(&mut self, segment: &Segment<'_>, other: &mut Self, disorder: u64) -> Noted {
        let noted = self.follow_plain(segment, other, disorder);
        noted.unwrap_or_else(|| self.follow_other(segment, other, disorder))
    }

    /// Follows a segment of one of the two usual kinds: one that comes where it is expected, or one whose data was all
    /// sent before, without gaps. No memory is taken for it.
    #[inline(always)]
    pub(super) fn follow_plain(
        &mut self,
        segment: &Segment<'_>,
        other: &mut Self,
        disorder: u64,
    ) -> Option<Noted> {
        let next = self.next?;
        if segment.has(SYN | FIN | RST) || segment.window == 0 {
            return None;
        }
        let mut noted = Noted::default();
        if next == segment.sequence {
            let is_probe = segment.length == 1 && other.window == 0;
            if is_probe || segment.length > 0 && self.round_trips.is_none() {
                return None;
            }
            self.follow_in_sequence(segment, other);
        } else {
            // One byte may be a keep-alive.
            let is_again = segment.length > 1
                && is_before(segment.sequence, next)
                && !is_before(next, segment.sequence.wrapping_add(segment.length))
                && self.gaps.is_none();
            if !is_again {
                return None;
            }
            self.follow_again(next, segment, other, disorder);
            noted.repeats = true;
        }
        Some(self.acknowledge(segment, other, noted))
    }

    /// Follows a segment whose data was all sent before.
    #[inline(always)]
    fn follow_again(&mut self, next: u32, segment: &Segment<'_>, other: &Self, disorder: u64) {
        self.check_window_full(segment, other);
        let verdict = self.judge_again(next, segment, other, disorder);
        self.count(verdict);
        if let Some(round_trips) = &mut self.round_trips {
            round_trips.sent_again(segment.sequence, segment.sequence.wrapping_add(segment.length));
        }
        self.kept_alive = false;
    }

    /// Follows a segment that comes where it is expected, and has no SYN, FIN or RST.
    #[inline(always)]
    fn follow_in_sequence(&mut self, segment: &Segment<'_>, other: &mut Self) {
        if segment.length > 0 {
            self.check_window_full(segment, other);
            self.take_new(segment, segment.length);
        } else {
            self.check_duplicate_ack(segment, other);
        }
        self.kept_alive = false;
    }

    #[inline(never)]
    fn follow_other(&mut self, segment: &Segment<'_>, other: &mut Self, disorder: u64) -> Noted {
        let mut noted = Noted::default();
        let is_control = segment.has(SYN | FIN | RST);
        if segment.has(SYN) {
            self.begin(segment, other);
        }
        if segment.window == 0 && !is_control {
            self.counts.zero_windows += 1;
            noted.closes_window = true;
        }
        if segment.length > 0 && !is_control {
            self.check_window_full(segment, other);
        }
        let verdict = self.judge(segment, other, disorder);
        self.count(verdict);
        noted.repeats = self.place(segment, verdict);
        if verdict == Verdict::InSequence && segment.length == 0 && !is_control {
            self.check_duplicate_ack(segment, other);
        }
        self.kept_alive = verdict == Verdict::KeepAlive;
        self.acknowledge(segment, other, noted)
    }

    fn judge(&self, segment: &Segment<'_>, other: &Self, disorder: u64) -> Verdict {
        let Some(next) = self.next else { return Verdict::InSequence };
        let is_control = segment.has(SYN | FIN | RST);
        let ahead = distance(next, segment.sequence);
        if ahead == 0 && segment.length == 1 && !is_control && other.is_closed() {
            return Verdict::WindowProbe;
        }
        if ahead == -1 && segment.length <= 1 && !is_control {
            return Verdict::KeepAlive;
        }
        if ahead > 0 {
            return Verdict::Ahead;
        }
        if ahead == 0 || segment.length == 0 && !segment.has(SYN | FIN) {
            return Verdict::InSequence;
        }
        self.judge_again(next, segment, other, disorder)
    }

    /// Judges a segment that begins before the end of what was sent.
    #[inline(always)]
    fn judge_again(&self, next: u32, segment: &Segment<'_>, other: &Self, disorder: u64) -> Verdict {
        let end = segment.end();
        let acknowledged = other.acknowledged;
        let since = |time| segment.time.saturating_sub(time);
        if segment.length > 0 && acknowledged.is_some_and(|acknowledged| !is_before(acknowledged, end)) {
            Verdict::SpuriousRetransmission
        } else if other.repeated >= FAST_AFTER
            && acknowledged == Some(segment.sequence)
            && since(other.acknowledged_at) < FAST
        {
            Verdict::FastRetransmission
        } else if since(self.moved_at) < disorder && end != next {
            Verdict::OutOfOrder
        } else {
            Verdict::Retransmission
        }
    }

    #[inline(always)]
    fn count(&mut self, verdict: Verdict) {
        let counts = &mut self.counts;
        match verdict {
            Verdict::InSequence | Verdict::Ahead | Verdict::WindowProbe => return,
            Verdict::KeepAlive => counts.keep_alives += 1,
            Verdict::OutOfOrder => counts.out_of_order += 1,
            Verdict::Retransmission => {}
            Verdict::FastRetransmission => counts.fast_retransmitted += 1,
            Verdict::SpuriousRetransmission => counts.spurious_retransmitted += 1,
        }
        if !matches!(verdict, Verdict::KeepAlive | Verdict::OutOfOrder) {
            counts.retransmitted += 1;
        }
    }

    /// Puts a segment into the stream. Returns whether it repeats bytes of payload.
    fn place(&mut self, segment: &Segment<'_>, verdict: Verdict) -> bool {
        let (start, end) = (segment.data(), segment.end());
        let Some(next) = self.next else {
            // The number of an RST need not be that of the stream.
            if !segment.has(RST) {
                self.take_new(segment, segment.length);
                self.is_unsettled = segment.length == 0 && !segment.has(SYN);
            }
            return false;
        };
        match verdict {
            Verdict::KeepAlive => false,
            Verdict::WindowProbe => {
                self.probed = true;
                false
            }
            _ if segment.has(RST) => false,
            Verdict::Ahead => {
                self.skip(next, segment.sequence);
                self.take_new(segment, segment.length);
                false
            }
            _ => {
                let new = distance(last(start, next), end).max(0).cast_unsigned().min(segment.length);
                let filled = self.gaps.as_mut().map_or(0, |gaps| gaps.fill(start, first(end, next)));
                // FIN has a number and is no byte.
                let filled = filled.min(segment.length - new);
                self.stream_bytes += u64::from(filled);
                if let Some(round_trips) = &mut self.round_trips {
                    round_trips.sent_again(start, end);
                }
                if is_before(next, end) || verdict == Verdict::InSequence && segment.length > 0 {
                    self.take_new(segment, new);
                }
                segment.length > 0 && new + filled < segment.length
            }
        }
    }

    /// Moves on to the end of a segment, of which so many bytes are new.
    #[inline(always)]
    fn take_new(&mut self, segment: &Segment<'_>, new: u32) {
        let end = segment.end();
        self.next = Some(end);
        self.moved_at = segment.time;
        self.stream_bytes += u64::from(new);
        (self.probed, self.is_unsettled) = (false, false);
        if new > 0 {
            if self.round_trips.is_none() {
                self.memory += size_of::<RoundTrips>() as u16;
            }
            self.round_trips.get_or_insert_default().sent(end, segment.time);
        }
    }

    /// Skips the bytes up to `sequence`.
    fn skip(&mut self, next: u32, sequence: u32) {
        let bytes = distance(next, sequence);
        // The byte of a probe is in the stream after all.
        let next = next.wrapping_add(u32::from(self.probed));
        if self.probed {
            self.stream_bytes += 1;
        }
        if next == sequence || self.is_unsettled && bytes == 1 {
            return;
        }
        if bytes > LARGEST_WINDOW {
            self.give_up();
            return;
        }
        match &mut self.gaps {
            None => {
                self.memory += size_of::<Gaps>() as u16;
                self.gaps = Some(Box::new(Gaps::beginning(next, sequence)));
            }
            Some(gaps) => gaps.add(next, sequence),
        }
    }

    /// The stream goes on at a number that has nothing to do with the last.
    fn give_up(&mut self) {
        if let Some(gaps) = &mut self.gaps {
            gaps.give_up();
        }
        if let Some(round_trips) = &mut self.round_trips {
            round_trips.forget();
        }
    }

    /// Takes the options of a SYN. With another number than the last SYN, it begins a stream.
    fn begin(&mut self, segment: &Segment<'_>, other: &mut Self) {
        if self.syn == Some(segment.sequence) {
            return;
        }
        if self.next.is_some() {
            self.give_up();
            self.next = None;
        }
        // The SYN-ACK may have been captured before the SYN.
        let is_answered = other.syn.is_some() && other.acknowledged == Some(segment.end());
        // Both sides may ask at the same time (RFC 9293, section 3.5).
        let is_asked = other.next.is_some() && other.next == other.syn.map(|syn| syn.wrapping_add(1));
        let is_pair = segment.has(ACK) || is_answered || self.syn.is_none() && is_asked;
        if !is_pair {
            other.give_up();
            (other.next, other.acknowledged, other.syn) = (None, None, None);
        }
        self.syn = Some(segment.sequence);
        let offer = Offer { window: segment.window, options: segment.options() };
        self.scale = 0;
        if let (true, Some(asked)) = (is_pair, other.offer) {
            // A scale holds if both sides offer one (RFC 7323, section 2.2).
            let both = offer.options.window_scale.zip(asked.options.window_scale);
            (self.scale, other.scale) = both.unwrap_or_default();
        }
        self.offer.get_or_insert(offer);
    }

    /// Whether the last window was 0.
    #[inline]
    fn is_closed(&self) -> bool {
        self.window == 0 && self.acknowledged.is_some()
    }

    /// Counts a segment that reaches the end of the other side's window.
    #[inline(always)]
    fn check_window_full(&mut self, segment: &Segment<'_>, other: &Self) {
        if let (Some(acknowledged), Some(_)) = (other.acknowledged, other.offer) {
            let end = segment.sequence.wrapping_add(segment.length);
            self.counts.window_fulls += u32::from(end == acknowledged.wrapping_add(other.window));
        }
    }

    /// Counts an empty segment if it says nothing new.
    #[inline(always)]
    fn check_duplicate_ack(&mut self, segment: &Segment<'_>, other: &Self) {
        let is_duplicate = self.acknowledged == Some(segment.acknowledgment)
            && segment.window > 0
            && self.window == self.scaled(segment)
            && !other.kept_alive
            && self.next == Some(segment.sequence);
        self.counts.duplicate_acks += u32::from(is_duplicate);
        self.repeated += u32::from(is_duplicate);
    }

    #[inline(always)]
    fn scaled(&self, segment: &Segment<'_>) -> u32 {
        let scale = if segment.has(SYN) { 0 } else { self.scale };
        u32::from(segment.window) << scale
    }

    /// Takes the acknowledgment and the window of a segment.
    #[inline(always)]
    fn acknowledge(&mut self, segment: &Segment<'_>, other: &mut Self, mut noted: Noted) -> Noted {
        self.window = self.scaled(segment);
        if !segment.has(ACK) {
            return noted;
        }
        self.acknowledged_at = segment.time;
        if self.acknowledged == Some(segment.acknowledgment) {
            return noted;
        }
        self.acknowledged = Some(segment.acknowledgment);
        self.repeated = 0;
        if let Some(round_trips) = &mut other.round_trips {
            round_trips.acknowledged(segment.acknowledgment, segment.time);
        }
        if let Some(gaps) = &mut other.gaps {
            noted.acknowledged_gaps = gaps.acknowledge(segment.acknowledgment);
        }
        noted
    }

    /// Bytes beside the side itself.
    pub(super) fn memory(&self) -> u16 {
        self.memory
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The path of usual segments finds what that of all others finds.
        #[test]
        fn usual_segments_are_judged_as_all_others(
            segments in prop::collection::vec(
                (any::<bool>(), 0..6u32, 0..3u32, 0..6u32, 0..9u64, 0..12u8, 0..3u16),
                1..60,
            ),
        ) {
            let (mut usual, mut all) = (<[Side; 2]>::default(), <[Side; 2]>::default());
            let mut time_us = 0;
            for (is_source, sequence, length, acknowledgment, after, kind, window) in segments {
                time_us += after * 900;
                let flags = match kind { 0 => SYN, 1 => SYN | ACK, 2 => FIN | ACK, 3 => RST, _ => ACK };
                let mut segment = Segment::new(flags, sequence, acknowledgment, length, time_us);
                segment.window = window;
                let pair = |[source, destination]: &mut [Side; 2], follow: fn(&mut Side, &Segment<'_>, &mut Side, u64) -> Noted| {
                    if is_source { follow(source, &segment, destination, 3_000_000) } else { follow(destination, &segment, source, 3_000_000) }
                };
                prop_assert_eq!(pair(&mut usual, Side::follow), pair(&mut all, Side::follow_other));
                prop_assert_eq!(format!("{usual:?}"), format!("{all:?}"));
            }
        }
    }
}

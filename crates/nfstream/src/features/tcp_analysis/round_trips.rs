//! Round trips: times from a segment with data to the acknowledgment of its last byte.

use super::sequence::{distance, is_before};

/// Most segments of a direction that are timed at once. Segments beyond are not timed.
const MOST: usize = 16;

/// The round trips of the segments of one direction.
#[derive(Clone, Debug, Default)]
pub(super) struct RoundTrips {
    /// The segments that wait for their acknowledgment, a ring in the order of the stream.
    ends: [u32; MOST],
    times: [u64; MOST],
    first: usize,
    waiting: usize,
    pub(super) count: u32,
    /// Nanoseconds.
    pub(super) min: u64,
    pub(super) max: u64,
    sum: u64,
}

impl RoundTrips {
    /// A segment with new data ends before sequence number `end`.
    #[inline]
    pub(super) fn sent(&mut self, end: u32, time: u64) {
        if self.waiting < MOST {
            let at = (self.first + self.waiting) % MOST;
            self.ends[at] = end;
            self.times[at] = time;
            self.waiting += 1;
        }
    }

    /// Data was sent again. Its acknowledgment would not tell which copy it is for, so segments that end within it are
    /// not timed (RFC 6298, section 3).
    #[inline]
    pub(super) fn sent_again(&mut self, start: u32, end: u32) {
        if self.waiting > 0 {
            self.leave_out(start, end);
        }
    }

    /// Leaves out the segments that end after `start`, up to `end`.
    fn leave_out(&mut self, start: u32, end: u32) {
        let mut kept = 0;
        for number in 0..self.waiting {
            let (from, to) = ((self.first + number) % MOST, (self.first + kept) % MOST);
            let is_timed = !is_before(start, self.ends[from]) || is_before(end, self.ends[from]);
            (self.ends[to], self.times[to]) = (self.ends[from], self.times[from]);
            kept += usize::from(is_timed);
        }
        self.waiting = kept;
    }

    /// The receiver has acknowledged the stream up to `acknowledgment`.
    #[inline]
    pub(super) fn acknowledged(&mut self, acknowledgment: u32, time: u64) {
        while self.waiting > 0 {
            let left = distance(self.ends[self.first], acknowledgment);
            if left < 0 {
                return;
            }
            if left == 0 {
                self.add(time.saturating_sub(self.times[self.first]));
            }
            self.first = (self.first + 1) % MOST;
            self.waiting -= 1;
        }
    }

    #[inline]
    fn add(&mut self, round_trip: u64) {
        self.min = if self.count == 0 { round_trip } else { self.min.min(round_trip) };
        self.max = self.max.max(round_trip);
        self.sum = self.sum.saturating_add(round_trip);
        self.count = self.count.saturating_add(1);
    }

    /// The stream begins anew.
    pub(super) fn forget(&mut self) {
        self.waiting = 0;
    }

    /// The mean in nanoseconds, of one round trip or more.
    pub(super) fn mean(&self) -> f64 {
        self.sum as f64 / f64::from(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgment_of_the_last_byte_is_a_round_trip_unless_it_was_sent_again() {
        let mut trips = RoundTrips::default();
        for number in 0..20 {
            trips.sent(number * 100, u64::from(number));
        }
        trips.sent_again(300, 500);
        // Segments that end at 0 to 1500 wait, but for 400 and 500.
        trips.acknowledged(50, 60);
        trips.acknowledged(100, 61);
        trips.acknowledged(300, 63);
        trips.acknowledged(400, 64);
        trips.acknowledged(500, 65);
        trips.acknowledged(600, 66);
        trips.acknowledged(1900, 70);
        assert_eq!((trips.count, trips.min, trips.max, trips.mean(), trips.waiting), (3, 60, 60, 60.0, 0));
    }
}

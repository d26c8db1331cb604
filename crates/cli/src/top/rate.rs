//! Amounts of traffic, and rates. Times are those of packets, in milliseconds since the epoch; they never run backwards.

/// Packets, and their bytes by the accounting mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) packets: u64,
    pub(super) bytes: u64,
}

impl Traffic {
    pub(super) fn add(&mut self, bytes: u64) {
        self.packets += 1;
        self.bytes += bytes;
    }

    pub(super) fn plus(self, other: Traffic) -> Traffic {
        Traffic { packets: self.packets + other.packets, bytes: self.bytes + other.bytes }
    }

    pub(super) fn minus(self, other: Traffic) -> Traffic {
        Traffic { packets: self.packets - other.packets, bytes: self.bytes - other.bytes }
    }
}

/// Length of a window of a rate.
const WINDOW_MS: u64 = 2000;

/// The amount added in the last two seconds. These may begin in the window before the present one, which then counts in
/// proportion.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rate {
    window: u64,
    present: u64,
    before: u64,
}

impl Rate {
    pub(super) fn add(&mut self, now_ms: u64, amount: u64) {
        self.come_to(now_ms);
        self.present += amount;
    }

    /// Moves `part`, a part of what was added here, to another rate.
    pub(super) fn hand_over(&mut self, mut part: Rate, to: &mut Rate, now_ms: u64) {
        part.come_to(now_ms);
        self.come_to(now_ms);
        to.come_to(now_ms);
        self.present -= part.present;
        self.before -= part.before;
        to.present += part.present;
        to.before += part.before;
    }

    fn come_to(&mut self, now_ms: u64) {
        let window = now_ms / WINDOW_MS;
        if window != self.window {
            self.before = if window == self.window + 1 { self.present } else { 0 };
            self.present = 0;
            self.window = window;
        }
    }

    pub(super) fn per_second(&self, now_ms: u64) -> f64 {
        let (present, before) = match (now_ms / WINDOW_MS).saturating_sub(self.window) {
            0 => (self.present, self.before),
            1 => (0, self.present),
            _ => return 0.0,
        };
        let reach = (WINDOW_MS - now_ms % WINDOW_MS) as f64 / WINDOW_MS as f64;
        (present as f64 + before as f64 * reach) * 1000.0 / WINDOW_MS as f64
    }
}

/// Bytes in each of the last seconds.
#[derive(Clone, Debug)]
pub(super) struct History {
    /// The latest second that has bytes.
    second: u64,
    /// Bytes of each second, at the second modulo the number of seconds.
    bytes: [u64; Self::SECONDS as usize],
}

impl Default for History {
    fn default() -> Self {
        Self { second: 0, bytes: [0; Self::SECONDS as usize] }
    }
}

impl History {
    pub(super) const SECONDS: u64 = 120;

    pub(super) fn add(&mut self, now_ms: u64, bytes: u64) {
        let second = now_ms / 1000;
        if second > self.second {
            let passed = (second - self.second).min(Self::SECONDS);
            (0..passed).for_each(|ago| self.bytes[((second - ago) % Self::SECONDS) as usize] = 0);
            self.second = second;
        }
        self.bytes[(self.second % Self::SECONDS) as usize] += bytes;
    }

    /// Values up to now, the oldest second first, the present one last.
    pub(super) fn until(&self, now_ms: u64) -> Vec<u64> {
        let now = (now_ms / 1000).max(self.second);
        let bytes = |ago: u64| {
            let second = now
                .checked_sub(ago)
                .filter(|second| *second <= self.second && self.second - second < Self::SECONDS);
            second.map_or(0, |second| self.bytes[(second % Self::SECONDS) as usize])
        };
        (0..Self::SECONDS).rev().map(bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;

    #[test]
    fn a_steady_stream_has_its_rate_and_silence_none() {
        let mut rate = Rate::default();
        (0..100).for_each(|tenth| rate.add(NOW_MS + tenth * 100, 25));
        for now_ms in [9_900, 10_000, 10_100] {
            let seen = rate.per_second(NOW_MS + now_ms);
            assert!((225.0..=275.0).contains(&seen), "{now_ms} ms: {seen}");
        }
        let later: Vec<f64> = [11_000, 12_000, 14_000].map(|ms| rate.per_second(NOW_MS + ms)).to_vec();
        assert_eq!(later, [125.0, 0.0, 0.0]);
        rate.add(NOW_MS + 100_000, 50);
        assert_eq!(rate.per_second(NOW_MS + 100_000), 25.0);
    }

    #[test]
    fn a_part_moves_to_another_rate() {
        let [mut whole, mut part, mut other] = [Rate::default(); 3];
        for (later_ms, amount) in [(0, 10), (2000, 30), (2100, 2)] {
            part.add(NOW_MS + later_ms, amount);
            whole.add(NOW_MS + later_ms, amount);
            whole.add(NOW_MS + later_ms, 8);
        }
        let now_ms = NOW_MS + 4000;
        whole.hand_over(part, &mut other, now_ms);
        assert_eq!([&whole, &part, &other].map(|rate| rate.per_second(now_ms)), [8.0, 16.0, 16.0]);
    }

    #[test]
    fn the_history_has_a_place_for_every_second() {
        let mut history = History::default();
        history.add(NOW_MS, 1);
        history.add(NOW_MS + 2_999, 3);
        history.add(NOW_MS + 2_999, 3);
        let tail = |history: &History, now_ms| history.until(now_ms).split_off(115);
        assert_eq!(tail(&history, NOW_MS + 3_000), [0, 1, 0, 6, 0]);
        assert_eq!(history.until(NOW_MS).len(), 120);
        // A jump in time, as from damaged timestamps.
        history.add(u64::MAX, 9);
        assert_eq!(history.until(u64::MAX).iter().sum::<u64>(), 9);
        assert_eq!(history.until(u64::MAX)[119], 9);
    }
}

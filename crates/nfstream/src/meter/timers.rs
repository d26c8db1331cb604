//! Idle timeouts: which flows to look at as time goes on.
//!
//! A wheel of buckets, each a doubly linked list through the flows' slots. A packet does not move its flow. When a
//! bucket comes due, it is searched, and flows that have been active since move to the bucket of their new timeout.
//! All timeouts are equally long, so the wheel covers one timeout and never overflows.

use crate::slab::Slab;

/// Number of buckets of the wheel: a timeout is cut into this many ticks.
const BUCKETS: u64 = 4096;
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Link {
    previous: u32,
    next: u32,
    bucket: u32,
}

/// The wheel. Times are in milliseconds.
#[derive(Debug)]
pub(crate) struct Timers {
    timeout: u64,
    tick: u64,
    /// First slot of each bucket's list, and a time before which none of its flows is due.
    buckets: Vec<(u32, u64)>,
    links: Slab<Link>,
    now: u64,
    /// No slot comes due before this tick.
    first: u64,
}

impl Timers {
    pub(crate) fn new(timeout_ms: u64) -> Self {
        Self {
            timeout: timeout_ms,
            tick: timeout_ms / (BUCKETS - 2) + 1,
            buckets: vec![(NONE, u64::MAX); BUCKETS as usize],
            links: Slab::default(),
            now: 0,
            first: 0,
        }
    }

    /// Bytes for each slot.
    pub(crate) const SLOT_SIZE: usize = size_of::<Link>();

    /// Watches a slot that was last active at `last_seen`.
    pub(crate) fn insert(&mut self, slot: u32, last_seen: u64) {
        // A late slot may be due already: it is looked at next.
        let due = last_seen.saturating_add(self.timeout).max(self.now);
        let link = self.link(slot, due);
        self.links.insert(slot, link);
    }

    /// Puts a slot at the head of the list in which it comes due.
    fn link(&mut self, slot: u32, due: u64) -> Link {
        let tick = due / self.tick;
        self.first = self.first.min(tick);
        let bucket = (tick % BUCKETS) as u32;
        let (head, earliest) = &mut self.buckets[bucket as usize];
        let next = std::mem::replace(head, slot);
        *earliest = due.min(*earliest);
        if next != NONE {
            self.links[next].previous = slot;
        }
        Link { previous: NONE, next, bucket }
    }

    /// Stops watching a slot.
    pub(crate) fn remove(&mut self, slot: u32) {
        let Link { previous, next, bucket } = self.links[slot];
        if previous == NONE {
            self.buckets[bucket as usize].0 = next;
        } else {
            self.links[previous].next = next;
        }
        if next != NONE {
            self.links[next].previous = previous;
        }
    }

    /// The time that the wheel was last moved to.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// Moves time forward to `now` and collects the slots that have been idle for the timeout; they stay watched
    /// until they are [removed](Self::remove). `last_seen` tells when a slot was last active.
    pub(crate) fn advance(&mut self, now: u64, last_seen: impl Fn(u32) -> u64, due: &mut Vec<u32>) {
        let first = self.now / self.tick;
        let last = (now / self.tick).min(first.saturating_add(BUCKETS - 1));
        self.now = now;
        for tick in first..=last {
            let bucket = (tick % BUCKETS) as usize;
            if self.buckets[bucket].1 <= now {
                self.look_through(bucket, now, &last_seen, due);
            }
        }
    }

    /// Collects the slots that come due first: those of the first tick that has some. They stay watched.
    pub(crate) fn first_due(&mut self, last_seen: impl Fn(u32) -> u64, slots: &mut Vec<u32>) {
        let first = self.first.max(self.now / self.tick);
        for tick in first..=first.saturating_add(BUCKETS - 1) {
            let end = tick.checked_add(1).and_then(|next| next.checked_mul(self.tick));
            self.collect(tick, end.map_or(u64::MAX, |next| next - 1), &last_seen, slots);
            if !slots.is_empty() {
                self.first = tick;
                return;
            }
        }
        // The slots that are left were active later than now, by more than the wheel has room for.
        (0..BUCKETS).for_each(|tick| self.collect(tick, u64::MAX, &last_seen, slots));
    }

    /// Collects the slots in a tick's bucket that would be due if the time were `then`.
    fn collect(&mut self, tick: u64, then: u64, last_seen: impl Fn(u32) -> u64, slots: &mut Vec<u32>) {
        let bucket = (tick % BUCKETS) as usize;
        if self.buckets[bucket].0 != NONE {
            self.look_through(bucket, then, last_seen, slots);
            // The slots are still in the bucket.
            self.buckets[bucket].1 = 0;
        }
    }

    fn look_through(&mut self, bucket: usize, now: u64, last_seen: impl Fn(u32) -> u64, due: &mut Vec<u32>) {
        let mut slot = self.buckets[bucket].0;
        let mut earliest = u64::MAX;
        while slot != NONE {
            let Link { next, .. } = self.links[slot];
            let at = last_seen(slot).saturating_add(self.timeout);
            if at <= now {
                due.push(slot);
            } else if (at / self.tick % BUCKETS) as usize == bucket {
                earliest = earliest.min(at);
            } else {
                self.remove(slot);
                self.links[slot] = self.link(slot, at);
            }
            slot = next;
        }
        self.buckets[bucket].1 = earliest;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Compares with a map of when each slot was last active: slots that are left come due in a later tick than
        /// slots that are found.
        #[test]
        fn finds_what_comes_due_first(
            timeout in prop_oneof![Just(0_u64), 1..50_u64, 100_000..200_000_u64, Just(u64::MAX)],
            steps in prop::collection::vec(
                (0..20_u32, prop_oneof![9 => 0..40_u64, 1 => 0..500_000_u64], 0..4_u8, 0..100_u64), 1..300),
        ) {
            let mut timers = Timers::new(timeout);
            let mut active: BTreeMap<u32, u64> = BTreeMap::new();
            for slot in 0..20 {
                timers.insert(slot, 0);
                active.insert(slot, 0);
            }
            let mut now = 0;
            for (slot, step, what, late) in steps {
                now += step;
                // Now and then a packet is late, and nothing looks for due slots.
                let at = now - if what == 1 { late.min(now) } else { 0 };
                match active.get_mut(&slot) {
                    Some(last_seen) => *last_seen = at.max(*last_seen),
                    None => {
                        timers.insert(slot, at);
                        active.insert(slot, at);
                    }
                }
                let mut slots = Vec::new();
                if what > 0 {
                    timers.advance(now, |slot| active[&slot], &mut slots);
                    for slot in slots.drain(..) {
                        timers.remove(slot);
                        active.remove(&slot);
                    }
                }
                timers.first_due(|slot| active[&slot], &mut slots);
                prop_assert_eq!(slots.is_empty(), active.is_empty());
                let tick = |slot: &u32| active[slot].saturating_add(timeout).max(timers.now) / timers.tick;
                for left in active.keys().filter(|slot| !slots.contains(slot)) {
                    prop_assert!(slots.iter().all(|slot| tick(slot) < tick(left)));
                }
                if what > 1 && let Some(first) = slots.first() {
                    timers.remove(*first);
                    active.remove(first);
                }
            }
        }

        /// Compares with a map of when each slot was last active.
        #[test]
        fn finds_what_is_due(
            timeout in prop_oneof![Just(0_u64), 1..50_u64, 100_000..200_000_u64, Just(u64::MAX)],
            steps in prop::collection::vec((0..20_u32, prop_oneof![9 => 0..40_u64, 1 => 0..500_000_u64]), 1..300),
        ) {
            let mut timers = Timers::new(timeout);
            let mut active: BTreeMap<u32, u64> = BTreeMap::new();
            // Slots are used from 0 up, as a flow table does.
            for slot in 0..20 {
                timers.insert(slot, 0);
                active.insert(slot, 0);
            }
            let mut now = 0;
            for (slot, step) in steps {
                now += step;
                if active.insert(slot, now).is_none() {
                    timers.insert(slot, now);
                }
                let mut due = Vec::new();
                timers.advance(now, |slot| active[&slot], &mut due);
                due.sort_unstable();
                let expected: Vec<u32> =
                    active.iter().filter(|(_, last)| last.saturating_add(timeout) <= now).map(|(slot, _)| *slot).collect();
                prop_assert_eq!(&due, &expected);
                for slot in due {
                    timers.remove(slot);
                    active.remove(&slot);
                }
            }
        }
    }
}

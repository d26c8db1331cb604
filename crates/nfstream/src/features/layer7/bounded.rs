//! Memory of inspections: how much all inspections of a meter take together and, if that is bounded, which of them end
//! before they are done.
//!
//! The inspection that began first ends first. So new flows are inspected, however many flows leave messages unfinished.

use std::collections::VecDeque;

use nfstream_dpi::Inspection;

use crate::room::Workroom;
use crate::slab::Slab;

/// A queue shorter than this is not worth cleaning.
const LEAST_QUEUE: usize = 1024;

/// The memory that the inspections of a meter take.
#[derive(Default)]
pub(super) struct Memory {
    /// Bytes of all inspections, including what was found.
    all: u64,
    /// Bytes of the inspections that are at work.
    at_work: u64,
    bounded: Option<Bounded>,
}

struct Bounded {
    workroom: Workroom,
    /// Number of inspections that are at work.
    count: usize,
    /// Slots of these inspections, and of some that were at work before, each with the number of its inspection. The
    /// inspection that began first is the first.
    begun: VecDeque<(u32, u32)>,
    /// The number of the inspection in each slot.
    numbers: Slab<u32>,
    next: u32,
}

/// The memory that an inspection takes.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    bytes: u64,
    is_at_work: bool,
}

impl Taken {
    pub(super) fn by(inspection: &Inspection) -> Self {
        Self { bytes: inspection.memory() as u64, is_at_work: inspection.is_at_work() }
    }

    fn at_work(self) -> u64 {
        if self.is_at_work { self.bytes } else { 0 }
    }
}

impl Memory {
    pub(super) fn bound(&mut self, workroom: Workroom) {
        let numbers = Slab::default();
        self.bounded = Some(Bounded { workroom, count: 0, begun: VecDeque::new(), numbers, next: 0 });
    }

    /// Bytes that all inspections take.
    pub(super) fn all(&self) -> u64 {
        self.all
    }

    pub(super) fn is_bounded(&self) -> bool {
        self.bounded.is_some()
    }

    /// Notes that an inspection begins in a slot.
    pub(super) fn begin(&mut self, slot: u32) {
        if let Some(bounded) = &mut self.bounded {
            bounded.numbers.insert(slot, bounded.next);
            bounded.next = bounded.next.wrapping_add(1);
        }
    }

    /// Notes that the memory of the inspection in a slot has changed.
    pub(super) fn change(&mut self, slot: u32, before: Taken, after: Taken) {
        self.all = self.all + after.bytes - before.bytes;
        self.at_work = self.at_work + after.at_work() - before.at_work();
        let Some(bounded) = &mut self.bounded else { return };
        match (before.is_at_work, after.is_at_work) {
            (false, true) => {
                bounded.count += 1;
                bounded.begun.push_back((slot, bounded.numbers[slot]));
            }
            (true, false) => bounded.count -= 1,
            _ => {}
        }
    }

    /// Ends inspections until they take no more than they may.
    pub(super) fn cut(&mut self, inspections: &mut Slab<Inspection>) {
        loop {
            let Some(Bounded { workroom, count, begun, numbers, .. }) = &mut self.bounded else { return };
            let is_at_work =
                |(slot, number): (u32, u32)| numbers[slot] == number && inspections[slot].is_at_work();
            if begun.len() > LEAST_QUEUE.max(2 * *count) {
                begun.retain(|entry| is_at_work(*entry));
            }
            if self.at_work <= workroom.most {
                return;
            }
            let Some(first) = begun.pop_front() else { return };
            if !is_at_work(first) {
                continue;
            }
            workroom.cut();
            let inspection = &mut inspections[first.0];
            let before = Taken::by(inspection);
            inspection.end();
            let after = Taken::by(inspection);
            self.change(first.0, before, after);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use nfstream_dpi::{Engine, Packet, Rules};

    use super::*;

    /// An incomplete TLS record, with 4 KiB of 16.
    fn unfinished() -> Vec<u8> {
        let mut record = vec![0x16, 0x03, 0x01, 0x40, 0x00, 0x01, 0x00, 0x3f, 0xfc, 0x03, 0x03];
        record.resize(4096, 7);
        record
    }

    #[test]
    fn the_inspection_that_began_first_ends_first() {
        let engine = Engine::new(Rules::default(), 20);
        let payload = unfinished();
        let packet = Packet {
            protocol: 6,
            src: ([10, 0, 0, 1], 40000).into(),
            dst: ([10, 0, 0, 2], 443).into(),
            from_source: true,
            sequence: 1,
            syn: false,
            payload: &payload,
            payload_size: payload.len(),
            position: 0,
        };
        let cut: Arc<AtomicU64> = Arc::default();
        let mut memory = Memory::default();
        memory.bound(Workroom::of(400_000, &cut));
        let mut inspections: Slab<Inspection> = Slab::default();
        // Slots are used again; their earlier contents do not count.
        for round in 1..=2 {
            for slot in 0..100 {
                if round > 1 {
                    let before = Taken::by(&inspections[slot]);
                    memory.change(slot, before, Taken::by(&Inspection::default()));
                }
                inspections.insert(slot, Inspection::default());
                memory.begin(slot);
                let before = Taken::by(&inspections[slot]);
                engine.inspect(&mut inspections[slot], &packet, &mut Vec::new());
                memory.change(slot, before, Taken::by(&inspections[slot]));
                memory.cut(&mut inspections);
            }
            let at_work: Vec<u32> = (0..100).filter(|slot| inspections[*slot].is_at_work()).collect();
            assert!((15..24).contains(&at_work.len()), "{at_work:?}");
            assert_eq!(at_work, (100 - at_work.len() as u32..100).collect::<Vec<_>>());
            let taken: usize = (0..100).map(|slot| inspections[slot].memory()).sum();
            assert_eq!((memory.all(), memory.at_work), (taken as u64, taken as u64));
            assert!(taken <= 100_000);
        }
        assert_eq!(cut.load(Ordering::Relaxed), 200 - 100_000 / inspections[99].memory() as u64);
    }
}

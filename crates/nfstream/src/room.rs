//! The room of a run: bounds on the number of flows that are alive, and on memory.
//!
//! The memory that a structure takes is computed from its size, not asked of the operating system, so the same input has the
//! same records. Memory that is not counted for flows (blocks of input, records on their way out, outputs) is taken off
//! beforehand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::slab::CHUNK;

const MIB: u64 = 1 << 20;

/// Bytes that a run takes regardless of its flows: programs, tables, outputs.
const OF_RUN: u64 = 32 * MIB;

/// Bytes that a meter takes regardless of its flows: blocks with their arrivals, and the data that its threads keep.
const OF_METER: u64 = 8 * MIB;

/// Number of records of each meter that are on their way out: in answers that wait, and with the asking thread. Most input for
/// one has the smallest frames.
const RECORDS_ON_THEIR_WAY: u64 = 24 * 1024;

/// Bytes that a record takes beside the states of its flow.
const OF_RECORD: u64 = 320;

/// The most bytes of a flow's place in a hash table of slots. While the hash table doubles, the new table and the old one have
/// five bytes for a place, and as few as 7 flows for 48 places.
pub(crate) const OF_PLACE: usize = 36;

/// The most bytes of a flow in lists of slots: those of free slots, and of slots whose flows are to end. They double as well.
const OF_LISTS: usize = 24;

/// Eighths of a meter's room that slots take at most, if flows keep more than slots. The rest is for the data that flows
/// keep beside their slots.
const EIGHTHS_OF_SLOTS: u64 = 5;

/// Inspection takes at most one part in this many of a meter's room.
const SHARE_OF_INSPECTION: u64 = 4;

/// Bounds on flows and memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    /// The most flows that are alive at a time; 0 for any number.
    pub(crate) flows: usize,
    /// The most bytes of memory for flows; 0 for any number.
    pub(crate) bytes: u64,
}

impl Room {
    /// The share of meter `number`, one of `of` meters.
    pub(crate) fn of_meter(self, number: usize, of: usize) -> Self {
        let flows = self.flows / of + usize::from(number < self.flows % of);
        Self { flows, bytes: self.bytes / of as u64 }
    }

    pub(crate) fn is_bounded(self) -> bool {
        self != Self::default()
    }
}

/// The sizes of the data kept for a flow, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// The size of a slot, in all structures together.
    pub(crate) slot: u64,
    /// Whether a flow may keep more beside its slot.
    pub(crate) grows: bool,
}

impl Sizes {
    /// The sizes of a flow's own slot and of the slots of families.
    pub(crate) fn new(own: usize, families: impl Iterator<Item = (usize, bool)>) -> Self {
        let none = Self { slot: (own + OF_PLACE + OF_LISTS) as u64, grows: false };
        families.fold(none, |sizes, (slot, grows)| Self {
            slot: sizes.slot + slot as u64,
            grows: sizes.grows | grows,
        })
    }

    /// Bytes of a chunk: slots are allocated by chunks.
    pub(crate) fn chunk(self) -> u64 {
        self.slot * CHUNK as u64
    }

    /// The most slots that there may be in a room of `bytes` bytes.
    pub(crate) fn most_slots(self, bytes: u64) -> usize {
        let for_slots = if self.grows { bytes / 8 * EIGHTHS_OF_SLOTS } else { bytes };
        usize::try_from((for_slots / self.chunk()).max(1)).unwrap_or(usize::MAX).saturating_mul(CHUNK)
    }

    /// Bytes that a run with `meters` meters takes beside its flows. `more` is what its rules and the
    /// rings of an interface take.
    pub(crate) fn fixed(self, meters: usize, more: usize) -> u64 {
        let records = RECORDS_ON_THEIR_WAY * (self.slot + OF_RECORD);
        OF_RUN + meters as u64 * (OF_METER + records) + more as u64
    }

    /// The fewest bytes that make sense for the flows of `meters` meters.
    pub(crate) fn least(self, meters: usize) -> u64 {
        meters as u64 * 2 * self.chunk()
    }
}

/// The memory for inspections of one meter.
#[derive(Clone, Debug)]
pub(crate) struct Workroom {
    /// The most bytes that they may take.
    pub(crate) most: u64,
    cut: Arc<AtomicU64>,
}

impl Workroom {
    /// The share of a meter whose room has `bytes` bytes. `cut` counts the inspections that are cut short.
    pub(crate) fn of(bytes: u64, cut: &Arc<AtomicU64>) -> Self {
        Self { most: bytes / SHARE_OF_INSPECTION, cut: Arc::clone(cut) }
    }

    /// Counts an inspection that ended before it was done.
    pub(crate) fn cut(&self) {
        self.cut.fetch_add(1, Ordering::Relaxed);
    }
}

/// Half of the memory that this process can have. That memory is the amount that the system has available, or the limit of
/// the process's control groups, whichever is less. `None` if neither is known.
pub(crate) fn half_of_available() -> Option<u64> {
    let system = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok();
    let limits = groups
        .iter()
        .flat_map(|text| limit_files(text))
        .filter_map(|path| limit(&std::fs::read_to_string(path).ok()?));
    system.into_iter().chain(limits).min().map(|bytes| bytes / 2)
}

/// Reads the available memory from the text of `/proc/meminfo` (proc(5)).
fn available(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The files that may give the memory limits of the control groups in `/proc/self/cgroup` (cgroups(7)): for the group, for
/// the groups that contain it, and for the group that is the root of the hierarchy mounted here.
fn limit_files(text: &str) -> Vec<String> {
    let mut files = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            names if names.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let groups = std::iter::successors(Some(path.trim_end_matches('/')), |group| {
            group.rsplit_once('/').map(|(parent, _)| parent)
        });
        files.extend(groups.map(|group| format!("{root}{group}/{file}")));
    }
    files
}

/// The limit in such a file; `None` for `max`, which is no limit.
fn limit(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_available_is_read() {
        let text = "MemTotal:       24608640 kB\nMemFree:         1000 kB\nMemAvailable:   22608640 kB\n";
        assert_eq!(available(text), Some(22_608_640 * 1024));
        assert_eq!(available("MemTotal: 3 kB\n"), None);
        assert_eq!((limit("max\n"), limit("536870912\n")), (None, Some(536_870_912)));
        let files = |text| limit_files(text).join(" ");
        assert_eq!(
            files("0::/system.slice/nfstream.service\n"),
            "/sys/fs/cgroup/system.slice/nfstream.service/memory.max /sys/fs/cgroup/system.slice/memory.max /sys/fs/cgroup/memory.max"
        );
        assert_eq!(files("0::/\n"), "/sys/fs/cgroup/memory.max");
        assert_eq!(
            files("5:cpu,cpuacct:/a\n4:memory:/docker/b\n"),
            "/sys/fs/cgroup/memory/docker/b/memory.limit_in_bytes /sys/fs/cgroup/memory/docker/memory.limit_in_bytes \
             /sys/fs/cgroup/memory/memory.limit_in_bytes"
        );
    }

    #[test]
    fn room_is_dealt_out_to_the_last_flow() {
        assert!(!cfg!(target_os = "linux") || half_of_available().is_some_and(|half| half > MIB));
        let room = Room { flows: 10, bytes: 0 };
        let flows: Vec<_> = (0..4).map(|number| room.of_meter(number, 4).flows).collect();
        assert_eq!(flows, [3, 3, 2, 2]);
    }
}

//! Counters of a run.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use nfstream_capture::{Damage, Timestamp};
use nfstream_decode::Ignored;

use super::notice::{Notice, Notices};

/// Counters of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Number of frames read from the captures.
    pub packets: u64,
    /// Bytes of these frames on the wire.
    pub bytes: u64,
    /// Number of these frames that the filter did not take.
    pub filtered: u64,
    /// Number of frames that the filter took and that did not count for a flow, by reason, in the order of [`Ignored::ALL`].
    pub ignored_by_reason: [u64; Ignored::ALL.len()],
    /// Number of records made.
    pub flows: u64,
    /// Number of these flows that ended before their time, because there was no room for more
    /// ([`max_active_flows`](crate::StreamerBuilder::max_active_flows), [`max_memory`](crate::StreamerBuilder::max_memory)).
    /// Their `expiration_id` is 2. If there are any, records may depend on the number of meters and, with several meters,
    /// differ from run to run.
    pub out_of_room: u64,
    /// Number of flows whose payloads were not inspected to the end, because there was no memory for that. They are named by
    /// what was known.
    pub cut_inspections: u64,
    /// What the run noticed about its packets and flows, in the order of [`Notice::ALL`].
    pub notices: Notices,
    /// Number of sockets of this machine whose process only root can see, if processes were asked for.
    pub hidden_sockets: u64,
    /// Damages in the captures.
    pub damages: Vec<Damage>,
    /// Number of frames that the filter cannot be applied to, by link type (LINKTYPE registry of tcpdump.org). libpcap cannot
    /// compile the filter for such frames. They are ignored.
    pub not_judged: BTreeMap<u16, u64>,
    /// For captures: packets that are more than an hour later than the packet before them. Ignored frames do not count here,
    /// and do not affect the time.
    pub jumps_ahead: ClockSteps,
    /// For captures: packets that are earlier than the packet before them.
    pub steps_back: ClockSteps,
    /// For captures: by how much a packet was earlier than the newest packet before it, at most. Packets are in the order of their time
    /// if [`reorder`](crate::StreamerBuilder::reorder) is at least this long.
    pub latest: Duration,
    /// Packets from a clock that ran more than an hour ahead, and how far; they were counted at the time of the packet before them
    /// ([`mend_clock`](crate::StreamerBuilder::mend_clock)).
    pub clock_mended: ClockSteps,
    /// For live capture: number of frames that the kernel had no room for, because this process was too slow. They are not
    /// among [`packets`](Self::packets).
    pub dropped_by_kernel: u64,
    /// For live capture: number of frames that the interface, or its driver, had no room for.
    pub dropped_by_interface: u64,
    /// For live capture: the counters of each meter.
    pub meters: Vec<MeterReport>,
    /// Whether the records are not all that the input has, because [`StopHandle::stop`](crate::StopHandle::stop) ended the
    /// input before its end. An interface has no end, so for live capture this is true whenever `stop` ended the run. It is
    /// false if the input was at its end anyway, or if [`max_nflows`](crate::StreamerBuilder::max_nflows) records have come
    /// all the same.
    pub interrupted: bool,
    /// Time that the run has taken so far.
    pub elapsed: Duration,
}

/// Steps in the time of packets that a correct clock would not make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockSteps {
    /// Number of steps.
    pub count: u64,
    /// The largest step.
    pub largest: Duration,
    /// The packet that the largest step leads to, or the first of several such packets: its number among the frames of all
    /// captures, from 1, without the frames that the filter did not take.
    pub frame: u64,
}

impl ClockSteps {
    /// Counts a step.
    pub(crate) fn add(&mut self, from: Timestamp, to: Timestamp, frame: u64) {
        self.merge(Self { count: 1, largest: from.between(to), frame });
    }

    /// Adds the steps that were counted elsewhere.
    pub(crate) fn merge(&mut self, other: Self) {
        let is_larger = (other.largest, Reverse(other.frame)) > (self.largest, Reverse(self.frame));
        if other.count > 0 && (self.count == 0 || is_larger) {
            (self.largest, self.frame) = (other.largest, other.frame);
        }
        self.count += other.count;
    }
}

/// Counters of a meter so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeterReport {
    /// Number of packets that the meter has counted for flows.
    pub packets: u64,
    /// Number of flows that are alive in the meter.
    pub active_flows: u64,
}

impl Report {
    /// For live capture: number of flows that are alive.
    pub fn active_flows(&self) -> u64 {
        self.meters.iter().map(|meter| meter.active_flows).sum()
    }

    /// Number of frames that did not count for a flow, without the frames that the filter did not take.
    pub fn ignored(&self) -> u64 {
        self.ignored_by_reason.iter().sum()
    }

    /// The [`reorder`](crate::StreamerBuilder::reorder) that puts all packets in the order of their time: in milliseconds, rounded up.
    pub fn reorder_ms(&self) -> u128 {
        self.latest.as_nanos().div_ceil(1_000_000)
    }

    /// The reasons for which frames did not count, each with the number of its frames. Reasons that did not occur are left
    /// out.
    pub fn ignored_reasons(&self) -> impl Iterator<Item = (Ignored, u64)> {
        Ignored::ALL.iter().copied().zip(self.ignored_by_reason).filter(|(_, count)| *count > 0)
    }

    /// What the run noticed, each with its count; what did not occur is left out.
    pub fn noticed(&self) -> impl Iterator<Item = (Notice, u64)> {
        Notice::ALL.iter().copied().zip(self.notices).filter(|(_, count)| *count > 0)
    }

    /// The counters as a line of JSON, with the names that nfstream has for them: `flows_expired`, `packets_processed`,
    /// `packets_ignored`, `packets_dropped_filtered_by_kernel` and `meters_packets_processing_balance`, which lists packets
    /// by meter. If room was short, `out_of_room` and `cut_inspections` follow.
    pub fn performance_line(&self) -> String {
        let of_room = [("out_of_room", self.out_of_room), ("cut_inspections", self.cut_inspections)];
        let of_room: String = of_room
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| format!(", \"{name}\": {count}"))
            .collect();
        let meters: Vec<String> = self.meters.iter().map(|meter| meter.packets.to_string()).collect();
        format!(
            "{{\"flows_expired\": {}, \"packets_processed\": {}, \"packets_ignored\": {}, \
             \"packets_dropped_filtered_by_kernel\": {}, \"meters_packets_processing_balance\": [{}]{of_room}}}",
            self.flows,
            self.packets - self.filtered - self.notices[Notice::Duplicates as usize] - self.ignored(),
            self.ignored(),
            self.dropped_by_kernel + self.filtered,
            meters.join(", ")
        )
    }

    /// Frames read per second.
    pub fn packets_per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.packets as f64 / seconds } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_room_is_told_where_there_was_some() {
        let mut report = Report { packets: 3, flows: 2, ..Report::default() };
        let line = "{\"flows_expired\": 2, \"packets_processed\": 3, \"packets_ignored\": 0, \
                    \"packets_dropped_filtered_by_kernel\": 0, \"meters_packets_processing_balance\": []";
        assert_eq!(report.performance_line(), format!("{line}}}"));
        (report.out_of_room, report.cut_inspections) = (1, 4);
        assert_eq!(
            report.performance_line(),
            format!("{line}, \"out_of_room\": 1, \"cut_inspections\": 4}}")
        );
    }
}

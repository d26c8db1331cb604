//! Decodes the frames of a block into arrivals, each in the lane of its meter.

use std::sync::Arc;
use std::time::Duration;

use nfstream_capture::{Block, Frame, Steering, Timestamp};
use nfstream_decode::{Headers, Ignored, LinkType, Reading, decode};

use super::checksums::Verdict;
use super::counting::Counting;
use super::opened::Opened;
use crate::flow::{Checksums, KeyHash};
use crate::lane::{Arrival, Broadcast, JUMP_MS, Place, meter_of};
use crate::parameters::Parameters;
use crate::status::{ClockSteps, Notice, State};

/// Finds the packet that counts in each frame.
#[derive(Clone)]
pub(crate) struct Decoder {
    pub(crate) key_hash: KeyHash,
    /// How frames are read, except for what differs from frame to frame.
    pub(crate) reading: Reading,
    /// The packets that every meter gets.
    pub(crate) broadcast: Broadcast,
    pub(crate) checksums: Checksums,
    pub(crate) tidying: Tidying,
    /// Decides which meter gets a packet, if the hash does not.
    pub(crate) steering: Option<Steering>,
    pub(crate) state: Arc<State>,
}

/// What is put right in blocks before they are decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tidying {
    /// How late frames that are sorted may come; 0 for no sorting.
    pub(crate) reorder: Duration,
    /// How much later copies that are removed may come; 0 to keep them.
    pub(crate) dedup: Duration,
    /// Whether packets from a clock that runs ahead are put right.
    pub(crate) mends_clock: bool,
}

impl Decoder {
    pub(crate) fn new(
        parameters: &Parameters,
        key_hash: &KeyHash,
        opened: &Opened,
        state: &Arc<State>,
    ) -> Self {
        let steering = match opened {
            Opened::Captures(..) | Opened::Libpcap(_) => None,
            #[cfg(target_os = "linux")]
            Opened::Interface(_, steering) => Some(steering.clone()),
        };
        Self {
            key_hash: key_hash.clone(),
            reading: parameters.reading(),
            broadcast: parameters.broadcast(),
            checksums: parameters.checksums,
            tidying: Tidying {
                reorder: parameters.reorder,
                dedup: parameters.dedup,
                mends_clock: parameters.mends_clock(),
            },
            steering,
            state: Arc::clone(state),
        }
    }

    /// Whether a frame has a length that can be mended, which this reading does not do.
    #[cold]
    fn is_mendable(&self, frame: Frame<'_>) -> bool {
        let reading = Reading { mends_lengths: true, ..self.reading.of_frame(frame.wire_len, false) };
        decode(LinkType(frame.link_type), frame.bytes, reading).is_ok_and(|found| found.is_length_mended)
    }

    /// Tells which frames the decoder counts.
    pub(super) fn counting(&self) -> Counting {
        let drops_wrong_checksums = self.checksums == Checksums::Drop;
        Counting { reading: self.reading, drops_wrong_checksums }
    }

    /// Sorts the packets of a block that count into one lane for each meter, by the hash of their flow's key. Those that
    /// every meter gets go into `for_all`.
    pub(crate) fn decode(
        &self,
        block: &Block,
        place: Place,
        lanes: &mut [Vec<Arrival>],
        for_all: &mut Vec<Arrival>,
    ) {
        let meters = lanes.len() as u64;
        // Time never runs backwards.
        let mut newest = place.before;
        let mut last = place.last;
        let mut steps = Steps::default();
        let mut bytes = 0;
        let mut ignored = [0_u64; Ignored::ALL.len()];
        let mut seen = Seen::default();
        for (number, frame) in block.frames().enumerate() {
            bytes += u64::from(frame.wire_len);
            let is_cut = place.first_frame.is_none() && frame.bytes.len() < frame.wire_len as usize;
            let reading = self.reading.of_frame(frame.wire_len, is_cut);
            let decoded = decode(LinkType(frame.link_type), frame.bytes, reading);
            if !reading.mends_lengths && has_no_length(&decoded) {
                seen.mendable += u64::from(self.is_mendable(frame));
            }
            let headers = match decoded {
                Ok(headers) => headers,
                Err(reason) => {
                    ignored[reason.index()] += 1;
                    continue;
                }
            };
            seen.look_at(&headers);
            if self.checksums != Checksums::Ignore {
                let verdict = Verdict::of(&headers, frame.bytes);
                seen.check(verdict);
                if self.checksums == Checksums::Drop && verdict.is_wrong() {
                    ignored[Ignored::Checksum.index()] += 1;
                    continue;
                }
            }
            newest = match place.first_frame {
                Some(_) if place.is_orderly => frame.time,
                Some(first_frame) => {
                    if let Some(before) = last.replace(frame.time) {
                        steps.look_at(before, frame.time, first_frame + number as u64 + 1);
                    }
                    steps.latest = steps.latest.max(since(frame.time, newest));
                    newest.max(frame.time)
                }
                // No two packets of a ring have the same position.
                None => frame.time.max(newest.next()),
            };
            let hash = self.key_hash.of_packet(&headers);
            let (frame, raw_size) = (number as u32, frame.wire_len);
            let arrival = Arrival { headers, time: newest, hash, frame, raw_size };
            if self.broadcast.has(&headers) {
                for_all.push(arrival);
                continue;
            }
            lanes[meter_of(hash, &headers, meters, self.steering.as_ref())].push(arrival);
        }
        let mut report = self.state.report();
        report.packets += block.len() as u64;
        report.bytes += bytes;
        report.jumps_ahead.merge(steps.ahead);
        report.steps_back.merge(steps.back);
        report.latest = report.latest.max(steps.latest);
        for (notice, count) in seen.notices() {
            report.notices[notice as usize] += count;
        }
        for (total, count) in report.ignored_by_reason.iter_mut().zip(ignored) {
            *total += count;
        }
    }
}

/// Whether a length of 0 may be what a packet is ignored for, or counts without a payload for.
#[inline]
fn has_no_length(decoded: &Result<Headers, Ignored>) -> bool {
    /// Bytes of an IPv6 header.
    const IPV6_LEN: u32 = 40;
    match decoded {
        Ok(headers) => headers.ip_size == IPV6_LEN && headers.ip_version == 6,
        Err(reason) => matches!(reason, Ignored::IpLength | Ignored::Ipv6Extensions),
    }
}

/// What is noticed about the packets of a block.
#[derive(Default)]
struct Seen {
    mended: u64,
    /// Packets that are ignored, or count without a payload, because their length is not mended.
    mendable: u64,
    tunneled: u64,
    not_entered: u64,
    wrong_ip: u64,
    wrong_transport: u64,
    offloaded: u64,
}

impl Seen {
    #[inline]
    fn look_at(&mut self, headers: &Headers) {
        self.mended += u64::from(headers.is_length_mended);
        self.tunneled += u64::from(headers.tunnel_depth > 0);
        self.not_entered += u64::from(headers.carries_tunnel);
    }

    fn check(&mut self, verdict: Verdict) {
        self.wrong_ip += u64::from(verdict.is_ip_wrong);
        self.wrong_transport += u64::from(verdict.is_transport_wrong);
        self.offloaded += u64::from(verdict.is_offloaded);
    }

    fn notices(&self) -> [(Notice, u64); 6] {
        [
            (Notice::MendedLengths, self.mended + self.mendable),
            (Notice::Tunneled, self.tunneled),
            (Notice::TunnelsNotEntered, self.not_entered),
            (Notice::WrongIpChecksums, self.wrong_ip),
            (Notice::WrongTransportChecksums, self.wrong_transport),
            (Notice::OffloadedChecksums, self.offloaded),
        ]
    }
}

/// Steps of the clock in a block.
#[derive(Default)]
struct Steps {
    ahead: ClockSteps,
    back: ClockSteps,
    /// By how much a packet was earlier than the newest before it, at most.
    latest: Duration,
}

/// The time from one packet to another, 0 if that is earlier.
#[inline]
fn since(time: Timestamp, until: Timestamp) -> Duration {
    if time >= until { Duration::ZERO } else { until.between(time) }
}

impl Steps {
    /// Counts a packet that is earlier than the one before it, or much later.
    fn look_at(&mut self, before: Timestamp, time: Timestamp, frame: u64) {
        if time < before {
            self.back.add(before, time, frame);
        } else if time.milliseconds() - before.milliseconds() > JUMP_MS {
            self.ahead.add(before, time, frame);
        }
    }
}

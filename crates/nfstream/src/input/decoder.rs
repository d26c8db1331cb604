//! Decodes the frames of a block into arrivals, each in the lane of its meter.

use std::sync::Arc;
use std::time::Duration;

use nfstream_capture::{Block, Steering, Timestamp};
use nfstream_decode::{Address, Headers, Ignored, LinkType, decode, decode_cut};

use super::checksums::Checked;
use super::counting::Counting;
use super::opened::Opened;
use crate::flow::{Checksums, KeyHash};
use crate::lane::{Arrival, JUMP_MS, Place};
use crate::parameters::Parameters;
use crate::status::{ClockSteps, State};

/// Finds the packet that counts in each frame.
#[derive(Clone)]
pub(crate) struct Decoder {
    pub(crate) key_hash: KeyHash,
    pub(crate) decode_tunnels: bool,
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
            decode_tunnels: parameters.decode_tunnels,
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

    /// Tells which frames the decoder counts.
    pub(super) fn counting(&self) -> Counting {
        let drops_wrong_checksums = self.checksums == Checksums::Drop;
        Counting { decode_tunnels: self.decode_tunnels, drops_wrong_checksums }
    }

    /// Sorts the packets of a block that count into one lane for each meter, by the hash of their flow's key.
    pub(crate) fn decode(&self, block: &Block, place: Place, lanes: &mut [Vec<Arrival>]) {
        let meters = lanes.len() as u64;
        // Time never runs backwards.
        let mut newest = place.before;
        let mut last = place.last;
        let mut steps = Steps::default();
        let mut bytes = 0;
        let mut ignored = [0_u64; Ignored::ALL.len()];
        let mut checked = Checked::by(self.checksums);
        for (number, frame) in block.frames().enumerate() {
            bytes += u64::from(frame.wire_len);
            let is_cut = place.first_frame.is_none() && frame.bytes.len() < frame.wire_len as usize;
            let (link_type, tunnels) = (LinkType(frame.link_type), self.decode_tunnels);
            let decoded = match is_cut {
                true => decode_cut(link_type, frame.bytes, tunnels),
                false => decode(link_type, frame.bytes, tunnels),
            };
            let headers = match decoded {
                Ok(headers) => headers,
                Err(reason) => {
                    ignored[reason.index()] += 1;
                    continue;
                }
            };
            if checked.look_at(&headers, frame.bytes) {
                ignored[Ignored::Checksum.index()] += 1;
                continue;
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
            let lane = match &self.steering {
                Some(steering) => u64::from(steer(steering, &headers)) % meters,
                // The low half, because a table takes its tags from the high one.
                None => (u64::from(hash as u32) * meters) >> 32,
            };
            lanes[lane as usize].push(Arrival {
                headers,
                time: newest,
                hash,
                frame: number as u32,
                raw_size: frame.wire_len,
            });
        }
        let mut report = self.state.report();
        report.packets += block.len() as u64;
        report.bytes += bytes;
        report.jumps_ahead.merge(steps.ahead);
        report.steps_back.merge(steps.back);
        report.latest = report.latest.max(steps.latest);
        report.wrong_checksums.ip += checked.ip;
        report.wrong_checksums.transport += checked.transport;
        report.offloaded_checksums += checked.offloaded;
        for (total, count) in report.ignored_by_reason.iter_mut().zip(ignored) {
            *total += count;
        }
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

/// Steers a packet as the kernel does when it can see the same headers.
fn steer(steering: &Steering, headers: &Headers) -> u32 {
    let words = |Address(address): Address| {
        let (words, _) = address.as_chunks::<4>();
        std::array::from_fn(|word| words.get(word).map_or(0, |bytes| u32::from_be_bytes(*bytes)))
    };
    steering.of((words(headers.src), headers.src_port), (words(headers.dst), headers.dst_port))
}

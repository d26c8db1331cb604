//! The thread that goes through the packets, and the snapshots that are taken of them meanwhile.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nfstream::{Error, Event, Packets, Progress, Report, StopHandle, Timestamp};

use super::model::{FlowDetails, Model, Overview};
use super::rows::{ApplicationRow, FlowRow, HostRow};

/// Number of events that are taken before somebody may look.
const BATCH: usize = 1024;
/// Longest time that the names of flows and the report may lag behind.
const PATIENCE: Duration = Duration::from_millis(100);
/// Longest wait for a packet of a capture that is played.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// Parts that are wanted besides the overview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) applications: bool,
    pub(super) hosts: bool,
    pub(super) flows: bool,
    /// Number of the flow that is wanted with all its columns.
    pub(super) details: Option<u64>,
}

impl Wanted {
    pub(super) fn only_details(details: Option<u64>) -> Self {
        Self { applications: false, hosts: false, flows: false, details }
    }

    pub(super) fn is_all(self) -> bool {
        self.applications && self.hosts && self.flows
    }
}

/// The traffic at one moment. Parts that were not wanted are empty.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) overview: Overview,
    /// Share of the captures that has been read, from 0 to 1, if it can be known.
    pub(super) part_read: Option<f64>,
    pub(super) applications: Vec<ApplicationRow>,
    pub(super) hosts: Vec<HostRow>,
    pub(super) flows: Vec<FlowRow>,
    pub(super) details: Option<FlowDetails>,
}

/// A run whose packets go into a model.
pub(super) struct Feed {
    shared: Arc<Shared>,
    progress: Progress,
    stop: StopHandle,
    thread: JoinHandle<Result<(), Error>>,
}

struct Shared {
    model: Mutex<Model>,
    /// Held by a reader until it has the model. Otherwise the thread that feeds would be quicker to take the model again.
    turnstile: Mutex<()>,
    is_stopped: AtomicBool,
}

impl Feed {
    /// Starts the thread. `speed` is the speed at which a capture is played, relative to its own time; with `None` it is
    /// read as fast as possible.
    ///
    /// # Errors
    /// [`Error::Thread`] if the thread cannot be started.
    pub(super) fn start(packets: Packets, speed: Option<f64>) -> Result<Self, Error> {
        let progress = packets.progress().clone();
        let stop = packets.stop_handle();
        // An input without a known length is not there yet: it arrives in its own time.
        let own_speed = if progress.total_bytes().is_none() { 1.0 } else { 0.0 };
        let shared = Arc::new(Shared {
            model: Mutex::new(Model::new(packets.schema(), speed.unwrap_or(own_speed))),
            turnstile: Mutex::new(()),
            is_stopped: AtomicBool::new(false),
        });
        let feeding = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("packets".to_owned())
            .spawn(move || feeding.feed(packets, speed.map(Pace::new)))
            .map_err(Error::Thread)?;
        Ok(Self { shared, progress, stop, thread })
    }

    pub(super) fn look(&self, wanted: Wanted) -> Snapshot {
        let part_read = self
            .progress
            .total_bytes()
            .map(|total| if total == 0 { 1.0 } else { self.progress.read_bytes() as f64 / total as f64 });
        let mut model = self.shared.model_to_look_at();
        model.settle();
        Snapshot {
            overview: model.overview(),
            part_read,
            applications: if wanted.applications { model.applications() } else { Vec::new() },
            hosts: if wanted.hosts { model.hosts() } else { Vec::new() },
            flows: if wanted.flows { model.flows() } else { Vec::new() },
            details: wanted.details.and_then(|number| model.details(number)),
        }
    }

    /// Whether the thread has ended by a panic.
    pub(super) fn has_panicked(&self) -> bool {
        self.thread.is_finished() && !self.shared.model_to_look_at().is_over()
    }

    /// Ends the run. Returns its counters, and the error if it could not read to the end.
    pub(super) fn finish(self) -> (Report, Result<(), Error>) {
        self.shared.is_stopped.store(true, Ordering::Relaxed);
        self.stop.stop();
        self.thread.thread().unpark();
        match self.thread.join() {
            Ok(result) => (self.shared.model_to_look_at().overview().report, result),
            Err(payload) => panic::resume_unwind(payload),
        }
    }
}

impl Shared {
    fn model_to_look_at(&self) -> MutexGuard<'_, Model> {
        let _turn = self.turnstile.lock().unwrap_or_else(PoisonError::into_inner);
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn model_to_feed(&self) -> MutexGuard<'_, Model> {
        drop(self.turnstile.lock().unwrap_or_else(PoisonError::into_inner));
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    fn feed(&self, mut packets: Packets, mut pace: Option<Pace>) -> Result<(), Error> {
        let mut settled = Instant::now();
        let received = loop {
            match packets.receive() {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            }
            while self.take_batch(&mut packets, &mut pace) && !self.is_stopped() {}
            if self.is_stopped() {
                break Ok(());
            }
            if settled.elapsed() >= PATIENCE {
                let report = packets.report();
                let mut model = self.model_to_feed();
                model.settle();
                model.set_report(report);
                settled = Instant::now();
            }
        };
        let report = packets.report();
        let mut model = self.model_to_feed();
        model.settle();
        model.set_report(report);
        model.set_over(received.as_ref().err().map(ToString::to_string));
        received
    }

    /// Gives the model a batch of the packets that are there. Returns false if there are no more.
    fn take_batch(&self, packets: &mut Packets, pace: &mut Option<Pace>) -> bool {
        let mut model = self.model_to_feed();
        for _ in 0..BATCH {
            match packets.next() {
                Some(Event::Packet(seen)) => {
                    if let Some(due) = pace.as_mut().and_then(|pace| pace.due(seen.packet.time)) {
                        drop(model);
                        self.wait_until(due);
                        model = self.model_to_feed();
                        if self.is_stopped() {
                            return false;
                        }
                    }
                    model.take(&seen);
                }
                Some(Event::Ended { slot, record }) => model.end(slot, record),
                Some(_) => {}
                None => return false,
            }
        }
        true
    }

    fn wait_until(&self, due: Instant) {
        while !self.is_stopped() {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::park_timeout(left);
        }
    }
}

/// Decides when packets of a played capture come: in their own time, or faster or slower.
struct Pace {
    speed: f64,
    /// The time of one packet, and the moment when it came.
    since: Option<(u64, Instant)>,
}

impl Pace {
    fn new(speed: f64) -> Self {
        Self { speed, since: None }
    }

    /// The moment when a packet is due, if that is still to come.
    fn due(&mut self, time: Timestamp) -> Option<Instant> {
        let time_ms = time.milliseconds();
        let now = Instant::now();
        let (since_ms, since) = *self.since.get_or_insert((time_ms, now));
        let after_ms = time_ms.saturating_sub(since_ms) as f64 / self.speed;
        let after = Duration::try_from_secs_f64(after_ms / 1000.0).unwrap_or(Duration::MAX);
        let due = since.checked_add(after).filter(|due| *due <= now + LONGEST_SILENCE);
        let due = due.unwrap_or_else(|| {
            let due = now + LONGEST_SILENCE;
            self.since = Some((time_ms, due));
            due
        });
        (due > now).then_some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_due_in_their_own_time_but_nobody_waits_for_long() {
        let mut pace = Pace::new(2.0);
        let began = Instant::now();
        let mut due_after = |milliseconds: u64| {
            let due = pace
                .due(Timestamp::new(1_700_000_000 + milliseconds / 1000, milliseconds % 1000 * 1_000_000));
            due.map(|due| due.duration_since(began).as_secs())
        };
        assert_eq!(due_after(0), None);
        assert_eq!(due_after(20_100), Some(10));
        assert_eq!(due_after(40_100), Some(20));
        assert_eq!(due_after(1_000_000_000), Some(60));
        assert_eq!(due_after(u64::MAX / 1_000_000), Some(60));
    }
}

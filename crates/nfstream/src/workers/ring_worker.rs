//! A worker of a live capture: one for each ring, between the kernel and a stage.
//!
//! The kernel puts all packets of a flow into one ring. A worker takes blocks from its ring, decodes them and passes them to its
//! [`Stage`], so no other thread stands between the kernel and a meter. Where the kernel cannot see which flow a packet belongs
//! to (tunnels), the worker hands the packet to the worker that has the flow. It hands fragments to all workers, because no
//! fragment alone tells its flow, and SYN-ACKs if all have to know the servers.
//!
//! A worker answers ten times a second, with or without packets, so that flows end on time. While packets wait, they tell
//! the time; otherwise the clock does. If memory is bounded, a worker answers at once when many flows have ended.
//!
//! All queues are bounded. A worker that waits for the asking thread leaves its packets in the ring. When the ring is full,
//! the kernel drops and counts further packets. A packet that was handed over keeps its block of the ring.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use nfstream_capture::{Block, Losses, Ring, Timestamp};

use super::deal::deal;
use super::recycler::Recycler;
use super::stage::Stage;
use crate::input::{Decoder, Duplicates};
use crate::lane::{Lane, Place, Share};
use crate::pool::Abandoned;
use crate::status::{MeterReport, Notice};

/// How often a worker answers, and checks whether to stop.
const TURN: Duration = Duration::from_millis(100);

/// How long to wait for packets that came before the run was stopped and are not in a block yet.
const LINGER: Duration = Duration::from_millis(60);

/// How long, at most, to read packets that came before the run was stopped and wait in the ring. That is a second's work,
/// unless the interface's own clock, which stamped the packets, says another time.
const BACKLOG: Duration = Duration::from_secs(10);

/// How often to ask for losses: those of the interface are read from a file.
const LOSSES: Duration = Duration::from_millis(500);

/// The flag that the workers of a run share.
#[derive(Default)]
pub(crate) struct AbortFlag {
    abandoned: AtomicBool,
}

impl AbortFlag {
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }
}

pub(crate) struct LiveWorker<S: Stage> {
    pub(crate) number: usize,
    pub(crate) ring: Ring,
    pub(crate) abort_flag: Arc<AbortFlag>,
    pub(crate) decoder: Decoder,
    /// Copies have the addresses and ports of their packet, so they come through the same ring.
    pub(crate) duplicates: Option<Duplicates>,
    pub(crate) stage: S,
    pub(crate) answer: Sender<S::Answer>,
    /// The channels for packets of other workers' flows, by worker, and the channel from which packets of this worker's
    /// flows come.
    pub(crate) others: Vec<Sender<Lane>>,
    pub(crate) handed_over: Receiver<Lane>,
    pub(crate) recycler: Recycler,
    /// The worker's share of the flows.
    pub(crate) share: Share,
    /// Number of packets that the stage has had.
    pub(crate) packets: u64,
    /// The losses of the ring that have been reported.
    pub(crate) losses: Losses,
}

/// The clock of a worker.
struct Clock {
    /// The current time for the worker's flows.
    now: Timestamp,
    next_answer: Instant,
    next_losses: Instant,
    /// When the run was stopped, by either clock.
    stopped: Option<(Instant, Timestamp)>,
    /// Whether packets that came before that may still wait in the ring.
    is_behind: bool,
}

impl<S: Stage> LiveWorker<S> {
    /// Works until the run is stopped or abandoned, or no more packets can come.
    pub(crate) fn run(self) {
        let presence = AbortOnPanic(Arc::clone(&self.abort_flag));
        // Being abandoned is an end like any other: the thread that abandoned the run knows why.
        if self.work().is_err() {
            presence.0.abandon();
        }
    }

    fn work(mut self) -> Result<(), Abandoned> {
        let mut clock = Clock::start();
        while !clock.is_over() {
            self.take_block(&mut clock)?;
            self.take_handed_over(&clock)?;
            if self.stage.owes_much() || Instant::now() >= clock.next_answer {
                self.answer(&mut clock)?;
            }
            if clock.stopped.is_none() && self.decoder.state.is_stopped() {
                clock.stop();
                self.decoder.state.report().interrupted = true;
            }
        }
        self.wait_for_others(&mut clock)?;
        self.answer(&mut clock)?;
        let Self { stage, answer, .. } = self;
        for last in stage.finish() {
            answer.send(last).map_err(|_| Abandoned)?;
        }
        Ok(())
    }

    /// Other workers may have packets to hand over until they reach this point, too. Until then they answer, and so must
    /// this worker.
    fn wait_for_others(&mut self, clock: &mut Clock) -> Result<(), Abandoned> {
        self.others.clear();
        loop {
            match self.handed_over.recv_deadline(clock.next_answer) {
                Ok(lane) => self.take(lane, clock.now)?,
                Err(RecvTimeoutError::Timeout) => self.answer(clock)?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    /// Waits for a block of the ring, but not beyond the next answer, and deals with its packets.
    fn take_block(&mut self, clock: &mut Clock) -> Result<(), Abandoned> {
        if self.abort_flag.abandoned.load(Ordering::Relaxed) {
            return Err(Abandoned);
        }
        let mut block = self.recycler.block();
        if let Err(error) = self.ring.fill(&mut block, clock.patience()) {
            if clock.stopped.is_none() {
                self.decoder.state.fail(error.into());
            }
            // Packets that came before that may not be in a block yet.
            clock.stop();
            clock.is_behind = false;
            return Ok(());
        }
        if block.is_empty() {
            clock.is_behind = false;
            if let Some(now) = self.ring.now() {
                clock.now = clock.now.max(now);
            }
            self.recycler.give_back(block);
            return Ok(());
        }
        self.remove_duplicates(&mut block);
        let now = block.frames().fold(clock.now, |newest, frame| newest.max(frame.time));
        let place =
            Place { first_frame: None, last: None, before: clock.now, now, is_orderly: false, silent: false };
        clock.read_up_to(now);
        let lanes = deal(block, place, self.others.len(), &self.decoder, &self.recycler);
        let mut own = None;
        for (worker, lane) in lanes.enumerate() {
            if worker == self.number {
                own = Some(lane);
            } else if !lane.is_empty() {
                // A worker that is gone needs nothing.
                let _ = self.others[worker].send(lane);
            }
        }
        own.map_or(Ok(()), |lane| self.take(lane, clock.now))
    }

    fn remove_duplicates(&mut self, block: &mut Block) {
        let Some(duplicates) = &mut self.duplicates else { return };
        let (packets, bytes) = duplicates.remove(block);
        let mut report = self.decoder.state.report();
        report.packets += packets;
        report.bytes += bytes;
        report.notices[Notice::Duplicates as usize] += packets;
    }

    fn take_handed_over(&mut self, clock: &Clock) -> Result<(), Abandoned> {
        while let Ok(lane) = self.handed_over.try_recv() {
            self.take(lane, clock.now)?;
        }
        Ok(())
    }

    /// Passes a lane to the stage. The lane does not tell the time for the flows of another worker.
    fn take(&mut self, mut lane: Lane, now: Timestamp) -> Result<(), Abandoned> {
        lane.place.now = now;
        // The stage knows which fragments are its own.
        self.packets += (lane.arrivals.len() + lane.for_all_of(&self.share).count()) as u64;
        match self.stage.take(lane, false, &self.recycler) {
            Some(answer) => self.answer.send(answer).map_err(|_| Abandoned),
            None => Ok(()),
        }
    }

    /// Makes the stage answer, and reports.
    fn answer(&mut self, clock: &mut Clock) -> Result<(), Abandoned> {
        clock.next_answer = Instant::now() + TURN;
        let place = Place {
            first_frame: None,
            last: None,
            before: clock.now,
            now: clock.now,
            is_orderly: false,
            silent: true,
        };
        let lane = Lane { block: Arc::default(), place, arrivals: Vec::new(), for_all: Arc::default() };
        if let Some(answer) = self.stage.take(lane, true, &self.recycler) {
            self.answer.send(answer).map_err(|_| Abandoned)?;
        }
        self.report(clock);
        Ok(())
    }

    fn report(&mut self, clock: &mut Clock) {
        let losses = (Instant::now() >= clock.next_losses || clock.stopped.is_some()).then(|| {
            clock.next_losses = Instant::now() + LOSSES;
            let before = std::mem::replace(&mut self.losses, self.ring.losses());
            (self.losses.kernel - before.kernel, self.losses.interface)
        });
        let mut report = self.decoder.state.report();
        if report.meters.len() < self.others.len() {
            report.meters.resize(self.others.len(), MeterReport::default());
        }
        if let Some(meter) = report.meters.get_mut(self.number) {
            *meter = MeterReport {
                packets: self.packets + self.stage.fragments(),
                active_flows: self.stage.active_flows() as u64,
            };
        }
        if let Some((kernel, interface)) = losses {
            report.dropped_by_kernel += kernel;
            report.dropped_by_interface = report.dropped_by_interface.max(interface);
        }
    }
}

impl Clock {
    fn start() -> Self {
        let now = Instant::now();
        Self {
            now: Timestamp::default(),
            next_answer: now + TURN,
            next_losses: now + LOSSES,
            stopped: None,
            is_behind: true,
        }
    }

    /// How long to wait for packets.
    fn patience(&self) -> Duration {
        let until =
            self.stopped.map_or(self.next_answer, |(stopped, _)| self.next_answer.min(stopped + LINGER));
        until.saturating_duration_since(Instant::now())
    }

    /// Notes that packets have been read up to a time.
    fn read_up_to(&mut self, now: Timestamp) {
        self.now = now;
        self.is_behind = self.stopped.is_none_or(|(_, stopped)| now < stopped);
    }

    /// Notes that packets which come from now on are not wanted.
    fn stop(&mut self) {
        if self.stopped.is_none() {
            let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let time = Timestamp::from_nanoseconds(since_epoch.as_nanos());
            (self.stopped, self.is_behind) = (Some((Instant::now(), time)), true);
        }
    }

    fn is_over(&self) -> bool {
        self.stopped
            .is_some_and(|(stopped, _)| stopped.elapsed() >= if self.is_behind { BACKLOG } else { LINGER })
    }
}

/// Releases the other workers when a worker panics.
struct AbortOnPanic(Arc<AbortFlag>);

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.abandon();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped_ago(ago: Duration, is_behind: bool) -> Clock {
        let mut clock = Clock::start();
        clock.stop();
        let (stopped, time) = clock.stopped.expect("it has been stopped");
        Clock { stopped: Some((stopped - ago, time)), is_behind, ..clock }
    }

    #[test]
    fn packets_are_waited_for_until_the_next_answer() {
        let mut clock = Clock::start();
        assert!(clock.patience() <= TURN && !clock.is_over());
        clock.next_answer = Instant::now();
        assert_eq!(clock.patience(), Duration::ZERO);
    }

    #[test]
    fn a_stopped_clock_waits_for_what_came_before_and_is_no_block_yet() {
        let clock = stopped_ago(Duration::ZERO, false);
        assert!(clock.patience() <= LINGER && !clock.is_over());
        let clock = stopped_ago(LINGER, false);
        assert_eq!(clock.patience(), Duration::ZERO);
        assert!(clock.is_over());
    }

    #[test]
    fn what_waits_in_the_ring_is_read_after_the_stop_but_not_for_ever() {
        assert!(!stopped_ago(LINGER, true).is_over());
        assert!(stopped_ago(BACKLOG, true).is_over());
    }

    #[test]
    fn packets_after_the_stop_end_the_reading() {
        let mut clock = stopped_ago(LINGER, true);
        let (_, stopped) = clock.stopped.expect("it has been stopped");
        clock.read_up_to(Timestamp::from_nanoseconds(stopped.nanoseconds() - 1));
        assert!(!clock.is_over());
        clock.read_up_to(stopped);
        assert!(clock.is_over());
    }

    #[test]
    fn the_first_stop_counts() {
        let mut clock = stopped_ago(LINGER, false);
        clock.stop();
        assert!(clock.is_over());
    }
}

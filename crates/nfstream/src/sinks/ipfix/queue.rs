//! The bounded queue from a run to the thread that sends, and the state of the delivery.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::timings::Timings;

/// Most bytes of records that wait.
const MOST_BYTES: usize = 16 << 20;

/// How often a wait checks whether somebody is in a hurry.
const LOOK: Duration = Duration::from_millis(100);

/// Laid-out records, one after another.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    /// For each record, the set that it belongs to, and the offset at which it ends.
    pub(super) records: Vec<(u16, usize)>,
}

/// The state of the delivery. Once sending has ended, `sent` and `lost` together are all records that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Number of records that the collector has taken, as far as TCP can tell. Over UDP, the number of records that have been sent,
    /// which does not mean that they arrived.
    pub sent: u64,
    /// Number of records that have not been sent, were refused, or were not confirmed as taken by the collector.
    pub lost: u64,
    /// The current problem, if there is one.
    pub trouble: Option<String>,
}

pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    grace: Duration,
}

struct State {
    chunks: VecDeque<Chunk>,
    bytes: usize,
    /// Set when no more chunks will follow.
    ended: bool,
    /// Set when nobody waits for the remaining records.
    abandoned: bool,
    /// Set when the sending thread has ended.
    done: bool,
    /// Number of all records that were to be sent.
    offered: u64,
    delivery: Delivery,
    /// When the current problem began.
    troubled_at: Option<Instant>,
    /// When the collector last took something.
    progress: Option<Instant>,
    /// How long to wait for a collector that takes nothing. None before it was reached, because a missing collector is no accident
    /// then.
    patience: Option<Duration>,
    /// When the end of the records was announced.
    ended_at: Option<Instant>,
    /// When all waiting ends.
    hurry: Option<Instant>,
}

/// The result of taking records from the queue.
pub(super) enum Taken {
    Chunk(Chunk),
    Nothing,
    End,
}

impl State {
    fn has_place(&self, chunk: &Chunk) -> bool {
        self.bytes == 0 || self.bytes + chunk.bytes.len() <= MOST_BYTES
    }

    /// Whether a run that can wait has waited long enough.
    fn gives_up(&self) -> bool {
        let Some(troubled_at) = self.troubled_at else { return false };
        self.has_waited_since(troubled_at)
    }

    fn has_waited_since(&self, moment: Instant) -> bool {
        let since = self.progress.map_or(moment, |progress| progress.max(moment));
        self.patience.is_none_or(|patience| since.elapsed() >= patience)
    }
}

impl Queue {
    pub(super) fn new(timings: &Timings) -> Self {
        let state = State {
            chunks: VecDeque::new(),
            bytes: 0,
            ended: false,
            abandoned: false,
            done: false,
            offered: 0,
            delivery: Delivery::default(),
            troubled_at: None,
            progress: None,
            patience: None,
            ended_at: None,
            hurry: None,
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), grace: timings.grace }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, most: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, most).unwrap_or_else(PoisonError::into_inner).0
    }

    pub(super) fn delivery(&self) -> Delivery {
        self.state().delivery.clone()
    }

    /// Changes the state of the delivery. Nothing changes after the remaining records have been given up.
    pub(super) fn note(&self, note: impl FnOnce(&mut Delivery)) {
        let mut state = self.state();
        if state.abandoned {
            return;
        }
        note(&mut state.delivery);
        state.troubled_at =
            state.delivery.trouble.is_some().then(|| state.troubled_at.unwrap_or_else(Instant::now));
        self.changed.notify_all();
    }

    /// Notes that the problem that is noted next began earlier.
    pub(super) fn note_beginning(&self, began: Instant) {
        self.state().troubled_at.get_or_insert(began);
    }

    /// Notes that the collector takes something.
    pub(super) fn note_progress(&self) {
        self.state().progress = Some(Instant::now());
    }

    /// Sets how long the collector may take nothing; the longest time counts.
    pub(super) fn be_patient(&self, patience: Duration) {
        let mut state = self.state();
        state.patience = state.patience.max(Some(patience));
    }

    /// Counts a record that cannot be sent.
    pub(super) fn refuse(&self) {
        let mut state = self.state();
        state.offered += 1;
        state.delivery.lost += 1;
    }

    /// Adds records; those without a place are lost.
    pub(super) fn offer(&self, chunk: Chunk) {
        self.add(chunk, self.state());
    }

    /// Adds records, and waits until there is place for them. Gives up when the collector takes nothing for too long.
    pub(super) fn put(&self, chunk: Chunk, hurries: &dyn Fn() -> Option<Instant>) {
        let mut state = self.state();
        while !state.abandoned {
            if state.gives_up() {
                self.abandon_locked(&mut state);
            } else if state.has_place(&chunk) || is_over(hurries()) {
                break;
            } else {
                state = self.wait(state, LOOK);
            }
        }
        self.add(chunk, state);
    }

    fn add(&self, chunk: Chunk, mut state: MutexGuard<'_, State>) {
        let records = chunk.records.len() as u64;
        state.offered += records;
        if state.abandoned || !state.has_place(&chunk) {
            state.delivery.lost += records;
            return;
        }
        state.bytes += chunk.bytes.len();
        state.chunks.push_back(chunk);
        drop(state);
        self.changed.notify_all();
    }

    /// Takes the next records; waits for them, but only up to `most`.
    pub(super) fn take(&self, most: Duration) -> Taken {
        let none_yet = |state: &mut State| state.chunks.is_empty() && !state.ended && !state.abandoned;
        let waited = self.changed.wait_timeout_while(self.state(), most, none_yet);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        match self.remove(&mut state) {
            Some(chunk) => Taken::Chunk(chunk),
            None if state.ended => Taken::End,
            None => Taken::Nothing,
        }
    }

    /// Takes the next records if they are there.
    pub(super) fn take_at_once(&self) -> Option<Chunk> {
        self.remove(&mut self.state())
    }

    fn remove(&self, state: &mut State) -> Option<Chunk> {
        if state.abandoned {
            return None;
        }
        let chunk = state.chunks.pop_front()?;
        state.bytes -= chunk.bytes.len();
        self.changed.notify_all();
        Some(chunk)
    }

    /// Whether all records have been taken, and none follow.
    pub(super) fn is_drained(&self) -> bool {
        let state = self.state();
        state.ended && state.chunks.is_empty()
    }

    /// Whether the remaining records have been given up.
    pub(super) fn is_abandoned(&self) -> bool {
        self.state().abandoned
    }

    /// Waits, but only until the end of the records is announced.
    pub(super) fn pause(&self, pause: Duration) {
        let state = self.state();
        let had_ended = state.ended;
        let waits = |state: &mut State| !state.abandoned && state.ended == had_ended;
        drop(self.changed.wait_timeout_while(state, pause, waits));
    }

    /// How long a run in a hurry waits.
    pub(super) fn grace(&self) -> Duration {
        self.grace
    }

    /// Announces that nothing follows. The time at the end begins now; `soon` says that it is the time of grace, whatever comes.
    pub(super) fn announce_end(&self, soon: bool) {
        let mut state = self.state();
        let ended_at = *state.ended_at.get_or_insert_with(Instant::now);
        state.ended = true;
        if soon && state.hurry.is_none() {
            state.hurry = ended_at.checked_add(self.grace);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Announces that nothing follows, and waits until everything is sent. It waits as long as the collector takes something now
    /// and then, or for the time of grace when somebody is in a hurry: until the time that `hurries` returns.
    pub(super) fn end(&self, soon: bool, hurries: &dyn Fn() -> Option<Instant>) {
        self.announce_end(soon);
        let mut state = self.state();
        let ended_at = state.ended_at.unwrap_or_else(Instant::now);
        while !state.done {
            // Others may have used up the time. A collector in order gets a moment for what it has just been sent.
            let least = ended_at + self.grace / 3;
            let hurry = state.hurry.or_else(|| hurries().map(|until| until.max(least)));
            // A problem that comes up during the wait does not make it longer.
            let has_waited = state.gives_up() || state.patience.is_some() && state.has_waited_since(ended_at);
            if is_over(hurry) || has_waited && hurry.is_none() {
                self.abandon_locked(&mut state);
                return;
            }
            state = self.wait(state, LOOK);
        }
    }

    /// Gives up the remaining records.
    pub(super) fn abandon(&self) {
        self.abandon_locked(&mut self.state());
    }

    fn abandon_locked(&self, state: &mut State) {
        state.ended = true;
        state.abandoned = true;
        let delivery = &mut state.delivery;
        // Counts all remaining records, wherever they are on the way.
        let left = state.offered - delivery.sent - delivery.lost;
        delivery.lost += left;
        if left > 0 && delivery.trouble.is_none() {
            delivery.trouble = Some("the collector does not take the data".to_owned());
        }
        state.chunks.clear();
        state.bytes = 0;
        self.changed.notify_all();
    }

    /// Notes that the sending thread has ended.
    pub(super) fn done(&self) {
        let mut state = self.state();
        state.done = true;
        self.abandon_locked(&mut state);
    }
}

/// Whether a time has come.
fn is_over(until: Option<Instant>) -> bool {
    until.is_some_and(|until| Instant::now() >= until)
}

//! What is on its way from a run to the thread that sends: bounded, and how sending goes.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of records that wait at most.
const MOST_BYTES: usize = 16 << 20;

/// Records laid out one behind the other.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    /// For each record the set that it belongs to, and where it ends.
    pub(super) records: Vec<(u16, usize)>,
}

/// How sending goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Records that have been sent. Over UDP that does not mean that they arrived.
    pub sent: u64,
    /// Records that have not been sent, or were refused.
    pub lost: u64,
    /// What is wrong at present.
    pub trouble: Option<String>,
}

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    chunks: VecDeque<Chunk>,
    bytes: usize,
    /// No chunk follows.
    ended: bool,
    /// Nobody waits for what is left.
    abandoned: bool,
    /// The sending thread has ended.
    done: bool,
    /// All records that were to be sent.
    offered: u64,
    delivery: Delivery,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn delivery(&self) -> Delivery {
        self.state().delivery.clone()
    }

    /// Changes what is known of the delivery. Nothing changes once what is left has been given up.
    pub(super) fn note(&self, note: impl FnOnce(&mut Delivery)) {
        let mut state = self.state();
        if !state.abandoned {
            note(&mut state.delivery);
            self.changed.notify_all();
        }
    }

    /// Counts a record that cannot be sent.
    pub(super) fn refuse(&self) {
        let mut state = self.state();
        state.offered += 1;
        state.delivery.lost += 1;
    }

    /// Adds records; those for which there is no place are lost.
    pub(super) fn offer(&self, chunk: Chunk) {
        let mut state = self.state();
        if state.bytes > 0 && state.bytes + chunk.bytes.len() > MOST_BYTES || state.done {
            state.offered += chunk.records.len() as u64;
            state.delivery.lost += chunk.records.len() as u64;
            return;
        }
        self.add(chunk, state);
    }

    /// Adds records, and waits until there is place for them, or until there is trouble.
    pub(super) fn put(&self, chunk: Chunk) {
        let has_no_place = |state: &mut State| {
            state.bytes > 0
                && state.bytes + chunk.bytes.len() > MOST_BYTES
                && state.delivery.trouble.is_none()
                && !state.done
        };
        let state = self.changed.wait_while(self.state(), has_no_place);
        self.add(chunk, state.unwrap_or_else(PoisonError::into_inner));
    }

    fn add(&self, chunk: Chunk, mut state: MutexGuard<'_, State>) {
        state.offered += chunk.records.len() as u64;
        state.bytes += chunk.bytes.len();
        state.chunks.push_back(chunk);
        drop(state);
        self.changed.notify_all();
    }

    /// The next records; waits for them. `None` when none follow.
    pub(super) fn take(&self) -> Option<Chunk> {
        let none_yet = |state: &mut State| state.chunks.is_empty() && !state.ended && !state.abandoned;
        let state = self.changed.wait_while(self.state(), none_yet);
        self.remove(&mut state.unwrap_or_else(PoisonError::into_inner))
    }

    /// The next records if they are there.
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

    /// Waits, though not beyond the moment when nothing follows any more: false when what is left has been given up.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        let state = self.state();
        let had_ended = state.ended;
        let waits = |state: &mut State| !state.abandoned && state.ended == had_ended;
        let waited = self.changed.wait_timeout_while(state, pause, waits);
        !waited.unwrap_or_else(PoisonError::into_inner).0.abandoned
    }

    /// Says that nothing follows, and waits until all is sent; gives up when `gives_up` says so, or when the time
    /// is over.
    pub(super) fn end(&self, patience: Option<Duration>, gives_up: impl Fn(&Delivery) -> bool) {
        let until = patience.map(|patience| Instant::now() + patience);
        let mut state = self.state();
        state.ended = true;
        self.changed.notify_all();
        while !state.done && !gives_up(&state.delivery) {
            let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            let left = left.min(Duration::from_secs(3600));
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if !state.done {
            self.abandon_locked(&mut state);
        }
    }

    /// Gives up what is left.
    pub(super) fn abandon(&self) {
        self.abandon_locked(&mut self.state());
    }

    fn abandon_locked(&self, state: &mut State) {
        state.ended = true;
        state.abandoned = true;
        // Whatever became of it on the way.
        state.delivery.lost = state.offered - state.delivery.sent;
        state.chunks.clear();
        state.bytes = 0;
        self.changed.notify_all();
    }

    /// Says that the sending thread has ended.
    pub(super) fn done(&self) {
        let mut state = self.state();
        state.done = true;
        self.abandon_locked(&mut state);
    }
}

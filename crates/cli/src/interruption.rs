//! SIGINT (Ctrl-C) and SIGTERM: the first asks for an orderly end, the second ends the process at once, whatever it waits for.
//! SIGHUP asks for rotation of files.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nfstream::in_words;
use nfstream::sinks::Patience;
use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::{flag, low_level};

use crate::failure::{Failure, warn};

/// Longest time for messages when the process ends at once. Standard error may be a pipe that nobody reads.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Knows whether the process has been asked to end, or to rotate files.
pub(crate) struct Interruption {
    signal: Arc<AtomicUsize>,
    turn: Arc<AtomicBool>,
    /// Whether the command goes on until it is asked to end. SIGTERM is then a normal end.
    goes_on_until_told: bool,
    /// Ends the process on a signal while a run is prepared.
    preparing: Option<(Handle, JoinHandle<()>)>,
    /// What to say of each output that is not complete.
    incomplete: Arc<Mutex<Vec<String>>>,
}

impl Interruption {
    /// Handles SIGINT and SIGTERM from now on. Until [`begin`](Self::begin), the first of them ends the process with a
    /// message and its status. It does so whatever the process waits for or works on: rules, the compiler of a filter.
    pub(crate) fn watch(goes_on_until_told: bool) -> Result<Self, Failure> {
        Self::watching(goes_on_until_told).map_err(|error| failure(&error))
    }

    fn watching(goes_on_until_told: bool) -> io::Result<Self> {
        // Signals are blocked meanwhile: one that comes is then handled by all of the actions below.
        let both = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
        both.thread_block()?;
        let signal = Arc::new(AtomicUsize::new(0));
        for number in [SIGINT, SIGTERM] {
            flag::register_usize(number, Arc::clone(&signal), number as usize)?;
        }
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let handle = signals.handle();
        let thread = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if let Some(number) = signals.forever().next() {
                let tell = || warn("interrupted before anything was read");
                end_at_once(status(number, goes_on_until_told), tell);
            }
        })?;
        both.thread_unblock()?;
        let preparing = Some((handle, thread));
        Ok(Self { signal, turn: Arc::default(), goes_on_until_told, preparing, incomplete: Arc::default() })
    }

    /// Handles SIGHUP from now on. If there are no files to rotate, SIGHUP ends the process, as when a terminal closes,
    /// unless it is ignored, as under nohup(1).
    pub(crate) fn watch_for_turns(&self) -> Result<(), Failure> {
        flag::register(SIGHUP, Arc::clone(&self.turn)).map(drop).map_err(|error| failure(&error))
    }

    /// Begins the run. From now on the caller decides what happens after the first SIGINT or SIGTERM. The second ends the
    /// process with a message about each output that is not complete.
    pub(crate) fn begin(&mut self) -> Result<(), Failure> {
        // Both threads see a signal that comes now.
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|error| failure(&error))?;
        if let Some((signals, thread)) = self.preparing.take() {
            signals.close();
            // The thread has no result. If it has seen a signal, it ends the process.
            let _ = thread.join();
        }
        let incomplete = Arc::clone(&self.incomplete);
        let watching = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if let Some(second) = signals.forever().nth(1) {
                end_at_once(status(second, false), move || {
                    let incomplete = incomplete.lock().unwrap_or_else(PoisonError::into_inner);
                    incomplete.iter().for_each(|output| warn(&format!("interrupted twice: {output}")));
                });
            }
        });
        watching.map(drop).map_err(|error| failure(&error))
    }

    /// Notes what to say of each output that is not complete, should a second signal come.
    pub(crate) fn note(&self, incomplete: impl Iterator<Item = String>) {
        let mut noted = self.incomplete.lock().unwrap_or_else(PoisonError::into_inner);
        noted.clear();
        noted.extend(incomplete);
    }

    /// Whether SIGHUP has come since the last call.
    pub(crate) fn asks_to_turn(&self) -> bool {
        self.turn.swap(false, Ordering::Relaxed)
    }

    /// Whether SIGINT or SIGTERM has come.
    pub(crate) fn asks_to_end(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != 0
    }

    /// Ends the wait for a FIFO or a collector after a signal.
    pub(crate) fn patience(&self) -> Patience {
        let signal = Arc::clone(&self.signal);
        Patience::new(move || Ok(signal.load(Ordering::Relaxed) != 0))
    }

    /// The exit status that the signal calls for, if one has come.
    pub(crate) fn exit_status(&self) -> Option<u8> {
        match self.signal.load(Ordering::Relaxed) as i32 {
            0 => None,
            number => Some(status(number, self.goes_on_until_told)),
        }
    }
}

/// Makes writes fail when a file is as long as it may be (`ulimit -f`), instead of ending the process.
pub(crate) fn outlive_full_files() -> Result<(), Failure> {
    flag::register(SIGXFSZ, Arc::default()).map(|_| ()).map_err(|error| failure(&error))
}

/// Ends the process after it has told why, or could not.
fn end_at_once(status: u8, tell: impl FnOnce() + Send + 'static) {
    let (told, is_told) = mpsc::channel::<()>();
    let telling = thread::Builder::new().spawn(move || {
        tell();
        drop(told);
    });
    if telling.is_ok() {
        // There is no message in the channel: it closes.
        let _ = is_told.recv_timeout(LAST_WORDS);
    }
    low_level::exit(status.into());
}

fn status(number: i32, goes_on_until_told: bool) -> u8 {
    if number == SIGTERM && goes_on_until_told { 0 } else { 128 + number as u8 }
}

fn failure(error: &io::Error) -> Failure {
    Failure::Told(format!("cannot watch for signals: {}", in_words(error)))
}

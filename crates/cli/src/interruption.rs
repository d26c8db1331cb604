//! SIGINT (Ctrl-C) and SIGTERM: the first asks for an orderly end, the second ends the process at once. SIGHUP asks to turn
//! files over.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use nfstream::in_words;
use nfstream::sinks::Patience;
use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::{flag, low_level};

use crate::failure::{Failure, warn};

/// Knows whether the process has been asked to end, or to turn files over.
pub(crate) struct Interruption {
    signal: Arc<AtomicUsize>,
    turn: Arc<AtomicBool>,
    /// What goes on until it is told to end has ended well with SIGTERM.
    goes_on_until_told: bool,
    /// Ends the process while a run is prepared.
    preparing: Option<(Handle, JoinHandle<()>)>,
}

impl Interruption {
    /// Takes SIGINT and SIGTERM from now on. Until [`begin`](Self::begin) the first of them ends the process, with a word and its
    /// status, whatever the process waits for or works on: rules, the compiler of a filter.
    pub(crate) fn watch(goes_on_until_told: bool) -> Result<Self, Failure> {
        Self::watching(goes_on_until_told).map_err(|error| failure(&error))
    }

    fn watching(goes_on_until_told: bool) -> io::Result<Self> {
        // None comes in between: what has come so far is seen with all that is to be done of it.
        let both = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
        both.thread_block()?;
        let (asked, signal) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        for number in [SIGINT, SIGTERM] {
            // Actions run in this order: only a second signal finds `asked` set.
            flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&asked))?;
            flag::register(number, Arc::clone(&asked))?;
            flag::register_usize(number, Arc::clone(&signal), number as usize)?;
        }
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let handle = signals.handle();
        let thread = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if let Some(number) = signals.forever().next() {
                warn("interrupted before anything was read");
                low_level::exit(status(number, goes_on_until_told).into());
            }
        })?;
        both.thread_unblock()?;
        Ok(Self { signal, turn: Arc::default(), goes_on_until_told, preparing: Some((handle, thread)) })
    }

    /// Takes SIGHUP from now on. Where files cannot be turned over it ends the process, as when a terminal closes, unless it is
    /// ignored, as under nohup(1).
    pub(crate) fn watch_for_turns(&self) -> Result<(), Failure> {
        flag::register(SIGHUP, Arc::clone(&self.turn)).map(drop).map_err(|error| failure(&error))
    }

    /// The run begins: it is up to whoever asks what becomes of SIGINT and SIGTERM.
    pub(crate) fn begin(&mut self) {
        if let Some((signals, thread)) = self.preparing.take() {
            signals.close();
            // It has no result; a signal that it has seen, it ends the process with.
            let _ = thread.join();
        }
    }

    /// Whether SIGHUP has come since this was asked last.
    pub(crate) fn asks_to_turn(&self) -> bool {
        self.turn.swap(false, Ordering::Relaxed)
    }

    /// Whether SIGINT or SIGTERM has come.
    pub(crate) fn asks_to_end(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != 0
    }

    /// How long a FIFO or a collector is waited for.
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

fn status(number: i32, goes_on_until_told: bool) -> u8 {
    if number == SIGTERM && goes_on_until_told { 0 } else { 128 + number as u8 }
}

fn failure(error: &io::Error) -> Failure {
    Failure::Told(format!("cannot watch for signals: {}", in_words(error)))
}
